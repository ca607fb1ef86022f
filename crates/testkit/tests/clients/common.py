"""What every client here needs: its settings, waiting for a call's end, and a last line that the test reads."""

import json
import os
import time

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


def tell(**story):
    """What became of the call, for the test."""
    print(json.dumps(story))
