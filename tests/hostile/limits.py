# Each limit: what is at it passes, what is one beyond is refused, and the refusal names the limit. So does a thousand times more.
import json
import os
import re
import shutil
import sys

from kit import Daemon, check, connect, finish, pawl, scratch

daemon = Daemon(arguments=["--user", "--max-attempts", "4"]).start()
PYTHON = [os.path.realpath(sys.executable), "-I", "-S", "-c"]


def names(answer, *words):
    text = answer if isinstance(answer, str) else answer.message
    return all(w in text for w in words)


def outputs():
    """64 KiB in $PAWL_OUTPUT, names and line ends included."""
    script = "import os,sys; open(os.environ['PAWL_OUTPUT'],'wb').write(b'x=' + b'a' * (int(sys.argv[1]) - 3) + b'\\n')"
    for size, good in ((65536, True), (65537, False), (65536 * 1000, False)):
        run = daemon.wait(daemon.post("/v1/exec", {"argv": PYTHON + [script, str(size)], "dir": "/"}).json["id"])
        step = run["steps"][0]
        if good:
            check(run["status"] == "succeeded" and len(step["outputs"]["x"]) == size - 3, f"outputs of {size} bytes are taken", (run["status"], step.get("message")))
        else:
            check(run["status"] == "failed" and step.get("reason") == "bad_output" and names(json.dumps(step), "64 KiB"), f"outputs of {size} bytes fail the step and name the limit",
                  {k: v for k, v in step.items() if k != "outputs"})
    check(daemon.memory_kib() < 150 * 1024, "64 MB of outputs are not read into memory", daemon.memory_kib())


