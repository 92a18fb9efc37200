"""Kills pawld (or pawl-shim) at every crash point of common/base/crash_point.h, at its first, second and fifth passage, under a load that
reaches it; starts again without the wish and checks that nothing is lost, doubled, stuck or out of order. Needs a build with PAWL_CRASH_POINTS.
A name that is in the header, not in the lists below, and never reached fails the test."""
import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import threading
import time

import pawlkit

HEADER = pathlib.Path(__file__).resolve().parents[2] / "common/base/crash_point.h"

# Their code comes with a later milestone.
NOT_DUE = {
    "outbox.before.notify", "outbox.before.emit", "outbox.after.notify", "outbox.after.emit",
    "trigger.due", "trigger.fired", "trigger.watermark", "backup.half", "backup.verified", "backup.renamed",
    # An attempt's row is its outbox: launch and stop are repeated while the row is live, so nothing is marked.
    "outbox.mark.launch", "outbox.mark.stop", "outbox.mark.notify", "outbox.mark.emit",
}
# Proven elsewhere: 16,383 attempts before the first passage, artifacts whose time is over (tests/unit/io); a full disk (diskfull.py).
ELSEWHERE = {"table.rotated", "retention.files", "disk.resumed"}
# A step whose files are kept and whose result is remembered; each token is new, so each of its runs executes once.
KEPT = """    artifacts: ["kept-${{ inputs.token }}.txt"]
    cache: {key: "${{ inputs.token }}", produces: ["kept-${{ inputs.token }}.txt"]}
"""
# Passed once in the life of a process: instead of the n-th passage the n-th start dies.
ONCE = {name for name in ("table.allocated", "table.renamed", "table.deleted", "recover.opened", "recover.fenced", "recover.classified",
                          "recover.committed", "recover.replayed", "migrate.before", "migrate.inside", "migrate.after")}
PASSAGES = (1, 2, 5)


class Died(Exception):
    """The daemon reached the point."""


class Load:
    """What makes a daemon do everything it can: deploys, runs, cancels, lost attempts, retries, idle time."""

    def __init__(self, world, acks):
        self.world, self.acks = world, acks
        self.count = 0
        self.pending = None
        self.client = None

    def ask(self, method, target, body=None):
        self.pending = (method, target, body, pawlkit.new_key())
        try:
            answer = self.client.ask(method, target, body, self.pending[3] if method == "POST" else None)
        except pawlkit.Unreachable:
            self.world.process.wait(30)
            raise Died from None
        self.wrote_down(target, body, answer)
        self.pending = None
        return answer.json

    def wrote_down(self, target, body, answer):
        if answer.status == 201 and target == "/v1/runs":
            self.acks.run(body["inputs"]["token"], answer.json["id"])
        elif answer.status == 202:
            self.acks.cancel(int(target.split("/")[3]))
        elif answer.status == 200 and target == "/v1/deploy":
            for change in answer.json["changes"]:
                self.acks.version(change["name"], change["version"])

    def repeat_pending(self):
        """As a client does whose answer was lost."""
        if self.pending:
            method, target, body, key = self.pending
            answer = self.client.persist(method, target, body, key)
            self.wrote_down(target, body, answer)
            self.pending = None

    def deploy(self):
        self.count += 1
        step = "  - id: main\n    env: {{TOKEN: \"${{{{ inputs.token }}}}\"}}\n{more}    run: |\n      {script}\n"
        kinds = {"fine": ("", 0, ""), "bad": ("", 4, ""), "slow": ("    stop: {grace: 200ms}\n", 0, "sleep 300"),
                 "brief": ("", 0, "sleep 0.4"), "again": ("    on_crash: retry\n", 0, "[ $PAWL_ATTEMPT_NUMBER -gt 1 ] || sleep 300"),
                 "kept": (KEPT, 0, "echo $TOKEN > kept-$TOKEN.txt")}
        texts = [f"kind: workflow\nname: {name}\ndescription: edition {self.count}\ninputs: {{token: {{type: string}}}}\nsteps:\n" +
                 step.format(more=more, script=self.world.probes.script(name, code, then)) for name, (more, code, then) in kinds.items()]
        texts.append("kind: workflow\nname: write\ninputs: {token: {type: string}}\nsteps:\n  - {id: main, uses: sql, continue_on_error: true, "
                     "with: {db: w.db, query: 'INSERT INTO t VALUES (:token)', params: {token: '${{ inputs.token }}'}}}\n")
        texts[0] += "  - id: pause\n    uses: wait\n    with: {for: 50ms}\n"
        self.ask("POST", "/v1/deploy", {"files": [{"name": "w.yaml", "text": "---\n".join(texts)}], "root": str(self.world.folder)})

    def start(self, name):
        self.count += 1
        return self.ask("POST", "/v1/runs", {"workflow": name, "inputs": {"token": f"{name}{self.count}"}})["id"]

    def ended(self, run):
        return self.until(run, lambda seen: seen["status"] in pawlkit.RUN_STATES[5:])

    def until(self, run, condition):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            seen = self.ask("GET", f"/v1/runs/{run}")
            if condition(seen):
                return seen
            time.sleep(0.01)
        raise pawlkit.Failure(f"run {run} does not go on: {seen['status']}")

    def began(self, run):
        """The command of the run's step is there, or the run has ended (a shim died early)."""
        def seen(state):
            return state["status"] in pawlkit.RUN_STATES[5:] or any(probe.run == run for probe in self.world.probes.lines())
        self.until(run, seen)

    def everything(self, times):
        for _ in range(times):
            self.deploy()
            self.ended(self.start("fine"))
            self.ended(self.start("write"))
            self.ended(self.start("kept"))
            failed = self.start("bad")
            self.ended(failed)
            self.ended(self.ask("POST", f"/v1/runs/{failed}/retry", {})["id"])
            slow = self.start("slow")
            self.began(slow)
            self.ask("POST", f"/v1/runs/{slow}/cancel", {})
            self.ended(slow)

    def losses(self):
        run = self.start("again")
        self.began(run)
        for pid in self.world.shims():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.ended(run)

    def idle(self, times):
        """A checkpoint comes after a second without work."""
        for _ in range(times):
            self.ended(self.start("fine"))
            time.sleep(1.3)


