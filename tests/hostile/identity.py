# Who may ask: root and the daemon's own user, nobody else, on every route; refusals leave one audit row each and no effect.
import os
import stat
import subprocess
import time

from identity_child import as_user
from kit import BIN, Daemon, check, finish

NOBODY, OTHER = 65534, 54321
ROUTES = [("GET", "/v1/ping", None), ("GET", "/v1/status", None), ("GET", "/v1/openapi.yaml", None),
          ("POST", "/v1/deploy", {"files": [{"name": "x.yaml", "text": "kind: workflow\nname: theirs\nsteps: [{id: a, run: 'true'}]"}], "root": "/", "dry_run": False}),
          ("GET", "/v1/workflows", None), ("GET", "/v1/workflows/mine", None), ("GET", "/v1/workflows/mine/versions", None), ("POST", "/v1/workflows/mine/rollback", {"version": 1}),
          ("DELETE", "/v1/workflows/mine", None),
          ("POST", "/v1/runs", {"workflow": "mine", "inputs": {}}), ("POST", "/v1/exec", {"argv": ["/bin/touch", "OWNED"], "dir": "/"}),
          ("GET", "/v1/runs", None), ("GET", "/v1/runs/last", None), ("GET", "/v1/runs/1", None), ("POST", "/v1/runs/2/cancel", {"now": True}), ("POST", "/v1/runs/1/retry", {"from": "a"}),
          ("POST", "/v1/runs/1/approve", {}), ("POST", "/v1/runs/1/reject", {}),
          ("POST", "/v1/runs/1/steps/a/resolve", {"as": "success"}), ("GET", "/v1/runs/1/events", None), ("GET", "/v1/runs/1/logs", None), ("GET", "/v1/audit", None),
          ("GET", "/v1/runs/1/artifacts", None), ("GET", "/v1/runs/1/artifacts/file?step=a&path=x", None), ("GET", "/v1/cache", None), ("DELETE", "/v1/cache", None),
          ("POST", "/v1/daemon/drain", {"on": True}), ("POST", "/v1/daemon/stop", {})]
MORE = [("GET", "/v1/nothing", None), ("PUT", "/v1/runs", {}), ("POST", "/v1/runs", {"nonsense": 1}), ("GET", "/v1/runs/1/logs?step=a&follow=true", None)]


def ask(daemon, routes):
    """Status and body of each, every one on a connection of its own."""
    answers = []
    for method, path, body in routes:
        answer = daemon.request(method, path, body, fresh=True, timeout=60)
        answers.append([answer.status, answer.message[:300]])
    return answers


def routes_are_complete(daemon):
    told = daemon.get("/v1/openapi.yaml").message
    paths, method_lines, path = set(), ("get:", "post:", "delete:", "put:", "patch:"), None
    for line in told.splitlines():
        if line.startswith("  /v1/"):
            path = line.strip().rstrip(":")
        elif path and line.strip() in method_lines:
            paths.add((line.strip()[:-1].upper(), path))
    mine = {(m, p) for m, p, _ in ROUTES}
    missing = [r for r in paths if not any(m == r[0] and fits(r[1], p) for m, p in mine)]
    check(paths and not missing, "every route of the daemon is in this test", missing or told[:200])


def fits(pattern, path):
    path = path.split("?")[0]
    a, b = pattern.split("/"), path.split("/")
    return len(a) == len(b) and all(x == y or x.startswith("{") for x, y in zip(a, b))


