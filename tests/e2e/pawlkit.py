"""What all campaigns against the real programs share: a private pawld in a folder of its own, a client on its socket, probe files that
steps append to, and the checks of store against probes and acknowledgements. Python's standard library alone."""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

# daemon/core/records.h and daemon/store/rows.cpp: the numbers are stored, so they are append-only.
RUN_STATES = "queued running waiting stopping finishing succeeded failed cancelled skipped".split()
STEP_STATES = "pending queued running waiting stopping succeeded failed lost cancelled skipped".split()
ATTEMPT_STATES = "launching stopping succeeded failed lost cancelled interrupted".split()
JOURNAL_KINDS = (
    "run.queued run.started run.waiting run.running run.stopping run.finishing run.succeeded run.failed run.cancelled run.skipped "
    "step.queued step.started step.waiting step.stopping step.succeeded step.failed step.lost step.cancelled step.skipped "
    "attempt.launched attempt.ended attempt.lost attempt.stopping").split()
RUN_FINAL = {"run.succeeded", "run.failed", "run.cancelled", "run.skipped"}
STEP_FINAL = {"step.succeeded", "step.failed", "step.lost", "step.cancelled", "step.skipped"}
SKIPPED = 77  # the exit code that ctest counts as skipped


class Failure(Exception):
    """A campaign found what must not be."""


class Unreachable(Exception):
    """No answer: the daemon is not there, or went away before it had answered."""


def skip(reason):
    print("skipped: " + reason)
    sys.exit(SKIPPED)


