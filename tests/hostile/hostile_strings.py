# Hostile texts through every field of a workflow and of the API: nothing is executed, values arrive byte by byte, the rest is refused in words.
import json
import os
import urllib.parse

from kit import Daemon, Probe, check, finish
from strings import BAD_UTF8, PASTES, hostile

daemon = Daemon().start()
canaries = os.path.join(daemon.folder, "canaries")
os.mkdir(canaries)
probe = Probe(daemon.folder)
texts = hostile(canaries)
check(len(texts) >= 500, "there are at least 500 hostile texts", len(texts))
PIECE = 100  # a step's environment and argv stay far below the kernel's limit
pieces = [texts[i:i + PIECE] for i in range(0, len(texts), PIECE)]


def hexed(values):
    return [v.encode().hex() for v in values]


def same(seen, wanted, what):
    """Tells the first text that did not arrive as it was sent."""
    wanted = hexed(wanted)
    if not check(seen is not None and len(seen) == len(wanted), f"{what}: all {len(wanted)} values arrive", None if seen is None else len(seen)):
        return
    wrong = [(bytes.fromhex(s), bytes.fromhex(w)) for s, w in zip(seen, wanted) if s != w]
    check(not wrong, f"{what}: every value is byte-equal", wrong[:3])


def end_of(run):
    return {"run": run["status"], "steps": [(s["id"], s["status"], s.get("message")) for s in run["steps"] if s["status"] != "succeeded"]}


def literals():
    """Texts that stand in the file itself, in argv, env and files, beside labels, description and defaults."""
    steps, outs = [], []
    for number, piece in enumerate(pieces):
        argv = probe.argv()
        outs.append(probe.out)
        steps.append({"id": f"s{number}", "needs": [], "argv": argv + piece, "env": {f"E_{i}": t for i, t in enumerate(piece)},
                      "files": {f"F_{i}": t for i, t in enumerate(piece)}})
    labels = {f"l{i}": t for i, t in enumerate(texts)}
    answer = daemon.deploy({"kind": "workflow", "name": "literals", "description": "\n".join(t for t in texts), "labels": labels, "steps": steps})
    if not check(answer.status == 200, "a file full of hostile literals is deployed", answer):
        return
    run = daemon.run("literals")
    check(run["status"] == "succeeded", "the run with hostile literals succeeds", end_of(run))
    for out, piece in zip(outs, pieces):
        arrived(out, piece, "literals")
    model = daemon.get("/v1/workflows/literals").json
    check(model["model"].get("labels") == labels, "labels come back as they were deployed")


def arrived(out, piece, what):
    seen = probe.seen(out)
    if not check(seen is not None, what + ": the probe ran"):
        return
    same(seen["argv"], piece, what + " argv")
    same([seen["env"].get(f"E_{i}") for i in range(len(piece))], piece, what + " env")
    same([seen["files"].get(f"F_{i}") for i in range(len(piece))], piece, what + " files")


def values():
    """Texts that come as inputs, event data and outputs, and are pasted into argv, env and files."""
    argv = probe.argv()
    out = probe.out
    second = probe.argv()
    second_out = probe.out
    producer = os.path.join(daemon.folder, "producer.py")
    with open(producer, "w") as file:
        file.write("import os, sys\nwith open(os.environ['PAWL_OUTPUT'], 'wb') as out:\n"
                   "    for i, text in enumerate(sys.argv[1:]): out.write(b'o%d<<END_OF_IT\\n%s\\nEND_OF_IT\\n' % (i, os.fsencode(text)))\n")
    indices = range(PIECE)
    daemon.deploy({"kind": "workflow", "name": "values", "inputs": {"s": "list"}, "steps": [
        {"id": "a", "argv": argv + [f"${{{{ inputs.s[{i}] }}}}" for i in indices],
         "env": {f"E_{i}": f"${{{{ inputs.s[{i}] }}}}" for i in indices}, "files": {f"F_{i}": f"${{{{ event.data.s[{i}] }}}}" for i in indices}},
        {"id": "b", "argv": argv[:3] + [producer] + [f"${{{{ event.data.s[{i}] }}}}" for i in indices]},
        {"id": "c", "argv": second + [f"${{{{ steps.b.outputs.o{i} }}}}" for i in indices],
         "env": {f"E_{i}": f"x${{{{ steps.b.outputs.o{i} }}}}y" for i in indices}}]})
    for piece in pieces:
        padded = piece + ["x"] * (PIECE - len(piece))
        for stale in (out, second_out):
            if os.path.exists(stale):
                os.remove(stale)
        answer = daemon.post("/v1/runs", {"workflow": "values", "inputs": {"s": padded}, "event": {"data": {"s": padded}}})
        if not check(answer.status == 201, "a run takes hostile inputs and event data", answer):
            continue
        run = daemon.wait(answer.json["id"])
        check(run["status"] == "succeeded", "the run with hostile values succeeds", end_of(run))
        check(run["inputs"]["s"] == padded, "the inputs come back as they were sent")
        arrived(out, padded, "inputs")
        seen = probe.seen(out)
        if seen and seen["event"]:
            event = json.loads(bytes.fromhex(seen["event"]))
            check(event.get("data", {}).get("s") == padded, "the event file holds the data as it was sent")
        seen = probe.seen(second_out)
        if check(seen is not None, "the step behind hostile outputs ran"):
            kept = [t for t in padded]
            same(seen["argv"], kept, "outputs argv")
            same([seen["env"].get(f"E_{i}") for i in indices], [f"x{t}y" for t in kept], "outputs env")


