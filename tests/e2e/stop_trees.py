"""Stops that meet resistance: trees that ignore TERM, fork twice and leave their session. After a cancel or a timeout no process carries the
attempt's mark any more; a stop that was committed holds over kill -9 of the daemon; a killed shim makes its step `lost` at once, without
survivors, and `on_crash` decides how it goes on. With --expect-caught PAWL_MUTANT is planted, and finding nothing is the failure."""
import contextlib
import os
import signal
import time

import pawlkit

LOST_WITHIN = 1.0  # seconds, on a quiet machine; four times that when others work too
# Ignores TERM, forks twice, and one of the grandchildren is a session of its own. Each says that it lives.
TREE = """trap '' TERM INT HUP
      (trap '' TERM; (trap '' TERM; echo deep >> {file}; exec sleep 300) & sleep 300) &
      setsid sh -c "trap '' TERM HUP; echo away >> {file}; (sleep 300 & sleep 300) & sleep 300" &
      echo top >> {file}
      while :; do sleep 300; done"""


def tree(world, name, settings, top=TREE):
    """A workflow with the one step `main` that grows a tree, and the file in which the tree says that it is there."""
    file = world.folder / f"{name}.tree"
    return f"kind: workflow\nname: {name}\nsteps:\n  - id: main\n{settings}    run: |\n      {top.format(file=file)}\n", file


def grown(file, lines=3):
    return lambda: file.exists() and len(file.read_text().splitlines()) >= lines


def allowed():
    return LOST_WITHIN * (1 if os.getloadavg()[0] < os.cpu_count() else 4)


def no_survivors(world, findings, what):
    left = [pid for pid in world.steps() if pawlkit.alive(pid)]
    if left:
        findings.append(f"{what}: {len(left)} survivors, such as {left[0]}")


