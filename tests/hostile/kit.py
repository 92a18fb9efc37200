# What the hostile tests share: a daemon of their own in a private folder, requests over its socket, and a list of checks.
# Each test is a program: `name.py BIN_FOLDER`, exit code 0 when all its checks hold.
import atexit
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

BIN = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.environ.get("PAWL_BIN", "build/bin")
DEADLINE = 120  # seconds; a loaded machine is slow, a hanging daemon takes for ever

_failures = []
_checks = 0


def check(holds, sentence, seen=None):
    """Counts a sentence about behaviour; tells at once when it does not hold."""
    global _checks
    _checks += 1
    if not holds:
        _failures.append(sentence)
        print("FAILED: " + sentence + ("" if seen is None else "\n    seen: " + repr(seen)[:600]), flush=True)
    return bool(holds)


def finish():
    print(f"{_checks} checks, {len(_failures)} failed", flush=True)
    sys.exit(1 if _failures else 0)


def scratch():
    """A new private folder with a short path: the path of a socket has at most 107 bytes."""
    return tempfile.mkdtemp(prefix="pawl-", dir=os.environ.get("TMPDIR", "/tmp"))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=DEADLINE):
        super().__init__("pawl", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = connect(self.path, self.timeout)


def connect(path, timeout=DEADLINE):
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    stream.connect(path)  # blocking: with a time-out, a full backlog would be an error at once
    stream.settimeout(timeout)
    return stream


def yaml_of(tree):
    """JSON as YAML: all but ASCII escaped; YAML has no surrogate pairs, but eight digits."""
    def joined(pair):
        high, low = int(pair.group(1), 16), int(pair.group(2), 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"
    return re.sub(r"(?<!\\)((?:\\\\)*)\\u(d[89ab]..)\\u(d[c-f]..)", lambda m: m.group(1) + joined(re.match(r"(.*) (.*)", m.group(2) + " " + m.group(3))),
                  json.dumps(tree).replace("\x7f", "\\x7f"))


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def message(self):
        """What a refusal says, its diagnostics included."""
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        return f"{self.status} {self.body[:400]!r}"


class Daemon:
    def __init__(self, folder=None, arguments=(), environment=None, state=None, socket_path=None, shim=True):
        self.folder = folder or scratch()
        self.state = state or os.path.join(self.folder, "state")
        self.socket = socket_path or os.path.join(self.folder, "s.sock")
        self.arguments, self.environment = list(arguments), environment
        self.process, self.lines, self._ready = None, [], threading.Event()
        self._kept = None
        atexit.register(self.kill)  # also when the test itself breaks

    # ---- the process

    def start(self, expect_ready=True, **popen):
        self.lines, self._ready = [], threading.Event()
        self.process = subprocess.Popen([os.path.join(BIN, "pawld"), "--state-dir", self.state, "--socket", self.socket, *self.arguments],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self.environment, **popen)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait(DEADLINE)
        if expect_ready and not self.is_ready():
            self.kill()
            raise SystemExit("the daemon does not start: " + self.log)
        return self

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode("utf-8", "replace"))
            if " ready on " in self.lines[-1]:
                self._ready.set()
        self._ready.set()

    def is_ready(self):
        return any(" ready on " in line for line in self.lines)

    @property
    def log(self):
        return "".join(self.lines)

    def ended(self):
        """The exit code of a daemon that should end by itself; None when it does not."""
        try:
            code = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(DEADLINE)
        return code

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def stop(self):
        """Ends daemon and shims. True when it ended by itself, without a crash."""
        if self._kept:
            self._kept.close()
            self._kept = None
        if self.process.poll() is None:
            self.process.terminate()
        code = self.ended()
        self.kill()
        return code == 0

    def remove(self):
        if self.process:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def memory_kib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    # ---- requests

    def request(self, method, path, body=None, headers=None, raw=None, timeout=DEADLINE, fresh=False):
        """One request, on the kept connection. `body` becomes JSON; `raw` is sent as it is."""
        sent = dict(headers or {})
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        for attempt in (1, 2):
            if self._kept is None or fresh:
                self._kept = UnixConnection(self.socket, timeout)
            try:
                self._kept.request(method, path, data, sent)
                response = self._kept.getresponse()
                answer = Answer(response.status, response.headers, response.read())
                if response.will_close:
                    self._kept = None
                return answer
            except (http.client.HTTPException, OSError):
                self._kept = None
                if attempt == 2:
                    raise

    def get(self, path, **rest):
        return self.request("GET", path, **rest)

    def post(self, path, body=None, **rest):
        return self.request("POST", path, {} if body is None and "raw" not in rest else body, **rest)

    def deploy(self, *documents, dry_run=False):
        """Documents are texts, or trees that are sent as JSON (which is YAML). File n is named n.yaml."""
        files = [{"name": f"{n}.yaml", "text": d if isinstance(d, str) else yaml_of(d)} for n, d in enumerate(documents)]
        return self.post("/v1/deploy", {"files": files, "root": self.folder, "dry_run": dry_run})

    def answers(self):
        try:
            return self.get("/v1/ping", fresh=True, timeout=30).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def wait(self, run):
        """The run in detail, once it has ended: its event stream ends then."""
        self.get(f"/v1/runs/{run}/events?follow=true", headers={"Accept": "application/x-ndjson"}, fresh=True)
        return self.get(f"/v1/runs/{run}").json

    def run(self, workflow, inputs=None, **rest):
        answer = self.post("/v1/runs", {"workflow": workflow, "inputs": inputs or {}, **rest})
        if answer.status != 201:
            raise AssertionError(f"run of {workflow} refused: {answer!r}")
        return self.wait(answer.json["id"])

    def audit(self):
        rows, after = [], None
        while True:
            page = self.get("/v1/audit?limit=1000" + (f"&after={after}" if after else "")).json
            rows += page["items"]
            after = page.get("next")
            if not after:
                return rows

    def pawl(self, *arguments, **rest):
        return subprocess.run([os.path.join(BIN, "pawl"), "--socket", self.socket, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=DEADLINE, **rest)


def pawl(*arguments, **rest):
    """The command line without a daemon."""
    return subprocess.run([os.path.join(BIN, "pawl"), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=DEADLINE, **rest)


# A program for steps: writes what it was given, byte by byte, as JSON into the file of its first argument.
PROBE = r'''
import json, os, sys
files = {}
for name in [n for n in os.environ if n.startswith("F_")]:
    with open(os.environ[name], "rb") as f: files[name] = f.read().hex()
descriptors = {}
for fd in os.listdir("/proc/self/fd"):
    try: descriptors[fd] = os.readlink("/proc/self/fd/" + fd)
    except OSError: pass
event = open(os.environ["PAWL_EVENT"], "rb").read().hex() if "PAWL_EVENT" in os.environ else None
seen = {"argv": [os.fsencode(a).hex() for a in sys.argv[2:]], "env": {os.fsdecode(k): v.hex() for k, v in os.environb.items()},
        "files": files, "event": event, "descriptors": descriptors, "cwd": os.getcwd()}
with open(sys.argv[1] + ".part", "w") as out: json.dump(seen, out)
os.rename(sys.argv[1] + ".part", sys.argv[1])
'''


class Probe:
    """Each use has a file of its own, so that an old answer is never taken for a new one."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.program = os.path.join(folder, "probe.py")
        with open(self.program, "w") as out:
            out.write(PROBE)

    def argv(self):
        self.count += 1
        self.out = os.path.join(self.folder, f"seen-{self.count}.json")
        return [os.path.realpath(sys.executable), "-I", "-S", self.program, self.out]

    def seen(self, out=None):
        try:
            with open(out or self.out) as file:
                return json.load(file)
        except OSError:
            return None