def wait_until(what, condition, seconds=60.0, every=0.01):
    """Returns the condition's first true value. The time is a deadline for loaded machines, not a measure."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"not within {seconds:g} s: {what}")
        time.sleep(every)


# ---- the client ----

class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("pawl", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, body):
        self.status = status
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """One connection, kept open. Not for two threads at once."""

    def __init__(self, path, timeout=30.0):
        self.path = str(path)
        self.timeout = timeout
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, method, target, body=None, key=None, accept=None):
        """One request, one answer; Unreachable when there is none."""
        headers = {}
        if key:
            headers["Idempotency-Key"] = key
        if accept:
            headers["Accept"] = accept
        data = None
        if body is not None:
            data = json.dumps(body)
            headers["Content-Type"] = "application/json"
        try:
            if self.connection is None:
                self.connection = _UnixConnection(self.path, self.timeout)
            self.connection.request(method, target, data, headers)
            response = self.connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, http.client.HTTPException) as failure:
            self.close()
            raise Unreachable(f"{method} {target}: {failure!r}") from failure

    def must(self, method, target, body=None, key=None, expect=range(200, 300)):
        """An answer that was expected, as JSON."""
        answer = self.ask(method, target, body, key or (new_key() if method != "GET" else None))
        if answer.status not in expect:
            raise Failure(f"{method} {target}: {answer}")
        return answer.json

    def persist(self, method, target, body, key=None, seconds=120.0, going_on=lambda: True):
        """As the command line does: the same request with the same key until somebody answers. None when nobody is going to."""
        key = key or new_key()
        end = time.monotonic() + seconds
        while going_on():
            with contextlib.suppress(Unreachable):
                answer = self.ask(method, target, body, key)
                if answer.status != 503:
                    return answer
            if time.monotonic() > end:
                raise Failure(f"no answer in {seconds:g} s: {method} {target}")
            time.sleep(0.01)
        return None

    # What the campaigns ask for again and again.
    def status(self):
        return self.must("GET", "/v1/status")

    def run(self, number):
        return self.must("GET", f"/v1/runs/{number}")

    def start(self, workflow, **inputs):
        return self.must("POST", "/v1/runs", {"workflow": workflow, "inputs": inputs})["id"]

    def deploy(self, text, root, name="workflows.yaml", **more):
        return self.must("POST", "/v1/deploy", {"files": [{"name": name, "text": text}], "root": str(root), **more})

    def wait_for_end(self, number, seconds=60.0):
        return wait_until(f"the end of run {number}", lambda: self._ended(number), seconds)

    def _ended(self, number):
        run = self.run(number)
        return run if run["status"] in RUN_STATES[5:] else None

    def wait_until_idle(self, seconds=120.0):
        """All runs have ended, and it is on the disk."""
        def idle(status):
            return status["runs"]["live"] == 0 and status["store"]["waiting_batches"] == 0
        wait_until("all runs ended", lambda: idle(self.status()), seconds, 0.05)


def new_key():
    return secrets.token_hex(16)


# ---- the daemon ----

class World:
    """A folder with a state folder, a socket and probe files, and at most one pawld that we started. Removed at the end unless PAWL_KEEP is set."""

    def __init__(self, bin_dir, name="e2e", state=None):
        self.bin = pathlib.Path(bin_dir).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"pawl-{name}-"))
        self.state = pathlib.Path(state) if state else self.folder / "state"
        self.socket = self.folder / "s.sock"
        self.log = self.folder / "pawld.log"
        self.probes = Probes(self.folder / "probes")
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close(keep=kind is not None or "PAWL_KEEP" in os.environ)

    def close(self, keep=False):
        self.kill9()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def spawn(self, environment=None, arguments=(), program=None):
        """Starts pawld and does not wait for it."""
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PAWL_")}
        surroundings.update(environment or {})
        words = [str(program or self.bin / "pawld"), "--state-dir", str(self.state), "--socket", str(self.socket), *arguments]
        with open(self.log, "ab") as log:
            return subprocess.Popen(words, env=surroundings, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def start(self, environment=None, arguments=(), program=None, seconds=60.0):
        """Starts pawld and waits for its first answer; false when it died before that."""
        self.process = self.spawn(environment, arguments, program)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            with contextlib.suppress(Unreachable), contextlib.closing(self.client()) as client:
                return client.ask("GET", "/v1/ping").status == 200
            time.sleep(0.003)
        raise Failure(f"pawld does not answer: {self.tail()}")

    def must_start(self, **how):
        if not self.start(**how):
            raise Failure(f"pawld ended with {self.process.returncode} at its start: {self.tail()}")
        return self.client()

    def client(self, timeout=30.0):
        return Client(self.socket, timeout)

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def kill9(self):
        if self.is_alive():
            self.process.kill()
        if self.process:
            self.process.wait()

    def stop(self, seconds=60.0):
        """The graceful end; returns the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def tail(self):
        return self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""

    def store(self):
        return Store(self.state / "pawl.db")

    def memory_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def steps(self, run=None):
        """Processes that carry the mark of an attempt of this world (of this run alone) in their environment."""
        marks = {f"PAWL_SOCKET={self.socket}".encode()} | ({f"PAWL_RUN={run}".encode()} if run else set())
        return [pid for pid in _pids() if marks <= set(_environment(pid))]

    def shims(self):
        """Those that hold a table of this world open: an attempt is in their hands."""
        return [pid for pid in _pids() if _comm(pid) == "pawl-shim" and _has_open(pid, f"{self.state}/shim-")]

    def processes(self):
        return self.steps() + self.shims()


