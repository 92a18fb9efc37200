"""Output floods: the log is cut at its cap to the byte, the daemon's memory stays flat, readers included; binary output, one endless line and
terminal escapes come back byte for byte."""
import hashlib
import threading

import pawlkit

HEAD = 50 << 20   # what is kept from the beginning
TAIL = 1 << 20    # and from the end, behind a mark with the bytes dropped
GROWTH_MAX_KIB = 16 << 10


def deploy_and_run(client, world, name, script, seconds=300):
    client.deploy(f"kind: workflow\nname: {name}\nsteps:\n  - id: main\n    run: |\n      {script}\n", world.folder)
    return client.wait_for_end(client.start(name), seconds)


def log_of(world, run):
    return world.state / "runs" / str(run["id"]) / f"{run['steps'][0]['tries'][0]['id']}.log"


class MemoryWatch(threading.Thread):
    """The most that the daemon used meanwhile."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.most, self.over = world, 0, threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            self.most = max(self.most, self.world.memory_kib())

    def end(self):
        self.over.set()
        self.join()
        return self.most


def flood(world, client, megabytes, findings):
    """Numbered lines, so that head and tail can be told from any other part."""
    total = megabytes << 20
    before = world.memory_kib()
    watch = MemoryWatch(world)
    run = deploy_and_run(client, world, "flood", f"awk 'BEGIN {{ for (i = 0; i < {total // 16}; ++i) printf \"line%011d\\n\", i }}'", 1800)
    grown = watch.end() - before
    if run["status"] != "succeeded" or not run["steps"][0]["tries"][0]["log_cut"]:
        findings.append(f"the flood ended as {run}")
    log = log_of(world, run).read_bytes()

    def lines(first, count):
        return b"".join(b"line%011d\n" % i for i in range(first, first + count))

    if log[:HEAD] != lines(0, HEAD // 16):
        findings.append("the head of the log is not what was printed first")
    if log[-TAIL:] != lines((total - TAIL) // 16, TAIL // 16):
        findings.append("the tail of the log is not what was printed last")
    mark = log[HEAD:-TAIL]
    if len(mark) > 200 or str(total - HEAD - TAIL).encode() not in mark:
        findings.append(f"between head and tail stand {len(mark)} bytes: {mark[:200]!r}")
    if grown > GROWTH_MAX_KIB:
        findings.append(f"the daemon grew by {grown} KiB")
    print(f"flood: {megabytes} MB, log {len(log)} bytes, daemon +{grown} KiB")
    reading(world, client, run, log, findings)


def reading(world, client, run, log, findings):
    """The log, whole, through the API."""
    before = world.memory_kib()
    watch = MemoryWatch(world)
    answer = client.ask("GET", f"/v1/runs/{run['id']}/logs?step=main", accept="application/octet-stream")
    grown = watch.end() - before
    if answer.status != 200 or hashlib.sha256(answer.body).digest() != hashlib.sha256(log).digest():
        findings.append(f"the log read through the API differs: {answer.status}, {len(answer.body)} bytes of {len(log)}")
    if grown > GROWTH_MAX_KIB:
        findings.append(f"the daemon grew by {grown} KiB while the log was read")
    print(f"read back: {len(answer.body)} bytes, daemon +{grown} KiB")


def nasty(world, client, findings):
    """What is no text comes back as it was, and streams as events all the same."""
    scripts = {
        "binary": ("head -c 3000000 /dev/zero | tr '\\000' '\\377'; printf '\\000\\001\\376'", b"\xff" * 3_000_000 + b"\0\1\xfe"),
        "oneline": ("head -c 5000000 /dev/zero | tr '\\000' 'x'", b"x" * 5_000_000),
        "escapes": ("awk 'BEGIN { for (i = 0; i < 20000; ++i) printf \"\\033]0;owned\\007\\033[2J\\033[31mred\\r\" }'", b"\x1b]0;owned\x07\x1b[2J\x1b[31mred\r" * 20_000),
        "empty": ("true", b""),
    }
    for name, (script, expected) in scripts.items():
        run = deploy_and_run(client, world, name, script)
        raw = client.ask("GET", f"/v1/runs/{run['id']}/logs?step=main", accept="application/octet-stream")
        if run["status"] != "succeeded" or raw.body != expected:
            findings.append(f"{name}: {run['status']}, {len(raw.body)} bytes of {len(expected)}")
        events = client.ask("GET", f"/v1/runs/{run['id']}/logs?step=main", accept="text/event-stream")
        if events.status != 200 or b"event: end" not in events.body:
            findings.append(f"{name}: as events {events}")
        if b"\x1b" in events.body or b"\0" in events.body:
            findings.append(f"{name}: control bytes in the event stream")
    print("binary, one line, escapes, empty: byte for byte")


def campaign():
    options = pawlkit.arguments(__doc__, ("--megabytes", {"type": int}))
    megabytes = options.megabytes or (5_000 if options.long else 200)
    findings = []
    with pawlkit.World(options.bin, "flood") as world:
        client = world.must_start()
        deploy_and_run(client, world, "warm", "echo warm")
        flood(world, client, megabytes, findings)
        nasty(world, client, findings)
        findings += pawlkit.check(world.store())
        world.stop()
    pawlkit.conclude(findings, "flood")


if __name__ == "__main__":
    pawlkit.main(campaign)