class Trees:
    def __init__(self, options, environment, findings):
        self.world = pawlkit.World(options.bin, "trees")
        self.findings = findings
        self.environment = environment
        self.rounds = 100 if options.long else 8
        self.client = self.world.must_start(environment=environment)
        self.count = 0

    def again(self):
        self.client = self.world.must_start(environment=self.environment)

    def grow(self, settings):
        self.count += 1
        text, file = tree(self.world, f"tree{self.count}", settings)
        self.client.deploy(text, self.world.folder)
        run = self.client.start(f"tree{self.count}")
        pawlkit.wait_until("the tree has grown", grown(file))
        return run

    def expect(self, run, status, reason=None, seconds=60):
        end = self.client.wait_for_end(run, seconds)
        step = end["steps"][0]
        if step["status"] != status or (reason and step.get("reason") != reason):
            self.findings.append(f"run {run}: expected {status} {reason or ''}, got {step}")
        return end

    def cancel_and_timeout(self):
        """Both, many times at once."""
        runs = []
        for _ in range(self.rounds):
            runs.append((self.grow("    stop: {grace: 200ms}\n"), "cancelled", None))
            runs.append((self.grow("    stop: {grace: 200ms}\n    timeout: 1500ms\n"), "failed", "timeout"))
        for run, status, _ in runs:
            if status == "cancelled":
                self.client.must("POST", f"/v1/runs/{run}/cancel", {})
        for run, status, reason in runs:
            self.expect(run, status, reason)
        no_survivors(self.world, self.findings, "cancel and timeout")
        print(f"cancel and timeout: {2 * self.rounds} trees")

    def grace(self):
        """Cancelled with a long grace it lives on, the second cancel says now."""
        run = self.grow("    stop: {grace: 10m}\n")
        self.client.must("POST", f"/v1/runs/{run}/cancel", {})
        time.sleep(0.3)
        if self.client.run(run)["status"] not in ("stopping", "running"):
            self.findings.append(f"run {run} did not get its grace: {self.client.run(run)['status']}")
        self.client.must("POST", f"/v1/runs/{run}/cancel", {"now": True})
        self.expect(run, "cancelled")
        no_survivors(self.world, self.findings, "cancel now")
        print("grace, then now")

    def committed_then_killed(self):
        """kill -9 behind the commit of a cancel: before the shim heard of it (a crash point, in builds that have them), and right behind the
        answer. The restarted daemon stops what is still there."""
        for number in range(self.rounds):
            unheard = number % 2 == 0
            self.world.stop()
            crash = {"PAWL_CRASH_AT": "outbox.before.stop"} if unheard else {}
            self.client = self.world.must_start(environment=self.environment | crash)
            run = self.grow("    stop: {grace: 300ms}\n")
            with contextlib.suppress(pawlkit.Unreachable):
                self.client.must("POST", f"/v1/runs/{run}/cancel", {})
            if unheard:
                with contextlib.suppress(pawlkit.Failure):
                    pawlkit.wait_until("the crash", lambda: not self.world.is_alive(), 1)
            self.world.kill9()
            self.again()
            self.expect(run, "cancelled", seconds=30)
            no_survivors(self.world, self.findings, f"cancel, then kill -9, round {number}")
        print(f"cancel, then kill -9: {self.rounds}")

    def cancelled_by_adopter(self):
        """A step of an earlier daemon is cancelled by the next one: in grace, and at once."""
        for now in (False, True):
            run = self.grow(f"    stop: {{grace: {'10m' if now else '300ms'}}}\n")
            self.world.kill9()
            self.again()
            self.client.must("POST", f"/v1/runs/{run}/cancel", {"now": now})
            self.expect(run, "cancelled", seconds=30)
            no_survivors(self.world, self.findings, "cancel of an adopted step")
        print("cancel of adopted steps: 2")

    def lost(self):
        """kill -9 of the shim: lost within a second, everything swept. The same with the daemon dead, too."""
        worst = 0.0
        for number in range(self.rounds):
            run = self.grow("    on_crash: fail\n")
            with_daemon = number % 2 == 1
            if with_daemon:
                self.world.kill9()
            began = time.monotonic()
            for pid in self.world.shims():
                os.kill(pid, signal.SIGKILL)
            if with_daemon:
                self.again()
            self.expect(run, "lost")
            if not with_daemon:
                worst = max(worst, time.monotonic() - began)
            try:
                pawlkit.wait_until("sweep", lambda: not self.world.steps(), 15)
            except pawlkit.Failure:
                no_survivors(self.world, self.findings, f"shim killed, round {number}")
        if worst > allowed():
            self.findings.append(f"a step was lost only after {worst:.2f} s")
        print(f"shims killed: {self.rounds}, lost after at most {worst:.3f} s")

    def on_crash(self):
        """retry and resume: launched again, resume in the same state folder."""
        file = self.world.folder / "again"
        for policy, resume in (("retry", "0"), ("resume", "1")):
            self.client.deploy(
                f"kind: workflow\nname: {policy}\nsteps:\n  - id: main\n    on_crash: {policy}\n    run: |\n"
                f"      if [ -e $PAWL_STATE_DIR/mine ]; then echo \"{policy} resume=${{PAWL_RESUME:-0}} $PAWL_ATTEMPT_NUMBER $PAWL_IDEMPOTENCY_KEY\" >> {file}; exit 0; fi\n"
                f"      echo x > $PAWL_STATE_DIR/mine; echo \"first $PAWL_IDEMPOTENCY_KEY\" >> {file}; exec sleep 300\n", self.world.folder)
            run = self.client.start(policy)
            pawlkit.wait_until("it began", lambda run=run: f"first {run}/main" in (file.read_text() if file.exists() else ""))
            for pid in self.world.shims():
                os.kill(pid, signal.SIGKILL)
            end = self.expect(run, "succeeded")
            wanted = f"{policy} resume={resume} 2 {run}/main"
            if wanted not in file.read_text():
                self.findings.append(f"expected '{wanted}' in {file.read_text()!r}")
            if [one["status"] for one in end["steps"][0]["tries"]] != ["lost", "succeeded"]:
                self.findings.append(f"{policy}: {end['steps'][0]['tries']}")
            no_survivors(self.world, self.findings, policy)
        print("on_crash: retry, resume")

    def resolve(self):
        """A lost step is settled by a person, in a new run."""
        for number, (how, status) in enumerate((("success", "succeeded"), ("failed", "failed"), ("retry", "succeeded"))):
            file = self.world.folder / f"resolved{number}"
            name = f"resolve{number}"
            self.client.deploy(f"kind: workflow\nname: {name}\nsteps:\n  - id: main\n    run: |\n      [ ! -e {file} ] || exit 0\n"
                               f"      touch {file}; exec sleep 300\n", self.world.folder)
            run = self.client.start(name)
            pawlkit.wait_until("it began", file.exists)
            for pid in self.world.shims():
                os.kill(pid, signal.SIGKILL)
            self.expect(run, "lost")
            fresh = self.client.must("POST", f"/v1/runs/{run}/steps/main/resolve", {"as": how})["id"]
            end = self.client.wait_for_end(fresh)
            if end["status"] != status:
                self.findings.append(f"resolved as {how}: {end}")
        print("resolve: success, failed, retry")


def campaign():
    options = pawlkit.arguments(__doc__, ("--expect-caught", {"action": "store_true"}))
    mutant = os.environ.get("PAWL_MUTANT")
    findings = []
    trees = Trees(options, {"PAWL_MUTANT": mutant} if mutant else {}, findings)
    with trees.world:
        try:
            for proof in (trees.cancel_and_timeout, trees.grace, trees.committed_then_killed, trees.cancelled_by_adopter, trees.lost,
                          trees.on_crash, trees.resolve):
                proof()
            findings += pawlkit.check(trees.world.store(), lost_allowed=True)
        except pawlkit.Failure as failure:
            if not options.expect_caught:
                raise
            findings.append(str(failure))
        if options.expect_caught:
            print(f"mutant {mutant}: {(findings + ['nothing found'])[0]}")
            raise SystemExit(0 if findings else 1)
    pawlkit.conclude(findings, "stop_trees")


if __name__ == "__main__":
    pawlkit.main(campaign)
