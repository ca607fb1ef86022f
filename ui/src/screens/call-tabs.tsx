/** What is known about a call beside its talk. */
import { useQuery } from "@tanstack/react-query";
import { Badge, cx, Empty, Loaded } from "~/components/basics";
import { Json } from "~/components/copy";
import { Table } from "~/components/table";
import { Time } from "~/components/time";
import type { Schemas } from "~/data/client";
import { callDeliveriesQuery } from "~/data/queries";
import { duration, millis, plain } from "~/data/words";
import type { Turn } from "./call";

export function Outcome({ call, turns, onSeek }: { call: Schemas["Call"]; turns: Turn[]; onSeek: (ms: number) => void }) {
  const { outcome, evidence } = call;
  const said = (outcome?.evidence_turns ?? []).map((number) => turns.find((turn) => turn.number === number)).filter((turn) => !!turn);
  const facts: [string, unknown][] = [
    ["SIP Call-ID", evidence.sip_call_id],
    ["SIP answers", evidence.sip_codes.join(", ")],
    ["SIP reason", evidence.sip_reason],
    ["Q.850 cause", evidence.q850_cause],
    ["Codec", evidence.codec],
    ["Packets sent / received / lost", `${evidence.packets_sent} / ${evidence.packets_received} / ${evidence.packets_lost}`],
    ["Jitter", millis(evidence.jitter_ms)],
    ["Answer to first audio", millis(evidence.answer_to_first_audio_ms)],
    ["BYE came from", plain(evidence.bye_from)],
    ["Why that answer", evidence.answer_detection?.why],
  ];
  return (
    <div className="space-y-4">
      {outcome ? (
        <div className="space-y-2">
          <p className="text-base font-semibold">{plain(outcome.name)}</p>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
            {Object.entries(outcome.slots ?? {}).map(([name, value]) => (
              <div key={name} className="contents"><dt className="text-dim">{plain(name)}</dt><dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd></div>
            ))}
          </dl>
          {said.map((turn) => (
            <button key={turn.number} type="button" onClick={() => onSeek(turn.start_ms)} className="block w-full rounded border-l-2 border-accent bg-raised px-3 py-1.5 text-left text-sm">
              “{turn.text}” <span className="text-xs text-dim">{turn.speaker}, {duration(turn.start_ms)}</span>
            </button>
          ))}
        </div>
      ) : <p className="text-sm text-dim">{call.ended_at ? "No outcome: the talk did not come to one." : "No outcome yet: it is known when the call ends."}</p>}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 border-t border-line pt-3 text-sm">
        {(call.ended_at && call.dialed_at ? facts : []).filter(([, value]) => value != null && value !== "" && value !== "–").map(([name, value]) => (
          <div key={name} className="contents"><dt className="text-dim">{name}</dt><dd className="break-all">{String(value)}</dd></div>
        ))}
      </dl>
      {Object.keys(call.variables ?? {}).length > 0 && <details><summary className="cursor-pointer text-sm text-dim">Variables</summary><Json value={call.variables} /></details>}
    </div>
  );
}

const PARTS = [
  ["endpoint_ms", "Waiting for the end", "bg-dim"],
  ["stt_ms", "Speech to text", "bg-callee"],
  ["dialog_ms", "Dialog", "bg-warn"],
  ["tts_ms", "Text to speech", "bg-agent"],
  ["egress_ms", "Out", "bg-good"],
] as const;

/** How long the callee waited for each answer, and for whom. */
export function Latency({ turns }: { turns: Turn[] }) {
  const timed = turns.filter((turn) => turn.latency);
  if (!timed.length) return <Empty title="No answers were timed">They are once the callee has spoken.</Empty>;
  const most = Math.max(...timed.map((turn) => turn.latency?.total_ms ?? 0), 1);
  return (
    <div className="space-y-2">
      <ul className="flex flex-wrap gap-3 text-xs text-dim">
        {PARTS.map(([key, label, tone]) => <li key={key} className="flex items-center gap-1.5"><span className={cx("size-2 rounded-sm", tone)} />{label}</li>)}
      </ul>
      {timed.map((turn) => (
        <div key={turn.number} className="grid grid-cols-[2.5rem_1fr_4.5rem] items-center gap-2 text-xs" title={PARTS.map(([key, label]) => `${label} ${millis(turn.latency?.[key])}`).join(", ")}>
          <span className="text-dim">{duration(turn.start_ms)}</span>
          <span className="flex h-3 overflow-hidden rounded-sm bg-raised">
            {PARTS.map(([key, , tone]) => <span key={key} className={tone} style={{ width: `${((turn.latency?.[key] ?? 0) / most) * 100}%` }} />)}
          </span>
          <span className="text-right">{millis(turn.latency?.total_ms)}</span>
        </div>
      ))}
    </div>
  );
}

export function CallWebhooks({ call }: { call: string }) {
  const query = useQuery(callDeliveriesQuery(call));
  return (
    <Loaded query={query} rows={3}>
      {({ items }) => items.length ? (
        <Table rows={items} of={(row) => row.id} columns={[
          { name: "Event", cell: (row) => row.event },
          { name: "State", cell: (row) => <Badge tone={row.state === "delivered" ? "good" : row.state === "dead" ? "bad" : "dim"}>{row.state}</Badge> },
          { name: "Tries", cell: (row) => row.attempts, right: true },
          { name: "When", cell: (row) => <Time at={row.created_at} /> },
        ]} />
      ) : <Empty title="No webhook was sent for this call">Endpoints are added under Webhooks; they get what happens from then on.</Empty>}
    </Loaded>
  );
}
