"""VoiceB: the body is signed as json.dumps writes it, with its spaces, and sent so."""

import hashlib
import hmac
import json

import requests

from common import BASE, KEY, SECRET, TO, tell

text = json.dumps({"phone": TO, "variables": {"name": "Jos\u00e9", "product": "VoiceB AI"}})


def click(secret):
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers = {"api-key": KEY, "signature": signature, "Content-Type": "application/json"}
    return requests.post(f"{BASE}/api/click-to-call", headers=headers, data=text, timeout=30)


forged, answer = click("another secret"), click(SECRET)
tell(
    id=answer.json()["callId"],
    status=answer.status_code,
    forged=[forged.status_code, forged.json()["code"]],
)
