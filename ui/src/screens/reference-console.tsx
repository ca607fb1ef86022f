/** A WebSocket of the API by hand: connect, send raw frames, read what comes. */
import { Plug, Send, Unplug } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Badge, Button, Card, cx, Empty } from "~/components/basics";
import { useConsole } from "~/data/console";

/** First messages that make sense, by path. */
const FIRST: [RegExp, string[]][] = [
  [/^\/v1\/agents\/.*\/chat/, ['{"type":"start","variables":{}}', '{"type":"message","text":"Yes, speaking."}', '{"type":"rewind","turn":1}']],
  [/^\/v1\/agents\/.*\/talk/, ['{"type":"start","variables":{},"rate_hz":16000}']],
  [/chatbot/, ['{"type":"user_message","text":"Hello"}', "Hello"]],
];
const SIGN = { out: "→", in: "←", line: "·" };
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 } as Intl.DateTimeFormatOptions);

export function Console({ path, address }: { path: string; address: string }) {
  const { frames, state, connect, send, close, clear } = useConsole();
  const offers = FIRST.find(([pattern]) => pattern.test(path))?.[1] ?? [];
  const [text, setText] = useState(offers[0] ?? "");
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [frames]);
  const act = (event?: FormEvent) => {
    event?.preventDefault();
    if (state === "open" && text) send(text);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) act();
  };
  return (
    <Card
      title={<>Console <Badge tone={state === "open" ? "good" : "dim"} pulse={state === "open"}>{state === "open" ? "connected" : state === "opening" ? "connecting" : "not connected"}</Badge></>}
      actions={
        <>
          {frames.length > 0 && <Button kind="ghost" onClick={clear}>Clear</Button>}
          {state === "off" ? <Button kind="primary" onClick={() => connect(address)}><Plug />Connect</Button> : <Button onClick={close}><Unplug />Disconnect</Button>}
        </>
      }
    >
      <div ref={box} role="log" aria-label="Frames" tabIndex={0} className="h-72 space-y-0.5 overflow-y-auto p-3 font-mono text-xs">
        {frames.length ? frames.map((frame, index) => (
          <p key={index} className={cx("flex gap-2 break-all", frame.way === "out" ? "text-callee" : frame.way === "in" ? "text-ink" : "text-dim")}>
            <span className="shrink-0 text-dim">{CLOCK.format(frame.at)}</span><span aria-hidden>{SIGN[frame.way]}</span><span className="min-w-0 whitespace-pre-wrap">{frame.text}</span>
          </p>
        )) : <Empty title="No frames yet">Fill in the parameters, connect, and send. What is sent and what comes stands here.</Empty>}
      </div>
      <form onSubmit={act} className="space-y-2 border-t border-line p-3">
        <textarea aria-label="Frame to send" rows={3} value={text} onChange={(event) => setText(event.target.value)} onKeyDown={onKey} className="control !h-auto py-1.5 font-mono text-xs" />
        <div className="flex flex-wrap items-center gap-2">
          {offers.map((offer) => <button key={offer} type="button" title={offer} onClick={() => setText(offer)} className="max-w-56 truncate rounded border border-line px-2 py-0.5 font-mono text-xs text-dim hover:text-ink">{offer}</button>)}
          <Button type="submit" className="ml-auto" disabled={state !== "open" || !text}><Send />Send</Button>
        </div>
      </form>
    </Card>
  );
}
