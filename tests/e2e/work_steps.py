"""uses: http and uses: sql in the real daemon, against a real server and real SQLite files: what is answered, refused, given up and repeated.
Above all kill -9 in the middle: what only reads is done again, everything else ends lost, and nothing is sent or written twice.
With --expect-caught PAWL_MUTANT is planted, and finding nothing is the failure."""
import contextlib
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import threading
import time

import pawlkit


class Server:
    """Counts what arrives by path. A path that begins with /held waits until it is let go."""

    def __init__(self, certificate=None):
        owner = self
        self.seen = {}
        self.lock = threading.Lock()
        self.gate = threading.Event()
        self.gone = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def log_message(self, *_):
                pass

            def answer(self):
                with contextlib.suppress(OSError):
                    owner.answer(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request):
        content = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        path = request.path.split("?")[0]
        with self.lock:
            self.seen.setdefault(path, []).append((request.command, request.path, dict(request.headers), content))
            count = len(self.seen[path])
        if path.startswith("/held") and not self.gate.is_set():
            while not self.gate.wait(0.02):
                request.connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    if not request.connection.recv(1, socket.MSG_PEEK):
                        self.gone.set()
                        return
                request.connection.setblocking(True)
        request.connection.setblocking(True)
        if path == "/flaky":
            status = 503 if count < 3 else 200
        else:
            status = int(path.strip("/")) if path.strip("/").isdigit() else 200
        body = b"x" * 100_000 if path == "/big" else json.dumps({"path": request.path, "count": count}).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Set-Cookie", "a=1")
        request.send_header("Set-Cookie", "b=2")
        if status == 302:
            request.send_header("Location", self.url + "/elsewhere?token=hidden")
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    def count(self, path):
        with self.lock:
            return len(self.seen.get(path, []))


class Bench:
    """Deploys a workflow of given steps and runs it."""

    def __init__(self, world):
        self.world = world
        mutant = os.environ.get("PAWL_MUTANT")
        self.environment = {"PAWL_MUTANT": mutant} if mutant else {}
        self.number = 0
        self.restart()

    def begin(self, steps, head="", **inputs):
        self.number += 1
        name = f"w{self.number}"
        self.client.deploy(f"kind: workflow\nname: {name}\n{head}steps:\n{steps}", self.world.folder, f"{name}.yaml")
        return self.client.start(name, **inputs)

    def run(self, steps, head="", **inputs):
        return self.client.wait_for_end(self.begin(steps, head, **inputs))

    def one(self, step, head="", **inputs):
        """The only step of a run, ended, with its log as `log`."""
        run = self.run("  - " + step + "\n", head, **inputs)
        found = run["steps"][0]
        found["log"] = self.log(run["id"])
        return found

    def log(self, run):
        text = self.client.ask("GET", f"/v1/runs/{run}/logs").body.decode()
        return "".join(json.loads(line[6:]).get("text", "") for line in text.splitlines() if line.startswith("data: "))

    def begun(self, path, server):
        pawlkit.wait_until(f"{path} arrived", lambda: server.count(path) > 0)

    def restart(self):
        self.client = self.world.must_start(environment=self.environment)


def expect(findings, what, found, **wanted):
    """`found` has these values; texts are regular expressions."""
    for key, value in wanted.items():
        have = found.get(key)
        fits = re.search(value, str(have)) if isinstance(value, str) else have == value
        if not fits:
            findings.append(f"{what}: {key} is {have!r}, not {value!r}")


