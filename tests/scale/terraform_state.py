"""Keeps one Terraform state in memory, for Terraform's `http` backend: `docs/measure scale`.

Prints the port that it listens to.
"""

from http.server import BaseHTTPRequestHandler, HTTPServer


class State(BaseHTTPRequestHandler):
    state = b""

    def do_GET(self):
        self.answer(200 if State.state else 404, State.state)

    def do_POST(self):
        State.state = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, b"")

    def answer(self, code, body):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), State)
print(server.server_port, flush=True)
server.serve_forever()