def _pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _environment(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def _comm(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _has_open(pid, prefix):
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{fd}").startswith(prefix):
                    return True
    except OSError:
        pass
    return False


def alive(pid):
    """Running, and no zombie."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


# ---- probes ----

class Probes:
    """A step appends a line when its command begins: run, step, cookie of the attempt, token, and the exit code it is going to end with."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def script(self, file, code=0, then=""):
        """A shell script for `run:`; it needs TOKEN in its environment. `then` is done between the probe and the end."""
        probe = f"echo \"$PAWL_RUN $PAWL_STEP $PAWL_ATTEMPT $TOKEN {code}\" >> {self.folder}/{file}"
        return "; ".join(part for part in (probe, then, f"exit {code}") if part)

    def lines(self):
        found = []
        for file in sorted(self.folder.iterdir()):
            for line in file.read_text().splitlines():
                words = line.split()
                if len(words) != 5:
                    raise Failure(f"torn probe line in {file}: {line!r}")
                found.append(Probe(int(words[0]), words[1], words[2], words[3], int(words[4])))
        return found


class Probe:
    def __init__(self, run, step, cookie, token, code):
        self.run, self.step, self.cookie, self.token, self.code = run, step, cookie, token, code


# ---- store ----

class Store:
    """A reader beside the daemon; it never writes and never checkpoints."""

    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
        self.db.row_factory = sqlite3.Row

    def rows(self, sql, *values):
        return self.db.execute(sql, values).fetchall()

    def close(self):
        self.db.close()


class Acks:
    """What clients were told and wrote down. A run is known by the token that it was started with."""

    def __init__(self):
        self.lock = threading.Lock()
        self.runs = {}       # token → run
        self.cancelled = set()
        self.versions = set()  # (workflow, number)

    def run(self, token, number):
        with self.lock:
            self.runs[token] = number

    def cancel(self, number):
        with self.lock:
            self.cancelled.add(number)

    def version(self, workflow, number):
        with self.lock:
            self.versions.add((workflow, number))


def check(store, probes=None, acks=None, lost_allowed=False, losing=()):
    """All that must hold when every run has ended. Returns the findings, empty when all is well. `losing`: runs whose attempts may be lost."""
    findings = []
    runs = {row["id"]: row for row in store.rows("SELECT run.*, run_data.inputs FROM run JOIN run_data ON run_data.run = run.id")}
    attempts = {row["cookie"]: row for row in store.rows("SELECT attempt.*, s.id AS step_id FROM attempt JOIN step s ON s.key = (attempt.run << 16) + attempt.step")}
    _check_journal(store, runs, findings)
    _check_families(store, runs, findings)
    for row in runs.values():
        if row["state"] < 5:
            findings.append(f"run {row['id']} is stuck: {RUN_STATES[row['state']]}")
    for row in attempts.values():
        state = ATTEMPT_STATES[row["state"]]
        if row["state"] < 2:
            findings.append(f"attempt {row['id']} of run {row['run']} is stuck: {state}")
        if state in ("lost", "interrupted") and not lost_allowed and row["run"] not in losing:
            findings.append(f"attempt {row['id']} of run {row['run']} is {state} although its shim lived")
    if probes:
        _check_probes(probes.lines(), runs, attempts, findings)
    if acks:
        _check_acks(store, acks, runs, findings)
    answer = store.rows("PRAGMA quick_check")[0][0]
    if answer != "ok":
        findings.append(f"the database is damaged: {answer}")
    return findings


def _check_journal(store, runs, findings):
    by_run = {}
    for row in store.rows("SELECT run, seq, kind, step FROM journal ORDER BY run, seq"):
        kind = JOURNAL_KINDS[row["kind"]] if isinstance(row["kind"], int) else row["kind"]
        by_run.setdefault(row["run"], []).append((row["seq"], kind, row["step"]))
    for number in by_run:
        if number not in runs:
            findings.append(f"journal of run {number} without its row")
    for number, run in runs.items():
        journal = by_run.get(number, [])
        kinds = [kind for _, kind, _ in journal]
        if [seq for seq, _, _ in journal] != list(range(1, len(journal) + 1)) or run["journal"] != len(journal):
            findings.append(f"run {number}: the journal has a gap, or the row says {run['journal']}: {journal}")
        if kinds[:1] != ["run.queued"] or kinds.count("run.queued") != 1:
            findings.append(f"run {number}: the journal does not begin once: {kinds}")
        ends = [kind for kind in kinds if kind in RUN_FINAL]
        if run["state"] >= 5 and ends != ["run." + RUN_STATES[run["state"]]]:
            findings.append(f"run {number} is {RUN_STATES[run['state']]}, its journal ends it with {ends}")
        if ends and kinds[-1] not in RUN_FINAL:
            findings.append(f"run {number} goes on after its end: {kinds}")
        over = set()
        for _, kind, step in journal:
            if step and step in over and kind != "attempt.ended":
                findings.append(f"run {number}, step {step}: {kind} after its end")
            if kind in STEP_FINAL:
                over.add(step)


def _check_families(store, runs, findings):
    """A step starts one run, and both know of each other; it ends with it."""
    steps = {(row["run"], row["step"]): row for row in store.rows("SELECT key >> 16 AS run, key & 65535 AS step, state, child, carried FROM step")}
    children = [row for row in runs.values() if row["parent"]]
    for row in children:
        step = steps.get((row["parent"], row["parent_step"]))
        if step is None or step["child"] != row["id"]:
            findings.append(f"run {row['id']} was started by step {row['parent_step']} of run {row['parent']}, which does not know it")
        elif (RUN_STATES[row["state"]] == "succeeded") != (STEP_STATES[step["state"]] == "succeeded"):
            findings.append(f"run {row['id']} is {RUN_STATES[row['state']]}, its step is {STEP_STATES[step['state']]}")
    starts = [(row["parent"], row["parent_step"]) for row in children]
    for start in set(starts):
        if starts.count(start) > 1:
            findings.append(f"step {start[1]} of run {start[0]} started {starts.count(start)} runs")


def _check_probes(probes, runs, attempts, findings):
    seen = {}
    for probe in probes:
        seen.setdefault(probe.cookie, []).append(probe)
        attempt = attempts.get(probe.cookie)
        if attempt is None:
            findings.append(f"a command ran without a stored attempt: {vars(probe)}")
            continue
        if (attempt["run"], attempt["step_id"].split("[")[0]) != (probe.run, probe.step):
            findings.append(f"attempt {attempt['id']} is of run {attempt['run']} {attempt['step_id']}, ran as {vars(probe)}")
        token = json.loads(runs[probe.run]["inputs"]).get("token")
        if token is not None and token != probe.token:
            findings.append(f"run {probe.run} has the token {token}, its command saw {probe.token}")
        ended = ATTEMPT_STATES[attempt["state"]] in ("succeeded", "failed")
        if ended and not attempt["signal"] and attempt["exit_code"] != probe.code:
            findings.append(f"attempt {attempt['id']} ended with {probe.code}, the row says {attempt['exit_code']}")
    for cookie, lines in seen.items():
        if len(lines) > 1:
            findings.append(f"attempt {cookie} ran {len(lines)} times")
    for cookie, attempt in attempts.items():
        ran = ATTEMPT_STATES[attempt["state"]] in ("succeeded", "failed") and attempt["exit_code"] is not None
        if ran and cookie not in seen and not attempt["message"]:
            findings.append(f"attempt {attempt['id']} has an outcome, but its command never ran")


def _check_acks(store, acks, runs, findings):
    for token, number in acks.runs.items():
        if number not in runs:
            findings.append(f"LOST ACK: run {number} ({token})")
        elif json.loads(runs[number]["inputs"]).get("token") != token:
            findings.append(f"LOST ACK: run {number} is not the one acknowledged for {token}")
    tokens = [json.loads(row["inputs"]).get("token") for row in runs.values() if not row["retry_of"]]
    doubled = {token for token in tokens if token and tokens.count(token) > 1} if len(tokens) != len(set(tokens)) else set()
    if doubled:
        findings.append(f"one request, several runs: {sorted(doubled)[:5]}")
    for number in acks.cancelled:
        if number in runs and not runs[number]["cancel_requested"] and RUN_STATES[runs[number]["state"]] != "cancelled":
            findings.append(f"LOST ACK: cancel of run {number}")
    stored = {(row["name"], row["number"]) for row in store.rows("SELECT name, number FROM version JOIN workflow ON workflow.id = version.workflow")}
    for version in acks.versions - stored:
        findings.append(f"LOST ACK: deployed {version}")


# ---- campaigns ----

def arguments(description, *more):
    """The command line of a campaign: the folder of the programs first. `more`: pairs of names and settings for add_argument."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("bin", help="folder of pawld, pawl-shim and pawl")
    parser.add_argument("--long", action="store_true", default=os.environ.get("PAWL_TESTS_LONG") == "1", help="the nightly counts")
    for name, settings in more:
        parser.add_argument(name, **settings)
    return parser.parse_args()


def conclude(findings, said):
    """Prints and ends the program."""
    for finding in findings[:20]:
        print("FOUND: " + finding)
    if len(findings) > 20:
        print(f"… and {len(findings) - 20} more")
    print(f"{said}: {len(findings)} findings")
    sys.exit(1 if findings else 0)


def main(campaign):
    """Runs it; a Failure is a sentence and not a stack trace."""
    try:
        campaign()
    except Failure as failure:
        print(f"FOUND: {failure}")
        sys.exit(1)
