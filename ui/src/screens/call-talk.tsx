/** What was said, as the callee heard it, with what the agent did in between. */
import { useEffect, useRef } from "react";
import { cx, Empty } from "~/components/basics";
import type { Saying } from "~/data/live";
import { duration, millis, plain } from "~/data/words";
import type { Event, Turn } from "./call";

interface Props {
  turns: Turn[];
  events: Event[];
  /** Where the recording plays; below zero where there is none. */
  at: number;
  saying: Saying | null;
  live: boolean;
  purged: boolean;
  onSeek: (ms: number) => void;
}

/** What an agent did that is worth a line between two turns. */
function deed(event: Event): string | null {
  const data = (event as { data?: Record<string, unknown> }).data ?? {};
  if (event.type === "call.slot") return `${plain(String(data.name))} = ${typeof data.value === "string" ? data.value : JSON.stringify(data.value)}`;
  if (event.type === "call.tool") return `tool ${data.name}: ${data.error ?? data.status ?? "done"} in ${millis(Number(data.duration_ms))}`;
  if (event.type === "call.digits") return `${data.sent ? "sent" : "heard"} digits ${data.digits}`;
  if (event.type === "call.transfer") return `transfer to ${data.to}: ${data.state}`;
  if ((event.type as string) === "call.note") return `note to the agent: ${data.text}`;
  if (event.type === "call.opted_out") return "asked not to be called again";
  if (event.type === "call.voicemail_message_left") return "left its message";
  if (event.type === "call.trouble") return `${data.part}: ${data.detail}`;
  return null;
}

export function Talk({ turns, events, at, saying, live, purged, onSeek }: Props) {
  const end = useRef<HTMLDivElement>(null);
  const lines = events.filter((event) => event.type === "call.turn" || deed(event));
  useEffect(() => {
    if (live) end.current?.scrollIntoView({ block: "nearest" });
  }, [live, lines.length, saying]);
  if (!lines.length && !saying) {
    if (purged) return <Empty title="What was said was deleted">By age (Settings, Retention) or on request.</Empty>;
    return <Empty title={live ? "Nobody has spoken yet" : "Nothing was said"}>{live ? "Words appear here as they are spoken." : "The timeline says how the call went."}</Empty>;
  }
  const now = turns.findLast((turn) => turn.start_ms <= at && at <= turn.end_ms + 400)?.number;
  return (
    <div aria-live={live ? "polite" : "off"} className="max-h-[62vh] space-y-0.5 overflow-y-auto p-2" tabIndex={0}>
      {lines.map((event) => {
        if (event.type !== "call.turn") return <p key={event.id} className="px-2 py-0.5 pl-14 text-xs text-dim">→ {deed(event)}</p>;
        const turn = (event as { data: Turn }).data;
        return <Line key={event.id} turn={turn} now={at > 0 && turn.number === now} onSeek={onSeek} />;
      })}
      {saying && (
        <p className="flex gap-3 px-2 py-1.5 text-sm italic text-dim">
          <span className="w-9 shrink-0 text-xs not-italic">now</span>{saying.speaker}: {saying.text}…
        </p>
      )}
      <div ref={end} />
    </div>
  );
}

function Line({ turn, now, onSeek }: { turn: Turn; now: boolean; onSeek: (ms: number) => void }) {
  const agent = turn.speaker === "agent";
  const cut = turn.interrupted && turn.intended ? turn.intended.slice(turn.text.length) : "";
  return (
    <button type="button" onClick={() => onSeek(turn.start_ms)} className={cx("flex w-full gap-3 rounded-md px-2 py-1.5 text-left text-sm hover:bg-raised", now && "bg-accent/10")}>
      <span className="w-9 shrink-0 pt-px text-xs text-dim">{duration(turn.start_ms)}</span>
      <span className="min-w-0">
        <span className={cx("mr-2 text-xs font-semibold", agent ? "text-agent" : "text-callee")}>{agent ? "Agent" : "Callee"}</span>
        {turn.text}
        {cut && <span className="text-dim line-through" title="Meant, but not heard">{cut}</span>}
        {turn.by_person && <span className="ml-2 text-xs text-callee">by a person</span>}
        {turn.interrupted && <span className="ml-2 text-xs text-warn">interrupted</span>}
        {turn.latency && <span className="ml-2 whitespace-nowrap text-xs text-dim">{millis(turn.latency.total_ms)}</span>}
      </span>
    </button>
  );
}