def answers(bench, server, findings):
    url = server.url
    step = bench.one(f"{{id: a, uses: http, with: {{url: '{url}/x', params: {{q: 'a b&c', r: '${{{{ inputs.r }}}}'}}, headers: {{X-Key: topsecret, X-Empty: ''}}}}}}",
                     "inputs: {r: {type: string}}\n", r="é=1")
    expect(findings, "GET", step, status="succeeded", attempts=1, log="^GET http://127.0.0.1:[0-9]+/x[?]…\n")
    expect(findings, "GET", step["outputs"], status=200, json={"path": "/x?q=a%20b%26c&r=%C3%A9%3D1", "count": 1}, body='"count"')
    expect(findings, "GET", step["outputs"]["headers"], **{"set-cookie": "^a=1, b=2$", "content-type": "^application/json$"})
    if "topsecret" in step["log"] or "q=a" in step["log"]:
        findings.append(f"the log tells values: {step['log']}")
    headers = server.seen["/x"][0][2]
    expect(findings, "its fields", headers, **{"X-Key": "^topsecret$", "X-Empty": "^$", "User-Agent": "^pawl/"})
    bench.one(f"{{id: a, uses: http, with: {{method: POST, url: '{url}/json', json: {{a: [1, '${{{{ run.id }}}}']}}}}}}")
    sent = server.seen["/json"][0]
    if json.loads(sent[3])["a"][0] != 1 or sent[2].get("Content-Type") != "application/json":
        findings.append(f"the JSON that arrived: {sent}")
    content = bytes(range(256)) * 2000
    (bench.world.folder / "upload.bin").write_bytes(content)
    step = bench.one(f"{{id: a, uses: http, with: {{method: PUT, url: '{url}/file', file: upload.bin}}}}")
    expect(findings, "PUT", step, status="succeeded", log="sent a body of 500.0 KiB")
    if server.seen["/file"][0][3] != content:
        findings.append("the file arrived changed")
    step = bench.one(f"{{id: a, uses: http, with: {{method: HEAD, url: '{url}/head'}}}}")
    expect(findings, "HEAD", step["outputs"], status=200, body="^$", json=None)
    run = bench.run(f"  - {{id: a, foreach: '[1, 2, 3]', uses: http, with: {{url: '{url}/item/${{{{ item }}}}'}}}}\n")
    if run["status"] != "succeeded" or sorted(path for path in server.seen if path.startswith("/item")) != ["/item/1", "/item/2", "/item/3"]:
        findings.append(f"items: {run}")


def failures(bench, server, findings):
    url = server.url
    step = bench.one(f"{{id: a, uses: http, with: {{url: '{url}/503'}}}}")
    expect(findings, "503", step, status="failed", reason="^http$", message="^the server answered 503 Service Unavailable$", exit_code=None)
    expect(findings, "503", step["outputs"], status=503)
    step = bench.one(f"{{id: a, uses: http, with: {{url: '{url}/404', expect: [404]}}}}")
    expect(findings, "an expected 404", step, status="succeeded")
    step = bench.one(f"{{id: a, uses: http, with: {{url: '{url}/flaky'}}, retry: {{max_attempts: 5, delay: 10ms, if: step.status == 503}}}}")
    expect(findings, "retry", step, status="succeeded", attempts=3)
    step = bench.one(f"{{id: a, uses: http, with: {{url: '{url}/500'}}, retry: {{max_attempts: 5, delay: 10ms, if: step.status == 503}}}}")
    expect(findings, "no retry", step, status="failed", attempts=1)
    step = bench.one(f"{{id: a, uses: http, with: {{url: '{url}/302'}}}}")
    expect(findings, "a redirect", step, status="succeeded", log="a redirect to http://127.0.0.1:[0-9]+/elsewhere[?]…, which is not followed")
    if server.count("/elsewhere"):
        findings.append("a redirect was followed")
    step = bench.one(f"{{id: a, uses: http, with: {{url: '{url}/big'}}}}")
    expect(findings, "a big body", step, status="failed", reason="^bad_output$", message="larger than 64 KiB")
    step = bench.one(f"{{id: a, uses: http, timeout: 200ms, with: {{url: '{url}/held-late'}}}}")
    expect(findings, "a timeout", step, status="failed", reason="^timeout$", message="^did not end within 200ms$")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        step = bench.one(f"{{id: a, uses: http, with: {{url: 'http://127.0.0.1:{closed.getsockname()[1]}/'}}}}")
    expect(findings, "nobody there", step, status="failed", reason="^http$", message="^cannot connect to 127.0.0.1:[0-9]+: Connection refused$")
    step = bench.one("{id: a, uses: http, with: {url: 'http://name.invalid/'}}")
    expect(findings, "no such name", step, reason="^http$", message="^the name 'name.invalid' is not known")
    step = bench.one(f"{{id: a, uses: http, with: {{method: POST, url: '{url}/x', file: nosuch}}}}")
    expect(findings, "no such file", step, reason="^http$", message="nosuch': No such file")
    step = bench.one(f"{{id: a, uses: http, with: {{method: POST, url: '{url}/x', file: state/pawl.db}}}}")
    expect(findings, "pawl's own store", step, reason="^http$", message="belongs to pawl itself")