def strangers(daemon):
    os.chmod(daemon.folder, 0o755)
    refused = as_user(NOBODY, lambda: try_connect(daemon))
    check(refused == "PermissionError", "the socket's mode keeps strangers out", refused)
    os.chmod(daemon.socket, 0o666)  # as if the mode were lost: the daemon must refuse by itself
    before = daemon.get("/v1/status").json
    for uid in (NOBODY, OTHER):
        rows = len(daemon.audit())
        # The budget of refusal rows is per uid and refills; within it each refusal has its row.
        for method, path, body in ROUTES + MORE:
            answers = as_user(uid, lambda: ask(daemon, [(method, path, body)]))
            ok = isinstance(answers, list) and answers[0][0] == 403 and "denied" in answers[0][1]
            check(ok, f"uid {uid} is refused {method} {path}", answers)
            check(isinstance(answers, list) and "mine" not in answers[0][1] and "hello" not in answers[0][1], f"the refusal of {method} {path} tells nothing")
        new = [r for r in daemon.audit() if r["uid"] == uid]
        check(all(r["outcome"] == "denied" for r in new), f"the audit tells that uid {uid} was denied", new[:2])
        check(1 <= len(new) <= len(ROUTES + MORE), f"refusals of uid {uid} have rows, at most one each", len(new))
        print(f"uid {uid}: {len(ROUTES + MORE)} refusals, {len(new)} audit rows")
        check(len(new) == len(ROUTES + MORE) or len(new) >= 10, f"refusals of uid {uid} are only dropped beyond the budget", len(new))
    after = daemon.get("/v1/status").json
    check(after["state"] == "ready" and after["workflows"] == before["workflows"] and after["runs"] == before["runs"], "refusals have no effect", (before, after))
    check(not os.path.exists("/OWNED"), "nothing was executed for strangers")
    check(daemon.get("/v1/workflows/theirs").status == 404, "a stranger's deploy stored nothing")
    flood = as_user(OTHER, lambda: ask(daemon, [("GET", "/v1/status", None)] * 500))
    check(all(a[0] == 403 for a in flood), "a flood of 500 is refused")
    rows = [r for r in daemon.audit() if r["uid"] == OTHER]
    check(len(rows) < 300, "a flood of refusals does not fill the audit", len(rows))


def try_connect(daemon):
    try:
        daemon.request("GET", "/v1/ping", fresh=True)
        return "connected"
    except OSError as error:
        return type(error).__name__


def one_refusal_one_row(daemon):
    """A fresh uid, few enough refusals for its budget: exactly one row each, with its action and object."""
    uid = 50001
    some = ROUTES[:3] + [r for r in ROUTES if r[0] == "DELETE" or r[1].endswith("/stop")]
    as_user(uid, lambda: ask(daemon, some))
    rows = []
    for _ in range(200):  # a refusal is answered before its row is stored
        rows = sorted((r for r in daemon.audit() if r["uid"] == uid), key=lambda r: r["seq"])
        if len(rows) >= len(some):
            break
        time.sleep(0.05)
    check(len(rows) == len(some), "each refusal has exactly one row", rows)
    check([r["action"] for r in rows] == ["daemon.ping", "daemon.status", "daemon.openapi", "workflow.rm", "cache.rm", "daemon.stop"], "the rows name the actions", [r["action"] for r in rows])
    check(all(r["outcome"] == "denied" and r["gid"] == uid and r["via"] == "socket" and r["pid"] > 0 for r in rows), "the rows name uid, gid, pid and outcome", rows[:1])


def accepted(daemon):
    """Every accepted command has exactly one row; reading has none; a repeat with the same key none."""
    def rows():
        return [(r["action"], r["outcome"]) for r in sorted(daemon.audit(), key=lambda r: r["seq"])]

    wf = "kind: workflow\nname: audited\nsteps: [{id: a, run: 'false'}]"
    commands = [("deploy", lambda: daemon.deploy(wf, wf.replace("audited", "passing"))), ("run.start", lambda: daemon.post("/v1/runs", {"workflow": "audited", "inputs": {}}, headers={"Idempotency-Key": "k1"})),
                ("run.exec", lambda: daemon.post("/v1/exec", {"argv": ["/bin/sleep", "600"], "dir": "/"})), ("run.cancel", None), ("run.retry", None),
                ("daemon.drain", lambda: daemon.post("/v1/daemon/drain", {"on": True})), ("daemon.undrain", lambda: daemon.post("/v1/daemon/drain", {"on": False})),
                ("workflow.rm", lambda: daemon.request("DELETE", "/v1/workflows/passing"))]
    run = sleeper = None
    for action, command in commands:
        if action == "run.cancel":
            command = lambda: daemon.post(f"/v1/runs/{sleeper}/cancel", {})
        if action == "run.retry":
            daemon.wait(run)
            command = lambda: daemon.post(f"/v1/runs/{run}/retry", {})
        before = rows()
        answer = command()
        if action == "run.start":
            run = answer.json["id"]
        if action == "run.exec":
            sleeper = answer.json["id"]
        new = rows()[len(before):]
        check(answer.status < 300 and len(new) == 1, f"{action} leaves exactly one row", (answer, new))
        check(new and new[0][0] == action, f"the row of {action} names it", new)
    before = rows()
    again = daemon.post("/v1/runs", {"workflow": "audited", "inputs": {}}, headers={"Idempotency-Key": "k1"})
    check(again.status == 201 and again.json["id"] == run, "a repeated key gives the same answer", again)
    check(rows() == before, "a repeated command leaves no second row", rows()[len(before):])
    daemon.request("DELETE", "/v1/workflows/audited")
    again = daemon.post("/v1/runs", {"workflow": "audited", "inputs": {}}, headers={"Idempotency-Key": "k1"})
    check(again.status == 201 and again.json["id"] == run, "a repeated key gives the same answer even when the workflow was removed", again)
    before = rows()
    for _, path, _ in [r for r in ROUTES if r[0] == "GET"]:
        daemon.get(path)
    check(len(rows()) == len(before), "reading leaves no rows but those of others' logs", rows()[len(before):])
    before = rows()
    for bad in ({"workflow": "nothing", "inputs": {}}, {"workflow": "audited", "inputs": {"x": 1}}, {"x": 1}):
        daemon.post("/v1/runs", bad)
    daemon.deploy("kind: workflow")
    check(all(outcome != "ok" and outcome != "accepted" for _, outcome in rows()[len(before):]), "what was not carried out has no row that says so", rows()[len(before):])


