"""Klen AI by requests: start under an integer id, with the key in X-API-Key, and read until it is over."""

import requests

from common import AGENT, BASE, KEY, TO, poll, tell

api = f"{BASE}/klen/api/v1"
headers = {"X-API-Key": KEY}
listed = requests.get(f"{api}/calls", headers=headers, params={"agent_id": AGENT}, timeout=30)
assert listed.status_code == 200, listed.text
body = {"phone_number": TO, "agent_id": AGENT, "variables": {"name": "John", "product": "solar panels"}}
answer = requests.post(f"{api}/calls", headers=headers, json=body, timeout=30)
answer.raise_for_status()
started = answer.json()
assert isinstance(started["id"], int) and started["type"] == "outbound", started
call = poll(
    lambda: requests.get(f"{api}/calls/{started['call_id']}", headers=headers, timeout=30).json(),
    lambda call: call["status"] in ("completed", "failed"),
)
tell(id=started["call_id"], status=call["status"], agent=call["agent"]["assistant_id"])