def private_networks(bench, server, findings):
    """A value may not lead into a private network, not even over a connection that an author's own url has opened."""
    head = "inputs: {host: {type: string}}\n"
    steps = (f"  - {{id: a, uses: http, with: {{url: '{server.url}/own'}}}}\n"
             "  - {id: b, needs: [a], uses: http, with: {url: 'http://${{ inputs.host }}/inner'}}\n")
    for host in (f"127.0.0.1:{server.port}", f"localhost:{server.port}", f"0x7f.1:{server.port}", f"[::ffff:127.0.0.1]:{server.port}"):
        run = bench.run(steps, head, host=host)
        expect(findings, host, run["steps"][0], status="succeeded")
        expect(findings, host, run["steps"][1], status="failed", reason="^http$", message="private network|cannot connect|not known")
    if server.count("/inner"):
        findings.append("a value led into a private network")


def tls(bench, findings):
    if not shutil.which("openssl"):
        return
    certificate = bench.world.folder / "own.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", str(certificate) + ".key", "-out", str(certificate)], check=True, capture_output=True)
    certificate.write_bytes(certificate.read_bytes() + pathlib.Path(str(certificate) + ".key").read_bytes())
    server = Server(certificate)
    step = bench.one(f"{{id: a, uses: http, with: {{url: 'https://127.0.0.1:{server.port}/tls'}}}}")
    expect(findings, "an unknown certificate", step, status="failed", reason="^http$", message="^the certificate of 127.0.0.1:[0-9]+ is not accepted: .*self.signed")
    if server.count("/tls"):
        findings.append("a request went out over TLS that nobody vouches for")


def cancels(bench, server, findings):
    run = bench.begin(f"  - {{id: a, uses: http, timeout: 1h, with: {{url: '{server.url}/held-cancel'}}}}\n")
    bench.begun("/held-cancel", server)
    bench.client.must("POST", f"/v1/runs/{run}/cancel", {})
    ended = bench.client.wait_for_end(run, 10)
    expect(findings, "cancel", ended["steps"][0], status="cancelled")
    if not server.gone.wait(10):
        findings.append("the connection of a cancelled request stays open")
    db = bench.world.folder / "locked.db"
    with contextlib.closing(sqlite3.connect(db, isolation_level=None)) as other:
        other.execute("CREATE TABLE t(x)")
        other.execute("BEGIN EXCLUSIVE")
        run = bench.begin("  - {id: a, uses: sql, timeout: 1h, with: {db: locked.db, query: INSERT INTO t VALUES (1)}}\n")
        pawlkit.wait_until("it waits", lambda: "waits: another program has locked the file" in bench.log(run))
        bench.client.must("POST", f"/v1/runs/{run}/cancel", {})
        expect(findings, "cancel of a query", bench.client.wait_for_end(run, 10)["steps"][0], status="cancelled")
        other.execute("COMMIT")
        if other.execute("SELECT count(*) FROM t").fetchone()[0]:
            findings.append("a cancelled query has changed something")


