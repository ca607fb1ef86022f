/** How it goes: what is live, what came of the last days, and what wants to be mended. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Badge, Card, Empty, Figure, Loaded, Page, Select, Skeleton } from "~/components/basics";
import type { Schemas } from "~/data/client";
import { useStatistics } from "~/data/figures";
import { LIVE } from "~/data/filters";
import { useLiveCalls } from "~/data/live";
import { agentsQuery, callsQuery } from "~/data/queries";
import { millis, plain, remedyFor, toneOfStatus } from "~/data/words";
import { Checklist } from "./overview-checklist";

const DaysChart = lazy(() => import("./overview-chart"));
const SPANS: Record<number, string> = { 1: "Today", 7: "7 days", 14: "14 days", 30: "30 days", 90: "90 days" };
const share = (part: number, whole: number) => (whole ? `${Math.round((part / whole) * 100)} %` : "–");

export function Overview() {
  useLiveCalls();
  const { days = 7, agent } = useSearch({ from: "/inside/" });
  const navigate = useNavigate({ from: "/" });
  const statistics = useStatistics(days, agent);
  const agents = useQuery(agentsQuery).data?.items ?? [];
  return (
    <Page
      title="Overview"
      lead="What happens right now, and what became of the calls before."
      actions={
        <>
          <Select aria-label="Agent" className="!w-44" value={agent ?? ""} onChange={(event) => void navigate({ search: (old) => ({ ...old, agent: event.target.value || undefined }) })}>
            <option value="">All agents</option>
            {agents.map((one) => <option key={one.id}>{one.slug}</option>)}
          </Select>
          <Select aria-label="Span" className="!w-28" value={days} onChange={(event) => void navigate({ search: (old) => ({ ...old, days: Number(event.target.value) }) })}>
            {Object.entries(SPANS).map(([count, label]) => <option key={count} value={count}>{label}</option>)}
          </Select>
        </>
      }
    >
      <Checklist />
      <Loaded query={statistics} rows={10}>{(found) => <Shown found={found} agent={agent} />}</Loaded>
    </Page>
  );
}

function Shown({ found, agent }: { found: Schemas["Statistics"]; agent?: string }) {
  const { latency, cost, calls, answered } = found;
  return (
    <>
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-3 xl:grid-cols-6">
        <Figure label="Live now" value={found.live} note={`${found.queued} queued`} tone={found.live ? "accent" : undefined} />
        <Figure label="Calls" value={calls} note={`${found.days.at(-1)?.calls ?? 0} today`} />
        <Figure label="Connect rate" value={share(answered, calls)} note={`${answered} answered`} />
        <Figure label="Response, p50" value={millis(latency.p50_ms)} note={`over ${latency.turns} turns`} />
        <Figure label="Response, p95" value={millis(latency.p95_ms)} note="until the agent answers" tone={(latency.p95_ms ?? 0) > 2_000 ? "warn" : undefined} />
        <Figure label="Cost" value={cost.length ? cost.map((one) => one.amount).join(" + ") : "–"} note={cost.map((one) => one.currency).join(" + ") || "calls are not charged"} />
      </div>
      <Card title="Calls by day">
        <Suspense fallback={<Skeleton rows={4} />}><DaysChart days={found.days} /></Suspense>
      </Card>
      <div className="grid items-start gap-4 lg:grid-cols-3">
        <LiveCalls agent={agent} />
        <Shares outcomes={found.outcomes} />
        <Card title="What wants mending">
          <Failures reasons={found.end_reasons} agent={agent} />
        </Card>
      </div>
    </>
  );
}

function LiveCalls({ agent }: { agent?: string }) {
  const live = (useInfiniteQuery(callsQuery({ agent })).data?.pages[0]?.items ?? []).filter((call) => LIVE.includes(call.status));
  return (
    <Card title="Live calls">
      {live.length ? (
        <ul className="divide-y divide-line">
          {live.slice(0, 8).map((call) => (
            <li key={call.id}>
              <Link to="/calls/$call" params={{ call: call.id }} className="flex items-center justify-between gap-2 px-3 py-2 text-sm hover:bg-raised">
                <span className="truncate font-mono text-xs">{call.to}</span><span className="truncate text-xs text-dim">{call.agent}</span><Badge tone={toneOfStatus(call.status)} pulse>{plain(call.status)}</Badge>
              </Link>
            </li>
          ))}
        </ul>
      ) : <Empty title="No call is live">They appear here as they are dialled.</Empty>}
    </Card>
  );
}

function Shares({ outcomes }: { outcomes: Schemas["Statistics"]["outcomes"] }) {
  const most = Math.max(1, ...outcomes.map((one) => one.calls));
  const all = outcomes.reduce((sum, one) => sum + one.calls, 0);
  return (
    <Card title="Outcomes">
      {outcomes.length ? (
        <ul className="space-y-2 p-3">
          {outcomes.slice(0, 8).map(({ name, calls }) => (
            <li key={name} className="text-sm">
              <span className="flex justify-between"><span>{plain(name)}</span><span className="text-dim">{calls} · {share(calls, all)}</span></span>
              <span className="mt-0.5 block h-1.5 rounded-full bg-raised"><span className="block h-full rounded-full bg-accent" style={{ width: `${(calls / most) * 100}%` }} /></span>
            </li>
          ))}
        </ul>
      ) : <Empty title="No outcomes yet">A talk that comes to one is counted here.</Empty>}
    </Card>
  );
}

function Failures({ reasons, agent }: { reasons: Schemas["Statistics"]["end_reasons"]; agent?: string }) {
  const removable = reasons.filter((one) => remedyFor(one.reason));
  if (!removable.length) return <Empty title="Nothing">No call failed for a reason that you could remove.</Empty>;
  return (
    <ul className="divide-y divide-line">
      {removable.slice(0, 5).map(({ reason, calls }) => (
        <li key={reason} className="px-3 py-2 text-sm">
          <span className="flex justify-between gap-2"><b>{plain(reason)}</b><Link to="/calls" search={{ status: "failed", agent }} className="text-xs text-dim underline">{calls} {calls === 1 ? "call" : "calls"}</Link></span>
          <span className="text-dim">{remedyFor(reason)}</span>
        </li>
      ))}
    </ul>
  );
}
