"""What every client here needs: its settings, waiting for a call's end, and a last line that the test reads."""

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

BASE, KEY, AGENT, TO = (os.environ[name] for name in ("BASE", "KEY", "AGENT", "TO"))
SECRET = os.environ.get("SECRET")


def poll(ask, over):
    """Asks until `over` says so of the answer."""
    deadline = time.monotonic() + 60
    while True:
        answer = ask()
        if over(answer):
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"not over in time: {answer}")
        time.sleep(0.2)


def receiver():
    """A server for webhooks: its address, and the list of (headers, body) that it fills."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/webhook", heard


def tell(**story):
    """What became of the call, for the test."""
    print(json.dumps(story))
