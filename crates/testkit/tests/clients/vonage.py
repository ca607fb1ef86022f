"""Vonage AI Studio by requests: a number with dashes is refused, digits are called, status_url hears that nobody came."""

import json

import requests

from common import AGENT, BASE, KEY, TO, poll, receiver, tell

headers = {"X-Vgai-Key": KEY, "Content-Type": "application/json"}


url, heard = receiver()


def make(to):
    parameters = [{"name": "name", "value": "John"}, {"name": "product", "value": "solar panels"}]
    body = {"agent_id": AGENT, "to": to, "status_url": url, "session_parameters": parameters}
    return requests.post(f"{BASE}/telephony/make-call", headers=headers, json=body, timeout=30)


refused = make("1-555-555-5555")
made = poll(lambda: make(TO.lstrip("+")), lambda answer: answer.status_code != 429)
made.raise_for_status()
session_id = made.json()["session_id"]
session = poll(
    lambda: requests.get(f"{BASE}/insights/sessions/search/{session_id}", headers=headers, timeout=30).json(),
    lambda session: session["session_end_time"] is not None,
)
_, text = poll(lambda: heard, len)[0]
told = json.loads(text)
tell(id=session_id, status=session["status"], refused=[refused.status_code, refused.json()], told=[told["status"], told["to"]])
