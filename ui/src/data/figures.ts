/** Figures of the last days, summed by the server. */
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { api, take } from "./client";

const dayBack = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);

const statisticsQuery = (days: number, agent: string | undefined) =>
  queryOptions({
    queryKey: ["statistics", days, agent],
    // The database adds up all calls of the span: not at every event.
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
    queryFn: () => take(api.GET("/v1/statistics", { params: { query: { from: `${dayBack(days - 1)}T00:00:00Z`, agent } } })),
  });

export const useStatistics = (days: number, agent?: string) => useQuery(statisticsQuery(days, agent));
