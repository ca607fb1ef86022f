/** One call on one clock: what was heard, what was said, what happened, and what it led to. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Download, PhoneOff } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { toast } from "sonner";
import { Badge, Button, Card, Figure, Loaded, Page, Skeleton } from "~/components/basics";
import { Confirm } from "~/components/dialog";
import { CopyButton, Json } from "~/components/copy";
import { Tabs } from "~/components/tabs";
import { Time } from "~/components/time";
import { api, type Schemas, take } from "~/data/client";
import { LIVE } from "~/data/filters";
import { useLiveCall } from "~/data/live";
import { callEventsQuery, callQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { duration, millis, percentile, plain, remedyFor, toneOfStatus } from "~/data/words";
import { LiveControl } from "./call-live";
import { Timeline } from "./call-ladder";
import { CallWebhooks, Latency, Outcome } from "./call-tabs";
import { Talk } from "./call-talk";

const Player = lazy(() => import("./call-player"));
export type Turn = Schemas["Turn"];
export type Event = Schemas["CallEvent"];

export function CallPage() {
  const { call: id } = useParams({ from: "/inside/calls/$call" });
  const query = useQuery(callQuery(id));
  return <Loaded query={query} rows={12}>{(call) => <Shown call={call} id={id} />}</Loaded>;
}

function Shown({ call, id }: { call: Schemas["Call"]; id: string }) {
  const live = LIVE.includes(call.status);
  const saying = useLiveCall(id, live);
  const events = useQuery(callEventsQuery(id)).data?.items ?? [];
  const [at, setAt] = useState(0);
  const [seek, setSeek] = useState<{ ms: number } | null>(null);
  const turns = useMemo(() => events.filter((event) => event.type === "call.turn").map((event) => (event as { data: Turn }).data), [events]);
  const totals = turns.flatMap((turn) => (turn.latency ? [turn.latency.total_ms] : []));
  const remedy = remedyFor(call.end_reason);
  return (
    <Page
      title={<>Call to <span className="font-mono">{call.to}</span> <Badge tone={toneOfStatus(call.status)} pulse={live}>{plain(call.status)}</Badge></>}
      lead={<>Agent <Link className="text-accent underline" to="/agents/$agent" params={{ agent: call.agent }}>{call.agent}</Link> from <span className="font-mono">{call.from}</span> · <span className="font-mono text-xs">{call.id}</span> <CopyButton text={call.id} label="Copy the call's id" /></>}
      actions={<Actions call={call} live={live} />}
    >
      {remedy && <p className="rounded-md border border-warn/30 bg-warn/10 px-3 py-2 text-sm text-warn">{remedy}</p>}
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-5">
        <Figure label={live ? "State" : "Ended as"} value={live ? plain(call.status) : plain(call.end_reason) || "–"} note={call.blame && `by ${plain(call.blame)}`} />
        <Figure label="Answered by" value={plain(call.answered_by)} note={call.answered_at ? `${Math.round(call.answered_by_confidence * 100)} % sure` : "not answered"} />
        <Figure label="Talk" value={live && call.answered_at ? <Ticking since={call.answered_at} /> : duration(call.duration_ms)} note={<Time at={call.created_at} />} />
        <Figure label="Response p50 / p95" value={millis(percentile(totals, 0.5))} note={`p95 ${millis(percentile(totals, 0.95))} over ${totals.length} turns`} />
        <Figure label="Cost" value={call.cost ?? "–"} note={call.price?.currency} />
      </div>
      {call.status === "in_progress" && <LiveControl call={call} />}
      {call.recording_url && (
        <Card title="Recording" actions={<span className="text-xs"><span className="text-agent">■ agent</span> <span className="text-callee">■ callee</span></span>}>
          <Suspense fallback={<Skeleton rows={3} />}>
            <Player call={id} length={call.duration_ms} seek={seek} onTime={setAt} />
          </Suspense>
        </Card>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
        <Card title={live ? "Live transcript" : "Transcript"} actions={<span className="text-xs text-dim">{turns.length} turns</span>}>
          <Talk turns={turns} events={events} at={call.recording_url ? at : -1} saying={saying} live={live} purged={!!call.content_purged_at} onSeek={(ms) => setSeek({ ms })} />
        </Card>
        <Card>
          <Tabs
            label="About this call"
            tabs={[
              { id: "outcome", label: "Outcome", body: <Outcome call={call} turns={turns} onSeek={(ms) => setSeek({ ms })} /> },
              { id: "timeline", label: "Timeline", body: <Timeline events={events} call={call} /> },
              { id: "latency", label: "Latency", body: <Latency turns={turns} /> },
              { id: "webhooks", label: "Webhooks", body: <CallWebhooks call={call.id} /> },
              { id: "raw", label: "Raw", body: <Json value={{ call, events }} /> },
            ]}
          />
        </Card>
      </div>
    </Page>
  );
}

/** The talk's length, while it grows. */
function Ticking({ since }: { since: string }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return duration(Math.max(0, now - Date.parse(since)));
}

function Actions({ call, live }: { call: Schemas["Call"]; live: boolean }) {
  const may = useMay("calls:write");
  const hangUp = async () => {
    await take(api.POST("/v1/calls/{call}/hangup", { params: { path: { call: call.id } } }));
    toast.success("The call is being ended.");
  };
  return (
    <>
      {call.recording_url && (
        <a href={`/v1/calls/${call.id}/recording`} download={`${call.id}.wav`} className="inline-flex"><Button tabIndex={-1}><Download />WAV</Button></a>
      )}
      {live && may && <Confirm label="Hang up" icon={<PhoneOff />} title="End this call?" lead="The callee hears nothing more. Queued calls are not dialled." onConfirm={hangUp} />}
    </>
  );
}
