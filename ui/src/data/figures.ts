/** Figures of the last days: from the server's statistics, or counted from lists where it has none yet. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { api, take } from "./client";
import { type Statistics, useOffers } from "./coming";
import { LIVE } from "./filters";

const dayBack = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);

const statisticsQuery = (days: number, agent: string | undefined, offered: boolean) =>
  queryOptions({
    queryKey: ["statistics", days, agent, offered],
    // The database adds up all calls of the span: not at every event.
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
    queryFn: () => {
      const from = `${dayBack(days - 1)}T00:00:00Z`;
      return offered ? take(api.GET("/v1/statistics", { params: { query: { from, agent } } })) : counted(from, days, agent);
    },
  });

export const useStatistics = (days: number, agent?: string) => useQuery(statisticsQuery(days, agent, useOffers("/v1/statistics")));

const tally = (names: string[]) => [...names.reduce((counts, name) => counts.set(name, (counts.get(name) ?? 0) + 1), new Map<string, number>())].sort((a, b) => b[1] - a[1]);

async function counted(from: string, days: number, agent?: string): Promise<Statistics> {
  const usage = await take(api.GET("/v1/usage", { params: { query: { from } } }));
  const { items } = await take(api.GET("/v1/calls", { params: { query: { agent, limit: 100 } as never } }));
  const rows = usage.items.filter((row) => !agent || row.agent === agent);
  const sum = (of: "calls" | "answered", day?: string) => rows.filter((row) => !day || row.day.startsWith(day)).reduce((total, row) => total + row[of], 0);
  const cost = rows.reduce((total, row) => total + Number(row.cost), 0);
  const over = items.filter((call) => !LIVE.includes(call.status));
  return {
    calls: sum("calls"),
    answered: sum("answered"),
    live: items.filter((call) => LIVE.includes(call.status) && call.status !== "queued").length,
    queued: items.filter((call) => call.status === "queued").length,
    outcomes: tally(over.flatMap((call) => (call.outcome ? [call.outcome.name] : []))).map(([name, calls]) => ({ name, calls })),
    end_reasons: tally(over.flatMap((call) => (call.end_reason ? [call.end_reason] : []))).map(([reason, calls]) => ({ reason, calls })),
    latency: { turns: 0, p50_ms: null, p95_ms: null },
    cost: cost ? [{ currency: "", amount: cost.toFixed(2) }] : [],
    days: Array.from({ length: days }, (_, index) => dayBack(days - 1 - index)).map((day) => ({ day, calls: sum("calls", day), answered: sum("answered", day) })),
  };
}