def queries(bench, findings):
    db = bench.world.folder / "shop.db"
    with contextlib.closing(sqlite3.connect(db)) as other:
        other.executescript("CREATE TABLE o(id INTEGER PRIMARY KEY, name TEXT UNIQUE, price REAL, data BLOB); INSERT INTO o VALUES (1, 'tea', 2.5, x'0102'), (2, NULL, 3, NULL)")

    def query(text, more="", **values):
        shown = json.dumps({name: value for name, value in values.items()})
        return bench.one(f"{{id: a, uses: sql, with: {{db: shop.db, query: {json.dumps(text)}, params: {shown}}}{more}}}")

    rows = query("SELECT * FROM o ORDER BY id")["outputs"]
    expect(findings, "rows", rows, count=2, rows=[{"id": 1, "name": "tea", "price": 2.5, "data": "AQI="}, {"id": 2, "name": None, "price": 3.0, "data": None}])
    step = query("INSERT INTO o(name, price) VALUES (:name, :price); SELECT count(*) AS n FROM o", name="'); DROP TABLE o; --", price=1)
    expect(findings, "a value is a value", step["outputs"], rows=[{"n": 3}], count=1)
    expect(findings, "changes", query("UPDATE o SET price = price + 1; UPDATE o SET price = 0 WHERE id = 1")["outputs"], count=4, rows=[])
    expect(findings, "returning", query("INSERT INTO o(name) VALUES ('x') RETURNING id")["outputs"], count=1, rows=[{"id": 4}])
    expect(findings, "JSON", query("SELECT value FROM json_each(:list)", list=[1, "b"])["outputs"], rows=[{"value": 1}, {"value": "b"}])
    refused = {"DELETE FROM o; INSERT INTO nosuch VALUES (1)": "^statement 2: no such table: nosuch$", "INSERT INTO o(name) VALUES ('tea')": "^UNIQUE constraint failed: o.name$",
               "ATTACH 'other.db' AS x": "ATTACH", "BEGIN": "one transaction already", "PRAGMA journal_mode = WAL": "PRAGMA journal_mode is refused",
               "VACUUM": "VACUUM", "SELECT load_extension('x')": "load_extension", "SELECT \"typo\" FROM o": "no such column"}
    for text, message in refused.items():
        expect(findings, text, query(text), status="failed", reason="^sql$", message=message)
    step = query("WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r", more=", timeout: 200ms")
    expect(findings, "a query without end", step, status="failed", reason="^timeout$")
    step = query("WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 20000) SELECT x FROM r")
    expect(findings, "too many rows", step, status="failed", reason="^bad_output$", message="larger than 64 KiB after [0-9]+ rows")
    for name, message in {"nosuch.db": "No such file", "state/pawl.db": "belongs to pawl itself", "pawld.log": "not a database"}.items():
        step = bench.one(f"{{id: a, uses: sql, with: {{db: {name}, query: SELECT 1}}}}")
        expect(findings, name, step, status="failed", reason="^sql$", message=message)
    if (bench.world.folder / "nosuch.db").exists() or (bench.world.folder / "other.db").exists():
        findings.append("a query has made a file")


def killed(bench, server, findings):
    """kill -9 while requests and queries are under way."""
    world, url = bench.world, server.url
    db = world.folder / "killed.db"
    other = sqlite3.connect(db, isolation_level=None)
    other.execute("CREATE TABLE t(x)")
    other.execute("BEGIN EXCLUSIVE")
    step = "  - {{id: a, uses: {uses}, timeout: 1h, {more}with: {{{what}}}}}\n"
    write = "db: killed.db, query: INSERT INTO t VALUES (1)"
    runs = {
        "get": step.format(uses="http", more="", what=f"url: '{url}/held-get'"),
        "post": step.format(uses="http", more="", what=f"method: POST, url: '{url}/held-post'"),
        "again": step.format(uses="http", more="on_crash: retry, ", what=f"method: POST, url: '{url}/held-again'"),
        "read": step.format(uses="sql", more="", what="db: killed.db, query: SELECT count(*) AS n FROM t"),
        "write": step.format(uses="sql", more="", what=write),
    }
    numbers = {name: bench.begin(text) for name, text in runs.items()}
    for path in ("/held-get", "/held-post", "/held-again"):
        bench.begun(path, server)
    for name in ("read", "write"):
        pawlkit.wait_until("it waits", lambda number=numbers[name]: "waits: another program" in bench.log(number))
    world.kill9()
    server.gate.set()
    other.execute("COMMIT")
    bench.restart()
    ends = {name: bench.client.wait_for_end(number)["steps"][0] for name, number in numbers.items()}
    expect(findings, "killed GET", ends["get"], status="succeeded", attempts=2)
    expect(findings, "killed POST", ends["post"], status="lost", attempts=1, message="nobody knows how it went")
    expect(findings, "killed POST, on_crash: retry", ends["again"], status="succeeded", attempts=2)
    expect(findings, "killed SELECT", ends["read"], status="succeeded", attempts=2)
    expect(findings, "killed INSERT", ends["write"], status="lost", attempts=1)
    counts = {path: server.count(path) for path in ("/held-get", "/held-post", "/held-again")}
    if counts != {"/held-get": 2, "/held-post": 1, "/held-again": 2} or other.execute("SELECT count(*) FROM t").fetchone()[0] > 1:
        findings.append(f"after the kill: {counts}")
    other.close()