def exec_arguments():
    for piece in pieces:
        piece = piece + PASTES
        answer = daemon.post("/v1/exec", {"argv": probe.argv() + piece, "dir": daemon.folder, "env": {f"E_{i}": t for i, t in enumerate(piece)}})
        if not check(answer.status == 201, "exec takes hostile arguments", answer):
            continue
        run = daemon.wait(answer.json["id"])
        check(run["status"] == "succeeded", "exec with hostile arguments succeeds", end_of(run))
        seen = probe.seen()
        if seen:
            same(seen["argv"], piece, "exec argv")
            same([seen["env"].get(f"E_{i}") for i in range(len(piece))], piece, "exec env")
    done = daemon.pawl("exec", "--dir", daemon.folder, "--", *probe.argv(), *pieces[-1])
    check(done.returncode == 0, "pawl exec passes hostile arguments on", done.stderr)
    seen = probe.seen()
    same(seen and seen["argv"], pieces[-1], "pawl exec argv")


def words_of(name):
    """A document with one text in one place where pawl wants a word, a number, an expression or a path."""
    step = {"id": "a", "argv": ["/bin/true"]}
    top = {"kind": "workflow", "name": "w", "steps": [step]}
    places = {
        "kind": lambda t: top.update(kind=t), "name": lambda t: top.update(name=t), "id": lambda t: step.update(id=t), "needs": lambda t: step.update(needs=[t]),
        "env name": lambda t: step.update(env={t: "x"}), "files name": lambda t: step.update(files={t: "x"}), "input name": lambda t: top.update(inputs={t: "string"}),
        "type": lambda t: top.update(inputs={"x": {"type": t}}), "pattern": lambda t: top.update(inputs={"x": {"type": "string", "pattern": t}}),
        "label name": lambda t: top.update(labels={t: "x"}), "key": lambda t: step.update({t: "x"}), "timeout": lambda t: step.update(timeout=t), "if": lambda t: step.update({"if": t}),
        "shell": lambda t: (step.pop("argv"), step.update(run="true", shell=t)), "on_crash": lambda t: step.update(on_crash=t), "priority": lambda t: top.update(priority=t),
        "expression": lambda t: step.update(env={"X": "${{ " + t + " }}"}), "signal": lambda t: step.update(stop={"signal": t}), "uses": lambda t: (step.pop("argv"), step.update(uses=t)),
        "output name": lambda t: step.update(outputs={t: "string"}), "vars name": lambda t: top.update(vars={t: "x"}), "dir": lambda t: step.update(dir=t),
        "group": lambda t: top.update(concurrency={"group": t}), "program": lambda t: step.update(argv=[t]),
    }
    return top, places, places[name] if name else None


# Where a hostile text can be a right one: some are words, numbers, expressions or paths after all.
LENIENT = {"pattern", "if", "expression", "dir", "group", "label name", "program", "priority"}


