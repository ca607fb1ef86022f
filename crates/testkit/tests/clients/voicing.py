"""Voicing AI by requests and websocket-client: publish, read one until it is over, find it in the list, chat."""

import json

import requests
import websocket

from common import AGENT, BASE, KEY, TO, poll, tell

api = f"{BASE}/api/v1/campaigns"
session = requests.Session()
session.headers.update({"x-api-key": KEY})

body = {
    "assistant_id": AGENT,
    "phone_number": TO,
    "input_variables": {"name": "John", "product": "solar panels"},
    "telephony_provider": "default",
}
answer = session.post(f"{api}/publish-outbound-call", json=body, timeout=30)
answer.raise_for_status()
call_id = answer.json()["call_id"]
call = poll(
    lambda: session.get(f"{api}/get-call-details", params={"call_id": call_id}, timeout=30).json(),
    lambda call: call["status"] in ("completed", "failed"),
)
page = session.get(f"{api}/get-call-details", params={"page": 1, "limit": 100}, timeout=30).json()
listed = [row["status"] for row in page["data"] if row["call_id"] == call_id]

chatbot = BASE.replace("http", "ws") + f"/api/v1/voicing/ws/platform/api/chatbot?assistant_id={AGENT}"
socket = websocket.create_connection(chatbot, header={"x-api-key": KEY}, timeout=30)
heard = [json.loads(socket.recv())["type"], json.loads(socket.recv())["type"]]
socket.send(json.dumps({"type": "user_message", "text": "No."}))
heard.append(json.loads(socket.recv())["type"])
socket.close()
tell(id=call_id, heard=heard, status=call["status"], listed=listed)
