"""Running steps outlive their daemon. An upgrade (the same programs under another path) adopts all steps; statuses of commands that ended while
no daemon lived are found; kill -9 amid 100 workflows changes nothing; a graceful stop leaves steps running; a second daemon is refused."""
import fcntl
import shutil
import time

import pawlkit

RUNNING = 100


def workflow(probes, name, then, code=0, more=""):
    return (f"kind: workflow\nname: {name}\ninputs: {{token: {{type: string}}}}\nsteps:\n  - id: main\n    continue_on_error: true\n{more}"
            f"    env: {{TOKEN: \"${{{{ inputs.token }}}}\"}}\n    run: |\n      {probes.script(name, code, then)}\n")


def start_many(client, acks, name, count, prefix):
    numbers = []
    for i in range(count):
        token = f"{prefix}{i}"
        numbers.append(client.start(name, token=token))
        acks.run(token, numbers[-1])
    return numbers


def wait_for_probes(world, count):
    pawlkit.wait_until(f"{count} commands began", lambda: len(world.probes.lines()) >= count, 120, 0.05)


class Gate:
    """A script that waits in the kernel, at no cost, until we open the gate."""

    def __init__(self, world, name):
        path = world.folder / name
        self.file = open(path, "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.script = f"flock --shared {path} true"

    def open(self):
        self.file.close()


def upgrade(options, findings):
    """100 running steps, the graceful end of the old daemon, the start of the new one: all adopted, all end as they should."""
    rounds = 100 if options.long else 1
    acks = pawlkit.Acks()
    with pawlkit.World(options.bin, "upgrade") as world:
        new = world.folder / "new"
        new.mkdir()
        for program in ("pawld", "pawl-shim"):
            shutil.copy2(world.bin / program, new / program)
        many = ("--max-attempts", str(RUNNING + 20))
        client = world.must_start(arguments=many)
        for number in range(rounds):
            gate = Gate(world, f"gate{number}")
            client.deploy(workflow(world.probes, f"long{number}", gate.script, code=3), world.folder)
            runs = start_many(client, acks, f"long{number}", RUNNING, f"u{number}x")
            wait_for_probes(world, RUNNING * (number + 1))
            before = set(world.steps())
            if world.stop() != 0:
                findings.append("the graceful end is not exit 0")
            left = [pid for pid in before if pawlkit.alive(pid)]
            if len(world.shims()) != RUNNING or len(left) < RUNNING:
                findings.append(f"after a graceful stop {len(world.shims())} shims and {len(left)} processes of {RUNNING} steps live")
            client = world.must_start(arguments=many, program=new / "pawld" if number % 2 == 0 else None)
            status = client.status()
            if status["attempts"]["live"] != RUNNING:
                findings.append(f"adopted {status['attempts']['live']} of {RUNNING}")
            gate.open()
            for run in runs:
                step = client.wait_for_end(run)["steps"][0]
                if (step["status"], step.get("exit_code"), step["attempts"]) != ("failed", 3, 1):
                    findings.append(f"run {run} after the upgrade: {step}")
        second_daemon(world, findings)
        findings += pawlkit.check(world.store(), world.probes, acks)
        world.stop()
    print(f"upgrade: {rounds} with {RUNNING} running steps")


def second_daemon(world, findings):
    other = world.spawn(arguments=("--socket", str(world.folder / "other.sock")))
    code = other.wait(30)
    if code != 75 or f"pid {world.process.pid}" not in world.tail():
        findings.append(f"a second daemon ended with {code} and said: {world.tail()[-300:]}")


def away(options, findings):
    """Commands that end while nobody is there: each status is found afterwards."""
    rounds, each = (250, 200) if options.long else (3, 150)
    acks = pawlkit.Acks()
    codes = [0, 1, 3, 77, 255]
    with pawlkit.World(options.bin, "away") as world:
        client = world.must_start(arguments=("--max-attempts", "250"))
        for number in range(rounds):
            gate = Gate(world, f"gate{number}")
            text = "---\n".join(workflow(world.probes, f"w{number}x{code}", gate.script, code) for code in codes)
            client.deploy(text, world.folder)
            runs = {}
            for i in range(each):
                code = codes[i % len(codes)]
                token = f"{number}x{i}"
                run = client.start(f"w{number}x{code}", token=token)
                acks.run(token, run)
                runs[run] = code
            wait_for_probes(world, each * (number + 1))
            world.kill9()
            gate.open()
            pawlkit.wait_until("all shims have ended", lambda: not world.shims(), 120, 0.1)
            client = world.must_start(arguments=("--max-attempts", "250"))
            for run, code in runs.items():
                step = client.wait_for_end(run)["steps"][0]
                if step.get("exit_code") != code or step["attempts"] != 1:
                    findings.append(f"run {run} ended with {code} while nobody was there; the row says {step}")
        findings += pawlkit.check(world.store(), world.probes, acks)
        world.stop()
    print(f"away: {rounds * each} statuses of commands that ended while no daemon lived")


def amid_work(options, findings):
    """100 workflows of three steps and a wait, kill -9 in their midst, start: every run ends as if nothing had happened."""
    rounds = 20 if options.long else 2
    acks = pawlkit.Acks()
    with pawlkit.World(options.bin, "amid") as world:
        client = world.must_start()
        step = "  - id: {name}\n    env: {{TOKEN: \"${{{{ inputs.token }}}}\"}}\n    run: |\n      {script}\n"
        for i in range(RUNNING):
            text = f"kind: workflow\nname: w{i}\ninputs: {{token: {{type: string}}}}\nsteps:\n"
            text += step.format(name="a", script=world.probes.script(f"w{i}.a", 0, f"echo x={i} >> $PAWL_OUTPUT; sleep 0.{i % 5}"))
            text += "  - id: pause\n    uses: wait\n    with: {for: 200ms}\n"
            text += step.format(name="b", script=world.probes.script(f"w{i}.b", 0))
            text += step.format(name="c", script=world.probes.script(f"w{i}.c", 0, "sleep 0.1"))
            text += "outputs: {x: \"${{ steps.a.outputs.x }}\"}\n"
            client.deploy(text, world.folder, f"w{i}.yaml")
        for number in range(rounds):
            runs = {}
            for i in range(RUNNING):
                token = f"{number}x{i}"
                runs[client.start(f"w{i}", token=token)] = i
                acks.run(token, max(runs))
            time.sleep(0.3 * (number % 4))
            world.kill9()
            client = world.must_start()
            for run, i in runs.items():
                end = client.wait_for_end(run, 120)
                if end["status"] != "succeeded" or end["outputs"].get("x") != str(i) or any(one["attempts"] > 1 for one in end["steps"]):
                    findings.append(f"run {run} did not end as if nothing had happened: {end}")
        findings += pawlkit.check(world.store(), world.probes, acks)
        world.stop()
    print(f"amid work: {rounds} kills amid {RUNNING} workflows")


def campaign():
    options = pawlkit.arguments(__doc__)
    findings = []
    for proof in (upgrade, away, amid_work):
        proof(options, findings)
    pawlkit.conclude(findings, "survive")


if __name__ == "__main__":
    pawlkit.main(campaign)
