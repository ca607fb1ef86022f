"""Receives webhooks and says what the reference verifier of Standard Webhooks for Python makes of them.

Arguments: three secrets. Prints its port, then one line of JSON for each request: with which of the secrets the body is
accepted as it came, and with which after a byte was added.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

SECRETS = sys.argv[1:4]


def accepts(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        verdict = {
            "genuine": [accepts(secret, body, headers) for secret in SECRETS],
            "tampered": [accepts(secret, body + b" ", headers) for secret in SECRETS],
        }
        print(json.dumps(verdict), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_address[1], flush=True)
server.serve_forever()
