/** Every fact on one clock, as a ladder: this side, the far end, and what went between them. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { cx, Empty } from "~/components/basics";
import type { Schemas } from "~/data/client";
import { ladder, type Rung } from "~/data/ladder";
import { callSipQuery } from "~/data/queries";
import { millis } from "~/data/words";
import type { Event } from "./call";

const TONE: Record<Rung["kind"], string> = { sip: "text-ink", voice: "text-dim", keys: "text-warn", fact: "text-dim", trouble: "text-bad" };

/** The clock starts with the answer where there was one. */
export function Timeline({ events, call }: { events: Event[]; call: Schemas["Call"] }) {
  const start = Date.parse(call.answered_at ?? call.created_at);
  const { data: sip, isFetched } = useQuery(callSipQuery(call));
  const rungs = ladder(events, call, sip?.items);
  if (!rungs.length) return <Empty title="No events yet" />;
  return (
    <div>
      <div className="grid grid-cols-[4.5rem_1fr] gap-2 pb-1 text-xs font-medium text-dim" aria-hidden>
        <span /><span className="flex justify-between"><span>Outdial</span><span>Far end</span></span>
      </div>
      <ol className="relative max-h-[60vh] overflow-y-auto" tabIndex={0}>
        {rungs.map((rung) => {
          const offset = Date.parse(rung.at) - start;
          return (
            <li key={rung.key} className="grid grid-cols-[4.5rem_1fr] gap-2 text-sm">
              <span className="py-1 text-right text-xs text-dim" title={rung.at}>{offset < 0 ? "−" : "+"}{millis(Math.abs(offset))}</span>
              <span className="relative min-w-0 border-x border-line px-2 py-1">
                {rung.way === "here" ? <Here rung={rung} /> : <Arrow rung={rung} />}
              </span>
            </li>
          );
        })}
      </ol>
      {isFetched && !sip?.items.length && <p className="pt-1 text-xs text-dim">{nothingOnTheWire(events)}</p>}
      {!!sip?.left_out && <p className="pt-1 text-xs text-dim">{sip.left_out} later SIP messages were not kept.</p>}
    </div>
  );
}

/** Why no message can be opened: none ever left, or none is there. */
const nothingOnTheWire = (events: Event[]) =>
  events.some((event) => event.type === "call.dialing")
    ? "No SIP messages of this call are kept: they are written a moment after its end, and go with what was said in it."
    : "This call was never dialled: no SIP message left.";

function Here({ rung }: { rung: Rung }) {
  return (
    <>
      <span aria-hidden className={cx("absolute -left-1 top-2.5 size-2 rounded-full", rung.kind === "trouble" ? "bg-bad" : "bg-dim")} />
      <span className={cx("block break-words", TONE[rung.kind])}><b className="font-medium">{rung.text}</b>{rung.note && <span className="text-dim"> {rung.note}</span>}</span>
    </>
  );
}

function Arrow({ rung }: { rung: Rung }) {
  const [open, setOpen] = useState(false);
  const out = rung.way === "out";
  const line = rung.kind === "voice" ? (out ? "border-agent/50 text-agent" : "border-callee/50 text-callee") : "border-ink/40 text-ink";
  return (
    <span className={cx("block", out ? "text-left" : "text-right")}>
      <span className="sr-only">{out ? "sent: " : "received: "}</span>
      <span className={cx("break-words", TONE[rung.kind])}>
        {rung.message ? (
          <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} className="font-mono text-xs font-semibold underline decoration-dotted underline-offset-4 hover:decoration-solid">{rung.text}</button>
        ) : rung.kind === "voice" ? rung.text : <b className="font-mono text-xs font-semibold">{rung.text}</b>}
        {rung.note && <span className="text-xs text-dim"> {rung.note}</span>}
      </span>
      <span aria-hidden className={cx("relative -mx-2 block h-1.5 border-b", rung.kind === "voice" && "border-dashed", line)}>
        <span className={cx("absolute -bottom-1 size-0 border-y-4 border-y-transparent", out ? "right-0 border-l-[6px] border-l-current" : "left-0 border-r-[6px] border-r-current")} />
      </span>
      {open && <pre tabIndex={0} aria-label={`${rung.text}, the whole message`} className="my-2 max-h-72 overflow-auto rounded-md border border-line bg-bg p-2 text-left font-mono text-xs">{rung.message}</pre>}
    </span>
  );
}