class Case:
    def __init__(self, bin_dir, point, passage):
        self.point, self.passage = point, passage
        self.world = pawlkit.World(bin_dir, "point")
        self.acks = pawlkit.Acks()
        self.load = Load(self.world, self.acks)
        self.trace = self.world.folder / "trace"

    def wish(self):
        passage = 1 if self.point in ONCE else self.passage
        return {"PAWL_CRASH_AT": f"{self.point}:{passage}", "PAWL_CRASH_TRACE": str(self.trace)}

    def start(self, environment=None, **how):
        if not self.world.start(environment=environment, **how):
            raise Died
        self.load.client = self.world.client()

    def prepare(self):
        """What must be there before the daemon with the wish starts."""
        with contextlib.closing(sqlite3.connect(self.world.folder / "w.db")) as other:
            other.execute("CREATE TABLE t(token TEXT)")
        if self.point.startswith("migrate."):
            return
        self.start()
        self.load.deploy()
        if self.point.startswith("attempts.void_"):
            # Launched by a shim that never takes its work, and cancelled: the slot is empty at the next start.
            self.world.stop()
            deaf = self.world.folder / "deaf-shim"
            deaf.write_text("#!/bin/sh\nexec sleep 20\n")
            deaf.chmod(0o700)
            self.start(arguments=("--shim", str(deaf)))
            for run in [self.load.start("slow") for _ in range(6)]:
                self.load.ask("POST", f"/v1/runs/{run}/cancel", {})
        elif self.point.startswith(("recover.", "attempts.adopting")):
            for run in [self.load.start("brief" if i else "slow") for i in range(6)]:
                self.load.began(run)
        else:
            self.load.ended(self.load.start("fine"))
        self.world.kill9()

    def drive(self):
        """Starts with the wish and works until the point is reached; true when it was."""
        starts = self.passage if self.point in ONCE else 1
        died = 0
        for _ in range(starts):
            with contextlib.suppress(Died):
                self.start(self.wish())
                self.work()
            died += self.world.process.poll() == -signal.SIGKILL
            self.world.kill9()
        if self.point.startswith("shim."):
            return self.point in self.trace.read_text().split()
        return died > 0 and (died == starts or self.point.startswith(("migrate.after", "table.")))

    def work(self):
        if self.point == "store.checkpoint":
            return self.load.idle(self.passage + 1)
        if self.point in ("table.allocated", "table.renamed", "recover.committed"):  # passed with the first attempt, with the first commit
            return self.load.ended(self.load.start("fine"))
        if self.point in ONCE or self.point.startswith(("attempts.void_", "attempts.adopting")):
            return self.linger()
        if self.point == "attempts.spawned":  # shims are kept and used again: five of them need five steps at once
            runs = [self.load.start("brief") for _ in range(self.passage + 2)]
            return [self.load.ended(run) for run in runs]
        self.load.everything(self.passage)
        if self.passage == 1:
            self.load.losses()

    def linger(self):
        end = time.monotonic() + 3
        while time.monotonic() < end:
            self.load.ask("GET", "/v1/status")
            time.sleep(0.02)

    def settle(self):
        """A clean start, the answers that were missed, a little work, and the end of everything."""
        self.start()
        self.load.repeat_pending()
        self.load.deploy()
        self.load.ended(self.load.start("fine"))
        for run in self.load.ask("GET", "/v1/runs?live=true&limit=100")["items"]:
            if run["workflow"] in ("slow", "again"):
                self.load.ask("POST", f"/v1/runs/{run['id']}/cancel", {"now": True})
        self.load.client.wait_until_idle(60)
        findings = self.missing_files()
        store = self.world.store()
        queries = {row["run"]: row for row in store.rows("SELECT run, inputs FROM run_data WHERE inputs LIKE '%write%'")}
        findings += pawlkit.check(store, self.world.probes, self.acks, lost_allowed=self.point.startswith("shim.") or self.passage == 1, losing=queries)
        findings += self.written(store, queries)
        store.close()
        if self.world.stop() != 0:
            findings.append("the last end was not graceful")
        return findings

    def written(self, store, queries):
        """What the daemon does itself dies with it: lost if it had begun, done once when its step succeeded, and never twice."""
        findings = []
        with contextlib.closing(sqlite3.connect(self.world.folder / "w.db")) as other:
            for row in store.rows("SELECT run, state FROM step"):
                if row["run"] not in queries:
                    continue
                token = json.loads(queries[row["run"]]["inputs"])["token"]
                count = other.execute("SELECT count(*) FROM t WHERE token = ?", (token,)).fetchone()[0]
                state = pawlkit.STEP_STATES[row["state"]]
                never_lost = self.point in ("outbox.before.launch", "outbox.before.http") and self.passage > 1
                if count not in {"succeeded": (1,), "lost": () if never_lost else (0, 1)}.get(state, ()):
                    findings.append(f"a query that is {state} was performed {count} times: {token}")
        return findings

    def missing_files(self):
        """A step that succeeded has its files, whatever died when."""
        findings = []
        for run in self.load.ask("GET", "/v1/runs?workflow=kept&limit=1000")["items"]:
            kept = self.load.ask("GET", f"/v1/runs/{run['id']}/artifacts")["items"]
            if run["status"] == "succeeded" and len(kept) != 1:
                findings.append(f"run {run['id']} succeeded and kept {len(kept)} files")
        return findings

    def play(self):
        """Findings, and whether the point was reached."""
        with self.world:
            self.prepare()
            reached = self.drive()
            findings = self.settle()
            if findings and "PAWL_KEEP" in os.environ:
                print(f"{self.point}:{self.passage}: {self.world.folder}")
        return [f"{self.point}:{self.passage}: {one}" for one in findings], reached


