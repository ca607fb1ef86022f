"""A far end made of PJSIP: answers one call, plays a WAV when told to, records what it hears, hangs up when told to.

Usage: callee.py RECORDING. One word per line on standard input: `play FILE` or `hangup`. One JSON object per line on
standard output: `{"listening": PORT}`, `{"state": "CONFIRMED"}`, `{"played": true}`, `{"ended": CODE}`.
"""

import json
import os
import select
import sys
import time

import pjsua2 as pj

# Nobody waits for this process longer than that.
LIMIT_S = 90
# The library logs to standard output before it can be told not to; what we tell goes around that.
FACTS = os.fdopen(os.dup(sys.stdout.fileno()), "w")
os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(**fact):
    print(json.dumps(fact), file=FACTS, flush=True)


class Player(pj.AudioMediaPlayer):
    def onEof2(self):
        tell(played=True)


class Call(pj.Call):
    def __init__(self, account, call_id, recording):
        super().__init__(account, call_id)
        self.recording = recording
        self.recorder = None
        self.player = None
        self.media = None
        self.over = False

    def onCallState(self, prm):
        info = self.getInfo()
        tell(state=info.stateText)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.over = True
            tell(ended=info.lastStatusCode)

    def onCallMediaState(self, prm):
        # Kept while it is read: the list dies with the object that it came from.
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE and self.media is None:
                self.media = self.getAudioMedia(index)
                self.recorder = pj.AudioMediaRecorder()
                self.recorder.createRecorder(self.recording)
                self.media.startTransmit(self.recorder)

    def play(self, path):
        self.player = Player()
        self.player.createPlayer(path, pj.PJMEDIA_FILE_NO_LOOP)
        self.player.startTransmit(self.media)

    def hang_up(self):
        self.hangup(pj.CallOpParam(True))


class Account(pj.Account):
    def __init__(self, recording):
        super().__init__()
        self.recording = recording
        self.call = None

    def onIncomingCall(self, prm):
        self.call = Call(self, prm.callId, self.recording)
        for code in (180, 200):
            answer = pj.CallOpParam()
            answer.statusCode = code
            self.call.answer(answer)


def start():
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    # Standard output is ours; the library's own log would be in between.
    config.logConfig.level = 0
    config.logConfig.consoleLevel = 0
    # Callbacks come while this thread polls, never from another.
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.medConfig.clockRate = 8000
    config.medConfig.noVad = True
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    transport = pj.TransportConfig()
    transport.port = 0
    transport.boundAddress = "127.0.0.1"
    opened = endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    port = int(endpoint.transportGetInfo(opened).localAddress.rsplit(":", 1)[1])
    return endpoint, port


def commands(pending):
    """Complete lines on standard input, without waiting for them."""
    if select.select([sys.stdin], [], [], 0)[0]:
        pending[0] += os.read(sys.stdin.fileno(), 4096).decode()
    *lines, pending[0] = pending[0].split("\n")
    return lines


def main():
    endpoint, port = start()
    account = Account(sys.argv[1])
    config = pj.AccountConfig()
    config.idUri = f"sip:callee@127.0.0.1:{port}"
    config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
    account.create(config)
    tell(listening=port)
    pending, give_up = [""], time.monotonic() + LIMIT_S
    while time.monotonic() < give_up and not (account.call and account.call.over):
        endpoint.libHandleEvents(20)
        for line in commands(pending):
            word, _, rest = line.partition(" ")
            if word == "play":
                account.call.play(rest)
            elif word == "hangup":
                account.call.hang_up()
    # Closes the recording before the process ends.
    if account.call:
        account.call.recorder = account.call.player = account.call.media = None
    account.call = None
    account.shutdown()
    endpoint.libDestroy()


main()
