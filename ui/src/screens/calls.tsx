/** The call log: filters in the address, rows as they are needed, new ones as they come. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Download, PhoneOutgoing } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Badge, Button, cx, Empty, Input, Page, Select, Skeleton, Trouble } from "~/components/basics";
import { PlaceCall } from "~/components/place-call";
import { Time } from "~/components/time";
import type { Schemas } from "~/data/client";
import { type CallFilters, dayBounds, LIVE, STATUSES } from "~/data/filters";
import { useLiveCalls } from "~/data/live";
import { agentsQuery, callsQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { duration, plain, toneOfStatus } from "~/data/words";

const ROW = 38;
const GRID = "grid grid-cols-[8.5rem_10.5rem_minmax(8rem,1fr)_minmax(8rem,1fr)_minmax(8rem,1.2fr)_5.5rem_5rem] items-center gap-3 px-3";

export function Calls() {
  const filters = useSearch({ from: "/inside/calls" });
  const navigate = useNavigate({ from: "/calls" });
  const [placing, setPlacing] = useState(false);
  const open = useLiveCalls();
  const query = useInfiniteQuery(callsQuery(filters));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const set = (changed: Partial<CallFilters>) => void navigate({ search: (old) => ({ ...old, ...changed }), replace: true });
  const filtered = Object.values(filters).some(Boolean);
  const mayCall = useMay("calls:write");
  return (
    <Page
      title={<>Calls <Badge tone={open ? "good" : "dim"} pulse={open}>{open ? "live" : "connecting"}</Badge></>}
      actions={
        <>
          <Export filters={filters} />
          {mayCall && <Button kind="primary" onClick={() => setPlacing(true)}><PhoneOutgoing />Place a call</Button>}
        </>
      }
    >
      <Filters filters={filters} set={set} />
      <Trouble error={query.error} />
      <div className="card overflow-hidden">
        {query.isPending ? <Skeleton rows={10} /> : rows.length ? <Log rows={rows} query={query} /> : (
          <Empty
            title={filtered ? "No call fits these filters" : "No calls yet"}
            action={filtered ? <Button onClick={() => void navigate({ search: {} })}>Clear filters</Button> : mayCall && <Button kind="primary" onClick={() => setPlacing(true)}>Place the first call</Button>}
          >
            {!filtered && "Place one here, or with POST /v1/calls and an API key. It appears as soon as it is accepted."}
          </Empty>
        )}
      </div>
      <PlaceCall open={placing} onClose={() => setPlacing(false)} />
    </Page>
  );
}

function Filters({ filters, set }: { filters: CallFilters; set: (changed: Partial<CallFilters>) => void }) {
  const agents = useQuery(agentsQuery);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Select aria-label="Status" className="!w-36" value={filters.status ?? ""} onChange={(event) => set({ status: (event.target.value || undefined) as CallFilters["status"] })}>
        <option value="">Any status</option>
        {STATUSES.map((status) => <option key={status} value={status}>{plain(status)}</option>)}
      </Select>
      <Select aria-label="Agent" className="!w-44" value={filters.agent ?? ""} onChange={(event) => set({ agent: event.target.value || undefined })}>
        <option value="">Any agent</option>
        {agents.data?.items.map((agent) => <option key={agent.id} value={agent.slug}>{agent.slug}</option>)}
      </Select>
      <Input
        key={filters.to}
        aria-label="Number that was called"
        placeholder="Number, then Enter"
        className="!w-48"
        defaultValue={filters.to}
        onKeyDown={(event) => event.key === "Enter" && set({ to: event.currentTarget.value.trim() || undefined })}
        onBlur={(event) => (event.target.value.trim() || undefined) !== filters.to && set({ to: event.target.value.trim() || undefined })}
      />
      <Input aria-label="From day" type="date" className="!w-36" value={filters.from ?? ""} onChange={(event) => set({ from: event.target.value || undefined })} />
      <span className="text-dim">to</span>
      <Input aria-label="Until day" type="date" className="!w-36" value={filters.until ?? ""} onChange={(event) => set({ until: event.target.value || undefined })} />
    </div>
  );
}

type Rows = Schemas["Call"][];

function Log({ rows, query }: { rows: Rows; query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  const navigate = useNavigate();
  const scroll = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroll.current, estimateSize: () => ROW, overscan: 12 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last > rows.length - 20 && query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  }, [last, rows.length, query]);
  const openCall = (call: string) => void navigate({ to: "/calls/$call", params: { call } });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest("input, select, textarea, [role=dialog]") || event.metaKey || event.ctrlKey) return;
      const step = { j: 1, k: -1 }[event.key];
      if (step) {
        const next = Math.min(rows.length - 1, Math.max(0, at + step));
        setAt(next);
        virtual.scrollToIndex(next);
      } else if (event.key === "Enter" && rows[at]) openCall(rows[at].id);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  return (
    <div className="overflow-x-auto">
      <div role="table" aria-label="Calls" aria-rowcount={rows.length} className="min-w-[960px]">
        <div role="row" className={cx(GRID, "h-9 border-b border-line text-xs font-medium text-dim")}>
          {["Status", "When", "To", "Agent", "Outcome", "Talk", "Cost"].map((name) => <span role="columnheader" key={name}>{name}</span>)}
        </div>
        <div ref={scroll} role="rowgroup" tabIndex={0} className="max-h-[calc(100vh-14rem)] overflow-y-auto">
          <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const call = rows[item.index] as Schemas["Call"];
              return (
                <div
                  role="row"
                  key={call.id}
                  onClick={() => openCall(call.id)}
                  style={{ height: ROW, transform: `translateY(${item.start}px)` }}
                  className={cx(GRID, "absolute inset-x-0 top-0 cursor-pointer border-b border-line text-sm hover:bg-raised/60", item.index === at && "bg-raised")}
                >
                  <Row call={call} />
                </div>
              );
            })}
          </div>
        </div>
        <p className="border-t border-line px-3 py-1.5 text-xs text-dim">
          {rows.length} loaded{query.hasNextPage ? ", more below" : ""} · j and k move, Enter opens
        </p>
      </div>
    </div>
  );
}

function Row({ call }: { call: Schemas["Call"] }) {
  return (
    <>
      <span role="cell"><Badge tone={toneOfStatus(call.status)} pulse={LIVE.includes(call.status)}>{plain(call.status)}</Badge></span>
      <span role="cell" className="truncate text-dim"><Time at={call.created_at} /></span>
      <span role="cell" className="truncate font-mono text-xs">{call.to}</span>
      <span role="cell" className="truncate">{call.agent}</span>
      <span role="cell" className="truncate">{plain(call.outcome?.name) || <span className="text-dim">{plain(call.end_reason)}</span>}</span>
      <span role="cell">{duration(call.duration_ms)}</span>
      <span role="cell" className="text-dim">{call.cost ?? "–"}</span>
    </>
  );
}

/** All calls of the filters, from the server. */
function Export({ filters }: { filters: CallFilters }) {
  const { from, until, ...rest } = filters;
  const query = new URLSearchParams(Object.entries({ ...rest, ...dayBounds(from, until) }).filter((one): one is [string, string] => !!one[1]));
  return <a href={`/v1/calls.csv?${query}`} download="calls.csv" className="inline-flex"><Button tabIndex={-1}><Download />CSV</Button></a>;
}
