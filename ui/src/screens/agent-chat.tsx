/** A talk in writing with the agent beside its editor. */
import { Send } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button, Input, Trouble } from "~/components/basics";
import { useChat } from "~/data/talk";
import { Lines } from "./agent-talk";
import type { Trial } from "./agent-test";

export function Chat({ trial, version }: { trial: Trial; version: string }) {
  const { talk, error, start, say, again } = useChat(trial.agent.slug);
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState<unknown>();
  const begin = async () => {
    setTrouble(undefined);
    try {
      if (version === "draft") await trial.ready();
      start(version, trial.values);
    } catch (refused) {
      setTrouble(refused);
    }
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim() || talk.waiting) return;
    say(text.trim());
    setText("");
  };
  const open = talk.state === "open";
  if (talk.state === "off") {
    return (
      <div className="space-y-3">
        <p className="text-sm text-dim">The same flow, intents, tools and model as in a call; nothing is dialled, charged or kept. Tools are really called.</p>
        <Trouble error={trouble} />
        <Button kind="primary" onClick={() => void begin()}>Start the talk</Button>
      </div>
    );
  }
  return (
    <div className="space-y-2">
      <Trouble error={error ?? trouble} />
      <Lines talk={talk} onAgain={again} />
      <form onSubmit={send} className="flex gap-2">
        <Input aria-label="What the callee says" autoFocus placeholder={open ? "What the callee says" : "The talk is over"} disabled={!open} maxLength={2000} value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" kind="primary" disabled={!open || talk.waiting || !text.trim()} aria-label="Say it"><Send /></Button>
        <Button onClick={() => void begin()}>{open ? "Start over" : "Talk again"}</Button>
      </form>
    </div>
  );
}
