"""Klen AI by requests: make a webhook, start a call with the key in X-API-Key, read until it is over, verify what came."""

import hashlib
import hmac
import json

import requests

from common import AGENT, BASE, KEY, TO, poll, receiver, tell

api = f"{BASE}/klen/api/v1"
headers = {"X-API-Key": KEY}
listed = requests.get(f"{api}/calls", headers=headers, params={"agent_id": AGENT}, timeout=30)
assert listed.status_code == 200, listed.text
url, heard = receiver()
hook = {"name": "CRM", "url": url, "subscribed_events": ["call.ended", "call.failed"]}
webhook = requests.post(f"{BASE}/klen/api/webhooks/create/", headers=headers, json=hook, timeout=30).json()
body = {"phone_number": TO, "agent_id": AGENT, "variables": {"name": "John", "product": "solar panels"}}
answer = requests.post(f"{api}/calls", headers=headers, json=body, timeout=30)
answer.raise_for_status()
started = answer.json()
assert isinstance(started["id"], int) and started["type"] == "outbound", started
call = poll(
    lambda: requests.get(f"{api}/calls/{started['call_id']}", headers=headers, timeout=30).json(),
    lambda call: call["status"] in ("completed", "failed"),
)
def own():
    return [(signed, text) for signed, text in heard if json.loads(text)["data"]["call_id"] == started["call_id"]]


signed, text = poll(own, len)[0]
digest = hmac.new(webhook["secret"].encode(), text, hashlib.sha256).hexdigest()
told = [json.loads(text)["event"], signed.get("X-Klen-Signature") == f"sha256={digest}"]
tell(id=started["call_id"], status=call["status"], agent=call["agent"]["assistant_id"], told=told)
