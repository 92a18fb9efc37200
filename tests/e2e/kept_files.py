"""Files that steps leave behind and results that are remembered, with the real pawld: over kills between the exit and the commit, over links that are
swapped meanwhile, and with names that want to lead elsewhere. With --expect-caught PAWL_MUTANT is planted, and finding nothing is the failure."""
import contextlib
import hashlib
import os
import signal
import threading
import time
import urllib.parse

import pawlkit

WORKFLOW = """kind: workflow
name: build
inputs: {n: {type: int, default: 1}}
steps:
  - id: make
    run: |
      echo run >> runs.txt
      mkdir -p out
      cat src > out/made
      echo "bytes=$(wc -c < out/made)" >> "$PAWL_OUTPUT"
    env: {N: "${{ inputs.n }}"}
    outputs: {bytes: int}
    artifacts: ["out/**"]
    cache: {files: [src], produces: [out/made]}
"""
SLOW = """kind: workflow
name: slow
steps:
  - id: main
    run: |
      echo run >> slow.txt
      while [ ! -e go ]; do sleep 0.02; done
      head -c 3000000 /dev/zero > "slow-$PAWL_RUN.bin"
    artifacts: ["slow-${{ run.id }}.bin"]
"""
RED = """kind: workflow
name: red
steps:
  - {id: test, run: "echo red > report.xml; exit 3", artifacts: [report.xml]}
"""
MANY = """kind: workflow
name: many
inputs: {n: int}
steps:
  - id: a
    env: {N: "${{ inputs.n }}"}
    run: rm -rf many; mkdir many; cd many; seq "$N" | xargs touch
    artifacts: [many]
"""
RESTLESS = """kind: workflow
name: restless
steps:
  - {id: a, run: "true", artifacts: {paths: ["restless/**"], if_missing: ignore}}
"""
AGAIN = """kind: workflow
name: again
steps:
  - {id: make, run: "echo made > made.txt", artifacts: [made.txt]}
  - {id: fail, run: "exit 1"}
"""
MISSING = """kind: workflow
name: missing
steps:
  - {id: a, run: "true", artifacts: ["nothing-*.tar"]}
"""
LINKED = """kind: workflow
name: linked
steps:
  - id: a
    run: |
      mkdir -p l
      ln -sf /etc/passwd l/passwd
      ln -sfn /etc l/etc
      [ -p l/fifo ] || mkfifo l/fifo
      echo fine > l/fine
    artifacts: ["l/**", "l/etc/hostname"]
"""


def planted():
    return {"PAWL_MUTANT": os.environ["PAWL_MUTANT"]} if "PAWL_MUTANT" in os.environ else {}


class Case:
    def __init__(self, bin_dir):
        self.world = pawlkit.World(bin_dir, "kept")
        self.work = self.world.folder / "work"
        self.findings = []

    def expect(self, holds, what):
        if not holds:
            self.findings.append(what)

    def start(self):
        if not self.world.start(environment=planted()):
            raise pawlkit.Failure("pawld does not start")
        self.client = self.world.client()

    def deploy(self, *texts):
        self.work.mkdir(exist_ok=True)
        self.client.deploy("---\n".join(texts), self.work)

    def run(self, workflow, **inputs):
        return self.client.wait_for_end(self.client.start(workflow, **inputs))

    def files(self, run, **query):
        return self.client.must("GET", f"/v1/runs/{run['id']}/artifacts?{urllib.parse.urlencode(query)}")["items"]

    def bytes_of(self, run, step, path):
        return self.client.ask("GET", f"/v1/runs/{run['id']}/artifacts/file?{urllib.parse.urlencode({'step': step, 'path': path})}")

    def times(self, file):
        with contextlib.suppress(FileNotFoundError):
            return len((self.work / file).read_text().splitlines())
        return 0


def plain(case):
    (case.work / "src").write_text("hello")
    first = case.run("build")
    case.expect(first["status"] == "succeeded", f"build ended {first['status']}")
    kept = case.files(first)
    case.expect([one["path"] for one in kept] == ["out/made"], f"kept {kept}")
    answer = case.bytes_of(first, "make", "out/made")
    case.expect(answer.body == b"hello", f"the bytes are {answer}")
    case.expect(kept[0]["sha256"] == hashlib.sha256(b"hello").hexdigest(), "the hash is another")
    second = case.run("build")
    step = second["steps"][0]
    case.expect(step["cached"] and step["outputs"] == {"bytes": 5} and step["explain"]["cache"]["run"] == first["id"], f"no hit: {step}")
    case.expect(case.times("runs.txt") == 1, "the program ran again")
    case.expect(case.bytes_of(second, "make", "out/made").body == b"hello", "a cached step has no artifacts")
    (case.work / "src").write_text("other")
    third = case.run("build")["steps"][0]
    case.expect(third["explain"]["cache"]["why"] == ["file src changed"], f"why: {third['explain']}")
    fourth = case.run("build", n=2)["steps"][0]
    case.expect(fourth["explain"]["cache"]["why"] == ["env.N changed"], f"why: {fourth['explain']}")
    (case.work / "out/made").unlink()
    fifth = case.run("build", n=2)["steps"][0]
    case.expect(fifth["explain"]["cache"]["why"] == ["'out/made', which it made, is gone"], f"why: {fifth['explain']}")
    entries = case.client.must("GET", "/v1/cache?workflow=build&step=make")["items"]
    case.expect(len(entries) == 3, f"{len(entries)} results are remembered")
    removed = case.client.must("DELETE", "/v1/cache?workflow=build")
    case.expect(removed == {"removed": 3}, f"{removed}")


