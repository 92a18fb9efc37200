# A server for the example: busy at first, then it knows a price; it prints what it is told. Its port goes into a file.
import http.server
import json
import sys
import urllib.parse


class Prices(http.server.BaseHTTPRequestHandler):
    busy = True

    def log_message(self, *_):
        pass

    def say(self, status, value):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def do_GET(self):
        was_busy, Prices.busy = Prices.busy, False
        item = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("item", [""])[0]
        self.say(503, {"error": "busy"}) if was_busy else self.say(200, {"item": item, "cents": 250})

    def do_POST(self):
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print(f"the server was told {content} with the key {self.headers['Idempotency-Key']}", flush=True)
        self.say(201, None)


server = http.server.HTTPServer(("127.0.0.1", 0), Prices)
with open(sys.argv[1], "w") as file:
    file.write(f"{server.server_port}\n")
server.serve_forever()
