/** How it goes: what is live, what came of the last days, and what wants to be mended. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, Circle } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import { Badge, Card, cx, Empty, Figure, Loaded, Page, Skeleton } from "~/components/basics";
import { Time } from "~/components/time";
import { LIVE } from "~/data/filters";
import { useLiveCalls } from "~/data/live";
import { agentsQuery, callsQuery, keysQuery, numbersQuery, usageQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { duration, plain, remedyFor, toneOfStatus } from "~/data/words";

const DaysChart = lazy(() => import("./overview-chart"));
const DAYS = 14;
const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);

export function Overview() {
  useLiveCalls();
  const query = useInfiniteQuery(callsQuery({}));
  const usage = useQuery(usageQuery(`${day(DAYS - 1)}T00:00:00Z`));
  const days = useMemo(() => {
    const found = new Map<string, { calls: number; answered: number; talk: number; cost: number }>();
    for (let back = DAYS - 1; back >= 0; back--) found.set(day(back), { calls: 0, answered: 0, talk: 0, cost: 0 });
    for (const row of usage.data?.items ?? []) {
      const sum = found.get(row.day.slice(0, 10));
      if (!sum) continue;
      sum.calls += row.calls;
      sum.answered += row.answered;
      sum.talk += row.talk_ms;
      sum.cost += Number(row.cost);
    }
    return [...found].map(([name, sum]) => ({ day: name, ...sum }));
  }, [usage.data]);
  const calls = query.data?.pages[0]?.items ?? [];
  const live = calls.filter((call) => LIVE.includes(call.status));
  const over = calls.filter((call) => !LIVE.includes(call.status));
  const sum = (of: (one: (typeof days)[number]) => number) => days.reduce((total, one) => total + of(one), 0);
  const [placed, answered] = [sum((one) => one.calls), sum((one) => one.answered)];
  return (
    <Page title="Overview" lead={`The last ${DAYS} days, and what happens right now.`}>
      <Checklist called={calls.length > 0} />
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-5">
        <Figure label="Live now" value={live.filter((call) => call.status !== "queued").length} note={`${live.filter((call) => call.status === "queued").length} queued`} tone={live.length ? "accent" : undefined} />
        <Figure label="Calls" value={placed} note={`${days.at(-1)?.calls ?? 0} today`} />
        <Figure label="Connect rate" value={placed ? `${Math.round((answered / placed) * 100)} %` : "–"} note={`${answered} answered`} />
        <Figure label="Talk per answered call" value={answered ? duration(sum((one) => one.talk) / answered) : "–"} note={`${duration(sum((one) => one.talk))} in all`} />
        <Figure label="Cost" value={sum((one) => one.cost).toFixed(2)} note="of finished calls" />
      </div>
      <Card title="Calls by day">
        <Loaded query={usage} rows={4}>{() => <Suspense fallback={<Skeleton rows={4} />}><DaysChart days={days} /></Suspense>}</Loaded>
      </Card>
      <div className="grid items-start gap-4 lg:grid-cols-3">
        <Card title="Live calls">
          {live.length ? <ul className="divide-y divide-line">{live.slice(0, 8).map((call) => (
            <li key={call.id}><Link to="/calls/$call" params={{ call: call.id }} className="flex items-center justify-between gap-2 px-3 py-2 text-sm hover:bg-raised"><span className="truncate font-mono text-xs">{call.to}</span><Badge tone={toneOfStatus(call.status)} pulse>{plain(call.status)}</Badge></Link></li>
          ))}</ul> : <Empty title="No call is live">They appear here as they are dialled.</Empty>}
        </Card>
        <Shares title="Outcomes" note={`of the last ${over.length} calls`} names={over.flatMap((call) => (call.outcome ? [call.outcome.name] : []))} />
        <Card title="What wants mending">
          <Failures calls={over} />
        </Card>
      </div>
    </Page>
  );
}

function counted(names: string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function Shares({ title, note, names }: { title: string; note: string; names: string[] }) {
  const counts = counted(names);
  const most = counts[0]?.[1] ?? 1;
  return (
    <Card title={title} actions={<span className="text-xs text-dim">{note}</span>}>
      {counts.length ? (
        <ul className="space-y-2 p-3">
          {counts.slice(0, 8).map(([name, count]) => (
            <li key={name} className="text-sm"><span className="flex justify-between"><span>{plain(name)}</span><span className="text-dim">{count}</span></span><span className="mt-0.5 block h-1.5 rounded-full bg-raised"><span className="block h-full rounded-full bg-accent" style={{ width: `${(count / most) * 100}%` }} /></span></li>
          ))}
        </ul>
      ) : <Empty title="No outcomes yet">A talk that comes to one is counted here.</Empty>}
    </Card>
  );
}

function Failures({ calls }: { calls: { end_reason?: string | null; ended_at?: string | null }[] }) {
  const reasons = counted(calls.flatMap((call) => (remedyFor(call.end_reason) ? [call.end_reason as string] : [])));
  if (!reasons.length) return <Empty title="Nothing">No call of late failed for a reason that you could remove.</Empty>;
  return (
    <ul className="divide-y divide-line">
      {reasons.slice(0, 5).map(([reason, count]) => (
        <li key={reason} className="px-3 py-2 text-sm"><span className="flex justify-between gap-2"><b>{plain(reason)}</b><span className="text-xs text-dim">{count} · last <Time at={calls.find((call) => call.end_reason === reason)?.ended_at} /></span></span><span className="text-dim">{remedyFor(reason)}</span></li>
      ))}
    </ul>
  );
}

/** The way of a new installation to its first call; gone once it was walked. */
function Checklist({ called }: { called: boolean }) {
  const numbers = useQuery(numbersQuery);
  const agents = useQuery(agentsQuery);
  const mayKeys = useMay("keys:read");
  const keys = useQuery({ ...keysQuery, enabled: mayKeys });
  if (!numbers.data || !agents.data) return null;
  const steps = [
    { to: "/telephony", done: numbers.data.items.length > 0, label: "Add a trunk and a number to call from" },
    { to: "/agents", done: agents.data.items.some((agent) => agent.state === "published"), label: "Publish an agent" },
    { to: "/calls", done: called, label: "Place a call" },
    ...(mayKeys ? [{ to: "/keys", done: (keys.data?.items.length ?? 0) > 1, label: "Make a key for your program" }] : []),
  ] as const;
  if (steps.every((step) => step.done)) return null;
  return (
    <Card title="First steps">
      <ol className="grid gap-1 p-2 sm:grid-cols-2 xl:grid-cols-4">
        {steps.map((step) => (
          <li key={step.to}><Link to={step.to} className="flex items-center gap-2 rounded-md px-2 py-1.5 text-sm hover:bg-raised">{step.done ? <Check className="size-4 text-good" aria-label="done" /> : <Circle className="size-4 text-dim" aria-label="to do" />}<span className={cx(step.done && "text-dim line-through")}>{step.label}</span></Link></li>
        ))}
      </ol>
    </Card>
  );
}
