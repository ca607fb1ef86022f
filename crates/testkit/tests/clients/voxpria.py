"""Voxpria by requests: trigger, read until it is over, find it on a page."""

import requests

from common import AGENT, BASE, KEY, TO, poll, tell

api = f"{BASE}/voxpria/api/v1"
headers = {"Authorization": f"Bearer {KEY}"}
body = {"agentId": AGENT, "toNumber": TO, "variables": {"name": "John", "product": "solar panels"}}
answer = requests.post(f"{api}/calls", headers=headers, json=body, timeout=30)
answer.raise_for_status()
call_id = answer.json()["data"]["callId"]
call = poll(
    lambda: requests.get(f"{api}/calls/{call_id}", headers=headers, timeout=30).json()["data"],
    lambda call: call["status"] not in ("queued", "ringing", "in_progress"),
)
page = requests.get(f"{api}/calls", headers=headers, params={"page": 1, "limit": 50}, timeout=30).json()
listed = [row["status"] for row in page["data"] if row["callId"] == call_id]
tell(id=call_id, status=call["status"], listed=listed, total=page["pagination"]["total"])