def words():
    for name in words_of(None)[1]:
        documents = []
        for text in texts:
            top, _, put = words_of(name)
            put(text)
            documents.append(top)
        answer = daemon.deploy(*documents, dry_run=True)
        if not check(answer.status in (200, 422), f"{name}: hostile words are judged, not fatal", answer):
            continue
        blamed = {d.get("file") or d.get("where", {}).get("file") for d in (answer.json or {}).get("diagnostics", [])}
        if name in LENIENT:
            continue
        accepted = [t for n, t in enumerate(texts) if f"{n}.yaml" not in blamed and f"{n}" not in blamed]
        harmless = [t for t in accepted if t.replace("-", "_").isidentifier() or t in ("__proto__",)]
        check(set(accepted) == set(harmless), f"{name}: every hostile word is refused", [t for t in accepted if t not in harmless][:8])


def programs():
    """As the program, or the folder, of a step: never searched in a shell; the step fails, nothing else happens."""
    for number, piece in enumerate(pieces):
        steps = [{"id": f"s{i}", "needs": [], "argv": [t] if i % 2 else ["/bin/true"], **({"dir": t} if not i % 2 and t else {})} for i, t in enumerate(piece) if t]
        answer = daemon.deploy({"kind": "workflow", "name": f"programs-{number}", "steps": steps})
        if answer.status != 200:
            blamed = {d.get("message") for d in answer.json.get("diagnostics", [])}
            check(blamed, "a refused program is refused in words", answer)
            continue
        run = daemon.run(f"programs-{number}")
        check(all(s["status"] in ("failed", "succeeded") for s in run["steps"]), "steps with hostile programs end", end_of(run))
        silent = [s["id"] for s in run["steps"] if s["status"] == "failed" and not (s.get("reason") or s.get("message"))]
        check(not silent, "a program that cannot start says why", silent)


def requests():
    """In paths, queries, headers, bodies: refused with a problem, or an empty answer."""
    for text in texts:
        quoted = urllib.parse.quote(text, safe="") or "%20"
        for method, path in (("GET", f"/v1/workflows/{quoted}"), ("GET", f"/v1/runs/{quoted}"), ("GET", f"/v1/runs?filter={quoted}"), ("GET", f"/v1/runs?workflow={quoted}"),
                             ("GET", f"/v1/audit?after={quoted}"), ("DELETE", f"/v1/workflows/{quoted}"), ("POST", f"/v1/runs/{quoted}/cancel")):
            answer = daemon.request(method, path, {} if method == "POST" else None)
            if answer.status >= 500 or (answer.status >= 400 and not (answer.json or {}).get("title")):
                check(False, f"{method} with a hostile path or query is answered in words", (path, answer))
    check(True, "hostile paths and queries are answered")
    for text in texts[::5] + PASTES:
        for path, body in (("/v1/runs", {"workflow": text, "inputs": {}}), ("/v1/runs", {"workflow": "values", "inputs": {text or "x": "x"}}),
                           ("/v1/exec", {"argv": [text], "dir": text}), ("/v1/exec", {"argv": ["/bin/true"], "dir": "/", "name": text}),
                           ("/v1/exec", {"argv": ["/bin/true"], "dir": "/", "env": {text or "x": "x"}}), ("/v1/exec", {"argv": ["/bin/true"], "dir": "/", "timeout": text or "x"}),
                           ("/v1/runs/1/steps/" + (urllib.parse.quote(text, safe="") or "x") + "/resolve", {"as": text, "comment": text}),
                           ("/v1/runs/1/steps/s0/resolve", {"as": "success", "comment": text}), ("/v1/runs/1/retry", {"from": text or "x"}),
                           ("/v1/deploy", {"files": [{"name": text, "text": text}], "root": "/", "dry_run": True})):
            answer = daemon.post(path, body)
            legal = (text.isidentifier() or text.startswith("/")) and answer.status in (200, 201)
            check(legal or 400 <= answer.status < 500 and (answer.json or {}).get("title"), f"POST {path[:24]} refuses a hostile text in words", (body, answer))


def bytes_that_are_no_text():
    for bad in BAD_UTF8:
        for body in (b'{"workflow":"%s","inputs":{}}', b'{"workflow":"values","inputs":{"s":["%s"]}}'):
            answer = daemon.post("/v1/runs", raw=body % bad)
            check(answer.status == 400 and "UTF-8" in answer.message, "bytes that are no UTF-8 are refused by name", (bad, answer))
    for escape in (b"\\ud800", b"\\udc00x", b"\\ud800\\ud800"):
        answer = daemon.post("/v1/runs", raw=b'{"workflow":"values","inputs":{"s":["%s"]}}' % escape)
        check(400 <= answer.status < 500, "half a surrogate pair is refused", (escape, answer))