def ends_badly(case):
    red = case.run("red")
    case.expect(red["status"] == "failed" and case.bytes_of(red, "test", "report.xml").body == b"red\n", "the report of a red test is not kept")
    failed = case.run("again")
    retried = case.client.wait_for_end(case.client.must("POST", f"/v1/runs/{failed['id']}/retry", {})["id"])
    case.expect([(one["run"], one["path"]) for one in case.files(retried)] == [(failed["id"], "made.txt")], f"a retry has {case.files(retried)}")
    case.expect(case.bytes_of(retried, "make", "made.txt").body == b"made\n", "a carried step has no bytes")
    missing = case.run("missing")["steps"][0]
    case.expect(missing["reason"] == "bad_output" and "nothing-*.tar" in missing["message"], f"{missing}")


def leads_elsewhere(case):
    linked = case.run("linked")
    case.expect([one["path"] for one in case.files(linked)] == ["l/fine"], f"kept {case.files(linked)}")
    case.expect("l/etc/hostname" in linked["steps"][0]["message"], f"{linked['steps'][0]}")
    for path in ("../../../etc/passwd", "/etc/passwd", "l/passwd", "l/../l/fine", "manifest.json", "0", "l/fine\0"):
        status = case.bytes_of(linked, "a", path).status
        case.expect(status in (400, 404), f"'{path}' is answered with {status}")
    for step in ("../1", "a/../a", "b"):
        status = case.bytes_of(linked, step, "l/fine").status
        case.expect(status == 404, f"step '{step}' is answered with {status}")
    case.expect(case.client.ask("GET", "/v1/runs/999/artifacts").status == 404, "a run that is not there has artifacts")


def many(case):
    fine = case.run("many", n=3000)
    case.expect(fine["status"] == "succeeded" and len(case.files(fine)) == 3000, f"3,000 files: {fine['status']}")
    step = case.run("many", n=10001)["steps"][0]
    case.expect(step["reason"] == "bad_output" and "more than 10000 files match" in step["message"], f"{step}")


def restless(case):
    """Somebody makes, changes and removes files while they are kept: a run ends well or says why, and what it kept is whole."""
    folder = case.work / "restless"
    folder.mkdir()
    over = threading.Event()

    def unrest():
        count = 0
        while not over.is_set():
            count += 1
            file = folder / str(count % 50)
            file.write_bytes(str(count).encode() * 5000)
            if count % 3 == 0:
                (folder / str((count * 7) % 50)).unlink(missing_ok=True)

    thread = threading.Thread(target=unrest)
    thread.start()
    try:
        for _ in range(20):
            run = case.run("restless")
            step = run["steps"][0]
            fine = run["status"] == "succeeded" or (step["reason"] == "bad_output" and "changes while it is copied" in step["message"])
            case.expect(fine, f"restless: {step}")
            for one in case.files(run)[:5]:
                body = case.bytes_of(run, "a", one["path"]).body
                case.expect(hashlib.sha256(body).hexdigest() == one["sha256"], f"restless: {one['path']} is torn")
    finally:
        over.set()
        thread.join()


def killed(case, environment, workflow, file):
    """Dies at a place of our choice, or while the program runs; then goes on."""
    case.world.stop()
    if not case.world.start(environment=planted() | (environment or {})):
        raise pawlkit.Failure("pawld does not start")
    case.client = case.world.client()
    with contextlib.suppress(OSError):
        (case.work / "go").unlink()
    before = case.times(file)
    run = case.client.start(workflow)
    pawlkit.wait_until("the program runs", lambda: case.times(file) > before)
    if not environment:
        case.world.process.send_signal(signal.SIGKILL)
        case.world.process.wait()
    (case.work / "go").touch()
    case.world.process.wait(30)
    time.sleep(0.2)
    case.start()
    ended = case.client.wait_for_end(run)
    case.expect(ended["status"] == "succeeded", f"{environment}: {workflow} ended {ended['status']}: {ended.get('message')}")
    case.expect(case.times(file) == before + 1, f"{environment}: {workflow} ran {case.times(file) - before} times")
    kept = case.files(ended)
    case.expect(len(kept) == 1 and kept[0]["bytes"] == 3000000, f"{environment}: kept {kept}")
    case.expect(hashlib.sha256(case.bytes_of(ended, "main", kept[0]["path"]).body).hexdigest() == kept[0]["sha256"] if kept else False, f"{environment}: other bytes")


def campaign():
    options = pawlkit.arguments(__doc__, ("--expect-caught", {"action": "store_true"}))
    case = Case(options.bin)
    with case.world:
        case.start()
        case.deploy(WORKFLOW, SLOW, RED, AGAIN, MISSING, LINKED, MANY, RESTLESS)
        plain(case)
        ends_badly(case)
        leads_elsewhere(case)
        many(case)
        restless(case)
        killed(case, None, "slow", "slow.txt")
        if has_crash_points(options.bin):
            for point in ("artifacts.begun", "artifacts.copied", "artifacts.kept", "keep.told"):
                killed(case, {"PAWL_CRASH_AT": point}, "slow", "slow.txt")
        case.expect(case.world.stop() == 0, "the end was not graceful")
    if options.expect_caught:
        print(f"mutant {os.environ.get('PAWL_MUTANT')}: {(case.findings + ['nothing found'])[0]}")
        raise SystemExit(0 if case.findings else 1)
    pawlkit.conclude(case.findings, "files kept, fetched, remembered; over kills")


def has_crash_points(bin_dir):
    with pawlkit.World(bin_dir, "kept") as world:
        return not world.start(environment={"PAWL_CRASH_AT": "recover.opened"})


if __name__ == "__main__":
    pawlkit.main(campaign)