def names():
    table = re.search(r"to_array<std::string_view>\(\{(.*?)\}\);", HEADER.read_text(), re.S).group(1)
    return re.findall(r'"([a-z_.]+)"', table)


def has_crash_points(bin_dir):
    with pawlkit.World(bin_dir, "point") as world:
        return not world.start(environment={"PAWL_CRASH_AT": "recover.opened"})


def campaign():
    options = pawlkit.arguments(__doc__, ("--only", {"help": "one point"}), ("--jobs", {"type": int, "default": 3}))
    if not has_crash_points(options.bin):
        pawlkit.skip("this build has no crash points")
    began = time.monotonic()
    due = [name for name in names() if name not in NOT_DUE | ELSEWHERE]
    if options.only:
        due = [name for name in due if name.startswith(options.only)]
    cases = [(name, passage) for name in due for passage in PASSAGES] * (17 if options.long else 1)
    count = len(cases)
    findings, reached, lock = [], {name: set() for name in due}, threading.Lock()

    def worker():
        while True:
            with lock:
                if not cases:
                    return
                name, passage = cases.pop(0)
            try:
                found, was = Case(options.bin, name, passage).play()
            except Exception as failure:  # a worker must report whatever ended its case
                found, was = [f"{name}:{passage}: {failure!r}"], False
            with lock:
                findings.extend(found)
                if was:
                    reached[name].add(passage)

    threads = [threading.Thread(target=worker) for _ in range(options.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, passages in reached.items():
        if set(PASSAGES) - passages:
            findings.append(f"{name}: not reached at passage {sorted(set(PASSAGES) - passages)}")
    print(f"not due: {', '.join(sorted(NOT_DUE))}; proven elsewhere: {', '.join(sorted(ELSEWHERE))}")
    pawlkit.conclude(findings, f"{count} kills at {len(due)} crash points, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    pawlkit.main(campaign)