def nul():
    answer = daemon.post("/v1/exec", {"argv": ["/bin/true", "a\0b"], "dir": daemon.folder})
    refused_or_failed(answer, "NUL in an argument of exec")
    answer = daemon.post("/v1/exec", {"argv": ["/bin/true"], "dir": daemon.folder, "env": {"X": "a\0b"}})
    refused_or_failed(answer, "NUL in a variable of exec")
    argv = probe.argv()
    for key in ("argv", "env"):
        step = {"id": "a", "argv": argv + ["${{ inputs.s }}"]} if key == "argv" else {"id": "a", "argv": argv, "env": {"E": "${{ inputs.s }}"}}
        daemon.deploy({"kind": "workflow", "name": "nul", "inputs": {"s": "string"}, "steps": [step]})
        refused_or_failed(daemon.post("/v1/runs", {"workflow": "nul", "inputs": {"s": "a\0b"}}), f"NUL by an input in {key}")
        check(probe.seen() is None, f"the program with a NUL in its {key} is not started")


def refused_or_failed(answer, what):
    if answer.status == 201:
        run = daemon.wait(answer.json["id"])
        step = run["steps"][0]
        check(run["status"] == "failed" and "NUL" in json.dumps(step), what + " fails the step, and says so", step)
    else:
        check(400 <= answer.status < 500 and "NUL" in answer.message, what + " is refused by name", answer)


def million():
    """1 MB: too long for an argument (the kernel takes 128 KiB), not for a file."""
    big = "é" * 500_000
    argv = probe.argv()
    daemon.deploy({"kind": "workflow", "name": "big", "inputs": {"s": "string"}, "steps": [{"id": "a", "argv": argv, "files": {"F_0": "${{ inputs.s }}"}}]},
                  {"kind": "workflow", "name": "big-argv", "inputs": {"s": "string"}, "steps": [{"id": "a", "argv": ["/bin/true", "${{ inputs.s }}"]}]})
    body = json.dumps({"workflow": "big", "inputs": {"s": big}}, ensure_ascii=False).encode()
    answer = daemon.post("/v1/runs", raw=body)
    if check(answer.status == 201, "an input of 1 MB is taken", answer):
        run = daemon.wait(answer.json["id"])
        seen = probe.seen()
        check(run["status"] == "succeeded" and seen and seen["files"]["F_0"] == big.encode().hex(), "a file of 1 MB arrives whole", end_of(run))
    answer = daemon.post("/v1/runs", raw=body.replace(b'"big"', b'"big-argv"'))
    if answer.status == 201:
        run = daemon.wait(answer.json["id"])
        step = run["steps"][0]
        check(run["status"] == "failed" and (step.get("message") or step.get("reason")), "an argument of 1 MB fails the step in words", step)


def terminal():
    """Control characters from data reach no terminal, but for colours."""
    attack = "\x1b]0;owned\x07\x1b[2J\x9b31m\x08\x7f\u202e"
    daemon.deploy({"kind": "workflow", "name": "terminal", "description": attack, "labels": {"l": attack}, "inputs": {"s": "string"},
                   "steps": [{"id": "a", "argv": ["printf", "%s", "${{ inputs.s }}"]}, {"id": "b", "argv": ["${0}" + attack]}]})
    run = daemon.run("terminal", {"s": attack})
    for arguments in (["logs", "last"], ["inspect", "last"], ["inspect", "terminal"], ["workflow", "ls"], ["run", "ls"], ["why", "last"], ["audit"], ["graph", "last"]):
        out = daemon.pawl(*arguments)
        text = out.stdout + out.stderr
        raw = [c for c in (b"\x1b]", b"\x07", b"\x1b[2J", b"\xc2\x9b", b"\x08", b"\x7f", "\u202e".encode()) if c in text]
        check(not raw, f"pawl {' '.join(arguments)} escapes control characters", (raw, text[:300]))
    check(run["status"] == "failed", "a program with control characters in its name does not start", end_of(run))


for part in (literals, values, exec_arguments, words, programs, requests, bytes_that_are_no_text, nul, million, terminal):
    part()
    check(daemon.answers(), f"the daemon answers after {part.__name__}")
    check(not os.listdir(canaries), f"nothing was executed by {part.__name__}", os.listdir(canaries))
check(daemon.stop(), "the daemon ends in order", daemon.log[-500:])
daemon.remove()
finish()