def own_user():
    """A daemon of another user: that user and root pass, others do not."""
    daemon = Daemon()
    os.chmod(daemon.folder, 0o777)
    daemon.start(user=OTHER, group=OTHER, extra_groups=[])
    try:
        check(daemon.get("/v1/ping").status == 200, "root may use another user's daemon")
        answers = as_user(OTHER, lambda: ask(daemon, ROUTES[:3] + [("POST", "/v1/deploy", {"files": [{"name": "x", "text": "kind: workflow\nname: own\nsteps: [{id: a, run: id -u}]"}], "root": "/"})]))
        check(isinstance(answers, list) and all(a[0] == 200 for a in answers), "a user may use the own daemon", answers)
        run = daemon.run("own")
        out = daemon.get(f"/v1/runs/{run['id']}/logs?step=a", headers={"Accept": "application/octet-stream"}).body
        check(out == f"{OTHER}\n".encode(), "steps run as the daemon's user, even when root starts them", out)
        check(stat.S_IMODE(os.stat(daemon.socket).st_mode) == 0o600, "the socket has mode 0600")
        os.chmod(daemon.socket, 0o666)
        answers = as_user(OTHER + 1, lambda: ask(daemon, ROUTES[:3]))
        check(isinstance(answers, list) and all(a[0] == 403 for a in answers), "a third user may not", answers)
        client = subprocess.run([os.path.join(BIN, "pawl"), "--socket", daemon.socket, "ping"], capture_output=True, user=OTHER + 1, group=OTHER + 1, extra_groups=[])
        check(client.returncode != 0, "pawl does not talk to a daemon of another user", (client.returncode, client.stdout, client.stderr))
    finally:
        check(daemon.stop(), "the other user's daemon ends in order", daemon.log[-300:])
        daemon.remove()


daemon = Daemon(arguments=["--user"]).start()
check(stat.S_IMODE(os.stat(daemon.socket).st_mode) == 0o600, "the socket has mode 0600", oct(os.stat(daemon.socket).st_mode))
check(stat.S_IMODE(os.stat(daemon.state).st_mode) == 0o700, "the state folder has mode 0700", oct(os.stat(daemon.state).st_mode))
wide = [os.path.join(d, f) for d, _, files in os.walk(daemon.state) for f in files if os.lstat(os.path.join(d, f)).st_mode & 0o077]
check(not wide, "no file of the state folder can be read by others", wide)
daemon.deploy("kind: workflow\nname: mine\nsteps: [{id: a, run: echo hello}]", "kind: workflow\nname: sleeper\nsteps: [{id: a, run: exec sleep 600}]")
daemon.run("mine")
sleeper = daemon.post("/v1/runs", {"workflow": "sleeper", "inputs": {}}).json["id"]
routes_are_complete(daemon)
accepted(daemon)
if os.getuid() == 0:
    strangers(daemon)
    one_refusal_one_row(daemon)
    own_user()
else:
    print("not root: the parts with other users are left out")
daemon.post(f"/v1/runs/{sleeper}/cancel", {"now": True})
daemon.wait(sleeper)
check(daemon.stop(), "the daemon ends in order", daemon.log[-500:])
daemon.remove()
finish()
