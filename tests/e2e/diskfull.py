"""A full disk. The state folder lies on a small file system of its own (a tmpfs, so this needs root). At 0 bytes free reading and stopping work,
new work is refused with 503 and a reason, running steps go on and their ends are kept; with room again everything goes on by itself."""
import contextlib
import os
import signal
import subprocess
import tempfile

import pawlkit

SIZE = "48m"
RESERVE = 16 << 20  # bytes of reserve.bin


@contextlib.contextmanager
def small_disk():
    if os.geteuid() != 0:
        pawlkit.skip("a small file system can be mounted by root alone")
    folder = tempfile.mkdtemp(prefix="pawl-disk-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode != 0:
        os.rmdir(folder)
        pawlkit.skip(f"no small file system here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        os.rmdir(folder)


class Ballast:
    """A file that takes all the room there is, the last byte included."""

    def __init__(self, disk):
        self.path = os.path.join(disk, "ballast")

    def fill(self):
        with open(self.path, "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"b" * size):
                        pass

    def leave_reserve(self):
        """The room that the daemon has just given free is there, whoever was faster."""
        disk = os.statvfs(self.path)
        if disk.f_bavail * disk.f_frsize < RESERVE:
            os.truncate(self.path, os.path.getsize(self.path) - RESERVE)

    def free(self):
        os.unlink(self.path)


def workflow(probes, name, then, more=""):
    return (f"kind: workflow\nname: {name}\ninputs: {{token: {{type: string}}}}\nsteps:\n  - id: main\n{more}"
            f"    env: {{TOKEN: \"${{{{ inputs.token }}}}\"}}\n    run: |\n      {probes.script(name, 0, then)}\n")


def fill_until_degraded(world, client, ballast, acks):
    """Fills the disk, and works until the daemon notices. What it acknowledges meanwhile is to be kept."""
    def noticed():
        if client.status()["state"] == "degraded":
            return True
        ballast.fill()
        token = f"fill{len(acks.runs)}"
        answer = client.ask("POST", "/v1/runs", {"workflow": "quick", "inputs": {"token": token}}, pawlkit.new_key())
        if answer.status == 201:
            acks.run(token, answer.json["id"])
        return client.status()["state"] == "degraded"
    client.timeout = 5
    def careful():
        with contextlib.suppress(pawlkit.Unreachable):  # an answer that waits for the disk
            return noticed()
        return client.status()["state"] == "degraded"
    pawlkit.wait_until("the daemon notices the full disk", careful, 60)
    ballast.leave_reserve()


def round_of(world, client, disk, number, acks, findings):
    ballast = Ballast(disk)
    slow = client.start("slow", token=f"slow{number}")
    brief = client.start("brief", token=f"brief{number}")
    acks.run(f"slow{number}", slow)
    acks.run(f"brief{number}", brief)
    pawlkit.wait_until("both began", lambda: sum(probe.run in (slow, brief) for probe in world.probes.lines()) == 2)
    fill_until_degraded(world, client, ballast, acks)
    others_take_reserve = number % 2 == 1  # the daemon gave its reserve free, and somebody else was faster
    if others_take_reserve:
        ballast.fill()
        with contextlib.closing(world.client(timeout=1)) as hasty, contextlib.suppress(pawlkit.Unreachable):
            hasty.ask("POST", f"/v1/runs/{slow}/cancel", {}, pawlkit.new_key())  # cannot be stored, so no answer; others must get theirs
    status = client.status()
    if not status.get("reason"):
        findings.append(f"degraded without a reason: {status}")
    for target in (f"/v1/runs/{slow}", "/v1/runs", f"/v1/runs/{slow}/logs", f"/v1/runs/{slow}/events", "/v1/workflows"):
        answer = client.ask("GET", target)
        if answer.status != 200:
            findings.append(f"on a full disk: GET {target}: {answer}")
    for target, body in (("/v1/runs", {"workflow": "quick", "inputs": {"token": "refused"}}),
                         ("/v1/deploy", {"files": [{"name": "w.yaml", "text": workflow(world.probes, "more", "")}], "root": str(world.folder)})):
        try:
            answer = client.ask("POST", target, body, pawlkit.new_key())
            if answer.status != 503 or answer.json.get("code") != "degraded":
                findings.append(f"on a full disk: POST {target}: {answer}")
        except pawlkit.Unreachable:
            findings.append(f"on a full disk: POST {target} gets no answer within {client.timeout} s (others took the reserve: {others_take_reserve})")
    if not others_take_reserve:
        stop_on_full_disk(world, slow, findings)
    open(world.folder / f"gate{number}", "w").close()
    ballast.free()
    pawlkit.wait_until("the daemon goes on by itself", lambda: client.status()["state"] == "ready", 60, 0.05)
    if others_take_reserve:
        client.must("POST", f"/v1/runs/{slow}/cancel", {"now": True}, expect=(202, 409))  # 409: the earlier one has been done by now
    end = client.wait_for_end(slow)
    if end["status"] != "cancelled":
        findings.append(f"the run that was stopped on a full disk ended as {end}")
    acks.cancel(slow)
    if client.wait_for_end(brief)["status"] != "succeeded":
        findings.append(f"the step that ended on a full disk: {client.run(brief)}")
    token = f"after{number}"
    acks.run(token, client.start("quick", token=token))
    client.wait_until_idle()


def stop_on_full_disk(world, run, findings):
    """In the room of the reserve the stop is stored and answered, and the step dies."""
    with contextlib.closing(world.client(timeout=8)) as client:
        try:
            answer = client.ask("POST", f"/v1/runs/{run}/cancel", {"now": True}, pawlkit.new_key())
            if answer.status != 202:
                findings.append(f"on a full disk: stop: {answer}")
        except pawlkit.Unreachable:
            findings.append("on a full disk: a stop gets no answer within 8 s")
    try:
        pawlkit.wait_until("the step is gone", lambda: not world.steps(run), 20, 0.1)
    except pawlkit.Failure:
        findings.append("on a full disk: a stop does not end the step within 20 s")


def killed_while_full(world, client, disk, acks, findings):
    """kill -9 at 0 bytes free: the next start says what is wrong or works; with room nothing is missing."""
    ballast = Ballast(disk)
    fill_until_degraded(world, client, ballast, acks)
    world.kill9()
    started = world.start()
    if not started and "disk" not in world.tail() and "full" not in world.tail() and "space" not in world.tail():
        findings.append(f"a start on a full disk says: {world.tail()[-300:]}")
    ballast.free()
    if not started:
        world.must_start()
    client = world.client()
    pawlkit.wait_until("ready again", lambda: client.status()["state"] == "ready", 60, 0.05)
    acks.run("last", client.start("quick", token="last"))
    client.wait_until_idle()
    print(f"kill -9 on a full disk: the start there {'worked' if started else 'was refused'}")
    return client


def killed_when_resumed(world, client, disk, acks, findings):
    """kill -9 in the moment the store takes writes again: in the writer, and when the loop hears of it."""
    for passage in (1, 2):
        world.stop()
        world.must_start(environment={"PAWL_CRASH_AT": f"disk.resumed:{passage}"})
        client = world.client()
        ballast = Ballast(disk)
        fill_until_degraded(world, client, ballast, acks)
        ballast.free()
        if world.process.wait(60) != -signal.SIGKILL:
            findings.append(f"disk.resumed:{passage} was not reached")
        client = world.must_start()
        token = f"resumed{passage}"
        acks.run(token, client.start("quick", token=token))
        client.wait_until_idle()
    return client


def has_crash_points(world):
    """A start that is to die at once tells."""
    return not world.start(environment={"PAWL_CRASH_AT": "recover.opened"})


def campaign():
    options = pawlkit.arguments(__doc__)
    rounds = 50 if options.long else 4
    acks, findings = pawlkit.Acks(), []
    with small_disk() as disk, pawlkit.World(options.bin, "full", state=os.path.join(disk, "state")) as world:
        can_die = has_crash_points(world)
        client = world.must_start()
        text = [workflow(world.probes, "quick", ""), workflow(world.probes, "slow", "exec sleep 300")]
        client.deploy("---\n".join(text), world.folder)
        for number in range(rounds):
            wait = f"while [ ! -e {world.folder}/gate{number} ] && [ ! -e {world.state}/../ballast ]; do sleep 0.1; done; sleep 1"
            client.deploy(workflow(world.probes, "brief", wait), world.folder)
            round_of(world, client, disk, number, acks, findings)
        client = killed_while_full(world, client, disk, acks, findings)
        if can_die:
            killed_when_resumed(world, client, disk, acks, findings)
        store = world.store()
        findings += pawlkit.check(store, world.probes, acks)
        store.close()
        world.stop()
    pawlkit.conclude(findings, f"diskfull: {rounds} rounds, {len(acks.runs)} runs acknowledged")


if __name__ == "__main__":
    pawlkit.main(campaign)