def stopped(bench, server, findings):
    """A graceful stop waits for what is under way, and what follows begins at the next start."""
    server.gate.clear()
    run = bench.begin(f"  - {{id: a, uses: http, with: {{method: POST, url: '{server.url}/held-stop'}}}}\n"
                      f"  - {{id: b, needs: [a], uses: http, with: {{method: POST, url: '{server.url}/after-stop'}}}}\n")
    bench.begun("/held-stop", server)
    bench.world.process.terminate()
    pawlkit.wait_until("it listens no more", lambda: not bench.world.socket.exists() or "stops (" in bench.world.tail())
    server.gate.set()
    if bench.world.process.wait(30) != 0:
        findings.append("the graceful end is not exit 0")
    bench.restart()
    for step in bench.client.wait_for_end(run)["steps"]:
        expect(findings, "over a stop", step, status="succeeded", attempts=1)
    if (server.count("/held-stop"), server.count("/after-stop")) != (1, 1):
        findings.append("a stop doubled a request")


def killed_at_random(bench, server, findings, rounds):
    """Many requests and queries that change something, many kills: each happens at most once, and exactly once when its step succeeded."""
    world = bench.world
    db = world.folder / "random.db"
    with contextlib.closing(sqlite3.connect(db)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE t(token TEXT)")
    text = ("kind: workflow\nname: many\ninputs: {token: {type: string}}\nsteps:\n"
            f"  - {{id: send, uses: http, continue_on_error: true, with: {{method: POST, url: '{server.url}/once/${{{{ inputs.token }}}}'}}}}\n"
            "  - {id: write, uses: sql, with: {db: random.db, query: 'INSERT INTO t VALUES (:token)', params: {token: '${{ inputs.token }}'}}}\n")
    bench.client.deploy(text, world.folder, "many.yaml")
    dice = random.Random(7)
    runs = {}
    for number in range(rounds):
        for i in range(12):
            token = f"{number}x{i}"
            runs[token] = bench.client.start("many", token=token)
        time.sleep(dice.random() * 0.15)
        world.kill9()
        bench.restart()
    ends = {token: bench.client.wait_for_end(run) for token, run in runs.items()}
    lost = doubled = 0
    with contextlib.closing(sqlite3.connect(db)) as other:
        for token, run in ends.items():
            rows = other.execute("SELECT count(*) FROM t WHERE token = ?", (token,)).fetchone()[0]
            for step, count in zip(run["steps"], (server.count(f"/once/{token}"), rows)):
                lost += step["status"] == "lost"
                doubled += count > 1
                wanted = (1,) if step["status"] == "succeeded" else (0, 1)
                if step["status"] not in ("succeeded", "lost") or count not in wanted or step["attempts"] != 1:
                    findings.append(f"{token}: {step['id']} is {step['status']} after {step['attempts']} attempts, and happened {count} times")
    print(f"kills: {rounds}, of {2 * len(runs)} requests and queries {lost} lost, {doubled} doubled")


def campaign():
    options = pawlkit.arguments(__doc__, ("--expect-caught", {"action": "store_true"}))
    findings = []
    with pawlkit.World(options.bin, "requests") as world:
        server, bench = Server(), Bench(world)
        answers(bench, server, findings)
        failures(bench, server, findings)
        private_networks(bench, server, findings)
        tls(bench, findings)
        queries(bench, findings)
        cancels(bench, server, findings)
        killed(bench, server, findings)
        stopped(bench, server, findings)
        killed_at_random(bench, server, findings, 100 if options.long else 12)
        bench.client.wait_until_idle()
        findings += pawlkit.check(world.store(), lost_allowed=True)
        if world.stop() != 0:
            findings.append("the graceful end is not exit 0")
    if options.expect_caught:
        print(f"mutant {os.environ.get('PAWL_MUTANT')}: {(findings + ['nothing found'])[0]}")
        raise SystemExit(0 if findings else 1)
    pawlkit.conclude(findings, "requests and queries")


if __name__ == "__main__":
    pawlkit.main(campaign)