def bodies():
    def body(size):
        frame = b'{"workflow":"nothing","inputs":{"s":""}}'
        return frame[:-3] + b"a" * (size - len(frame)) + frame[-3:]

    answer = daemon.post("/v1/runs", raw=body(1 << 20))
    check(answer.status == 404, "a body of 1 MiB is read", answer)
    for size in ((1 << 20) + 1, 1000 << 20):
        stream = connect(daemon.socket)
        stream.sendall(b"POST /v1/runs HTTP/1.1\r\nHost: pawl\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % size)
        got = stream.recv(4096).decode()
        stream.close()
        check(" 413 " in got and re.search(r"1 MiB|1048576|1,048,576", got), f"a body of {size} bytes is refused and the limit named", got)


def heads():
    def head(size):
        frame = b"GET /v1/ping HTTP/1.1\r\nHost: pawl\r\nX: \r\n\r\n"
        return frame[:-4] + b"a" * (size - len(frame)) + b"\r\n\r\n"

    for size, good in ((16 << 10, True), ((16 << 10) + 1, False), (16 << 20, False)):
        stream = connect(daemon.socket)
        try:
            stream.sendall(head(size))
        except OSError:
            pass
        try:
            got = stream.recv(4096).decode()
        except OSError:
            got = ""
        stream.close()
        if good:
            check(" 200 " in got, f"a head of {size} bytes is read", got)
        elif got or size < 1 << 20:
            check(" 431 " in got and "16" in got.split("\r\n\r\n")[-1], f"a head of {size} bytes is refused and the limit named", got)


def keys():
    daemon.deploy("kind: workflow\nname: w\nsteps: [{id: a, run: 'true'}]")
    for length, good in ((1, True), (128, True), (129, False), (10_000, False)):
        answer = daemon.post("/v1/runs", {"workflow": "w", "inputs": {}}, headers={"Idempotency-Key": "k" * length})
        if good:
            check(answer.status == 201, f"an idempotency key of {length} is taken", answer)
        else:
            check(answer.status == 400 and names(answer, "128"), f"an idempotency key of {length} is refused and the limit named", answer)
    answer = daemon.post("/v1/runs", {"workflow": "w", "inputs": {}}, headers={"Idempotency-Key": ""})
    check(answer.status == 400, "an empty idempotency key is refused", answer)
    answer = daemon.post("/v1/runs", {"workflow": "w", "inputs": {"x": 1}}, headers={"Idempotency-Key": "k"})
    check(answer.status == 422 and names(answer, "key_reused"), "a key with another request is refused", answer)


def files():
    folder = scratch()
    tail = "kind: workflow\nname: large\nsteps: [{id: a, run: 'true'}]\n"
    for size, good in ((1 << 20, True), ((1 << 20) + 1, False), (100 << 20, False)):
        path = os.path.join(folder, "large.yaml")
        with open(path, "w") as file:
            pad = size - len(tail)
            file.write("".join(["#" + "x" * 998 + "\n"] * (pad // 1000)) + "#" * (pad % 1000 - 1) + "\n" + tail if pad % 1000 else "")
        actual = os.path.getsize(path)
        check(actual == size, "the test's file has its size", (actual, size))
        done = pawl("check", path)
        text = (done.stdout + done.stderr).decode()
        if good:
            check(done.returncode == 0, f"check takes a file of {size} bytes", text[:300])
        else:
            check(done.returncode != 0 and names(text, "1 MiB"), f"check refuses a file of {size} bytes and names the limit", text[:300])
        if size < 2 << 20:
            answer = daemon.deploy(open(path).read(), dry_run=True)
            check((answer.status == 200) == good and (good or names(answer, "1 MiB")), f"deploy judges a file of {size} bytes", answer)
    for depth, good in ((60, True), (66, False), (64_000, False)):
        text = "kind: workflow\nname: deep\nlabels: {}\nsteps: [{id: a, run: 'true'}]\ninputs: {x: {type: any, default: " + "[" * depth + "]" * depth + "}}\n"
        answer = daemon.deploy(text, dry_run=True)
        refused = answer.status == 422 and names(answer, "64")
        check(not names(answer, "deep") or answer.status in (200, 422) if good else refused, f"a default nested {depth} deep is judged and the limit named", answer)
    shutil.rmtree(folder)
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 10) + "]\n" for i in range(1, 9))
    answer = daemon.deploy("kind: workflow\nname: bomb\n" + bomb, dry_run=True)
    check(answer.status == 422 and re.search(r"100[,.]?000|100 000", answer.message), "an alias bomb is refused and the limit named", answer)


def steps():
    def flow(count):
        return {"kind": "workflow", "name": f"steps-{count}", "steps": [{"id": f"s{i}", "needs": [], "uses": "set", "with": {"x": "1"}} for i in range(count)]}

    answer = daemon.deploy(flow(1000))
    if check(answer.status == 200, "1,000 steps are deployed", answer):
        run = daemon.run("steps-1000")
        check(run["status"] == "succeeded" and len(run["steps"]) == 1000, "and run", run["status"])
    for count in (1001, 10_000):
        answer = daemon.deploy(flow(count), dry_run=True)
        check(answer.status == 422 and re.search(r"1[,.]?000|100,000 values", answer.message), f"{count} steps are refused and the limit named", answer)
    for size, good in ((65536, True), (65537, False)):
        answer = daemon.deploy({"kind": "workflow", "name": "script", "steps": [{"id": "a", "run": "#" * (size - 5) + "\ntrue"}]}, dry_run=True)
        check((answer.status == 200) == good and (good or names(answer, "64 KiB")), f"a script of {size} bytes is judged and the limit named", answer)
    for count, good in ((1000, True), (1001, False)):
        answer = daemon.deploy({"kind": "workflow", "name": "argv", "steps": [{"id": "a", "argv": ["x"] * count}]}, dry_run=True)
        check((answer.status == 200) == good and (good or re.search(r"1[,.]?000", answer.message)), f"{count} arguments are judged and the limit named", answer)
    for size, good in ((64, True), (65, False)):
        answer = daemon.deploy({"kind": "workflow", "name": "n" * size, "steps": [{"id": "a", "run": "true"}]}, dry_run=True)
        check((answer.status == 200) == good and (good or names(answer, "64")), f"a name of {size} characters is judged and the limit named", answer)


def queue():
    """1,000 queued runs a workflow; slots keep them waiting."""
    hold = [daemon.post("/v1/exec", {"argv": ["/bin/sleep", "600"], "dir": "/", "name": "holder"}).json["id"] for _ in range(4)]
    daemon.deploy("kind: workflow\nname: queued\nconcurrency: {group: one, limit: 1, on_conflict: queue}\nsteps: [{id: a, run: exec sleep 600}]",
                  "kind: workflow\nname: other\nsteps: [{id: a, run: 'true'}]")
    first = daemon.post("/v1/runs", {"workflow": "queued", "inputs": {}})
    check(first.status == 201, "the first run lives", first)
    taken, refusal = 0, None
    for _ in range(1010):
        answer = daemon.post("/v1/runs", {"workflow": "queued", "inputs": {}})
        if answer.status == 201:
            taken += 1
        else:
            refusal = answer
            break
    check(taken == 1000, "1,000 runs of a workflow wait", taken)
    check(refusal is not None and refusal.status == 429 and names(refusal, "queue_full") and re.search(r"1[,.]?000", refusal.message),
          "one more is refused with 429 and the limit named", refusal)
    other = daemon.post("/v1/runs", {"workflow": "other", "inputs": {}})
    check(other.status == 201, "another workflow has a queue of its own", other)
    check(daemon.get("/v1/status").json["attempts"]["live"] <= 4, "no more attempts than --max-attempts run", daemon.get("/v1/status").json["attempts"])
    queued = daemon.get("/v1/runs?workflow=queued&live=true&limit=1000").json["items"]
    for run in [r["id"] for r in queued if r["status"] == "queued"]:  # the newest first, so that none of them starts
        daemon.post(f"/v1/runs/{run}/cancel", {"now": True})
    for run in hold + [first.json["id"]]:
        daemon.post(f"/v1/runs/{run}/cancel", {"now": True})
        daemon.wait(run)


for part in (outputs, bodies, heads, keys, files, steps, queue):
    part()
    check(daemon.answers(), f"the daemon answers after {part.__name__}", daemon.log[-300:])
check(daemon.stop(), "the daemon ends in order", daemon.log[-500:])
daemon.remove()
finish()
