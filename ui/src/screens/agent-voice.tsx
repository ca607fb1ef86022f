/** A talk by voice with the agent, over the pipeline that calls have. */
import { Grid3x3, Mic, MicOff, PhoneOff } from "lucide-react";
import { useState } from "react";
import { Button, Trouble } from "~/components/basics";
import { Meter } from "~/components/meter";
import { useVoice } from "~/data/audio/voice";
import { Lines } from "./agent-talk";
import type { Trial } from "./agent-test";

export default function Voice({ trial, version }: { trial: Trial; version: string }) {
  const { talk, error, muted, level, start, end, mute, press } = useVoice(trial.agent.slug);
  const [trouble, setTrouble] = useState<unknown>();
  const [keypad, setKeypad] = useState(false);
  const begin = async () => {
    setTrouble(undefined);
    try {
      if (version === "draft") await trial.ready();
      await start(version, trial.values);
    } catch (refused) {
      setTrouble(refused);
    }
  };
  if (talk.state === "off") {
    return (
      <div className="space-y-3">
        <p className="text-sm text-dim">Your microphone and loudspeaker in place of a telephone; hearing, turn-taking and the voice are those of a call. Nothing is dialled, charged or kept. A headset keeps the agent from hearing itself.</p>
        <Trouble error={error ?? trouble} />
        <Button kind="primary" onClick={() => void begin()}><Mic />Start talking</Button>
      </div>
    );
  }
  const live = talk.state !== "over";
  return (
    <div className="space-y-2">
      <Trouble error={error ?? trouble} />
      <Lines talk={{ ...talk, waiting: talk.state === "opening" }} />
      <div className="flex items-center gap-2">
        {live ? (
          <>
            <span className="min-w-16 flex-1"><Meter label="Microphone" level={muted ? 0 : level} /></span>
            <Button aria-pressed={keypad} aria-label="Keys" onClick={() => setKeypad(!keypad)}><Grid3x3 />Keys</Button>
            <Button aria-pressed={muted} onClick={mute}>{muted ? <MicOff /> : <Mic />}{muted ? "Unmute" : "Mute"}</Button>
            <Button kind="danger" onClick={end}><PhoneOff />Hang up</Button>
          </>
        ) : <Button kind="primary" onClick={() => void begin()}><Mic />Talk again</Button>}
      </div>
      {live && keypad && (
        <div role="group" aria-label="Keys of the telephone" className="mx-auto grid w-40 grid-cols-3 gap-1.5">
          {[..."123456789*0#"].map((key) => <Button key={key} aria-label={`Key ${key}`} onClick={() => press(key)}>{key}</Button>)}
        </div>
      )}
    </div>
  );
}
