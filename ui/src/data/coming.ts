/** Routes that the server is about to have, in the form of the made client: this file goes when docs/openapi.json holds them. */
import { queryOptions, useQuery } from "@tanstack/react-query";

type Json<T> = { headers: Record<string, unknown>; content: { "application/json": T } };
type None = { query?: never; header?: never; path?: never; cookie?: never };
type Get<Answer, Params> = { parameters: None; get: { parameters: Params & { header?: never; cookie?: never }; requestBody?: never; responses: { 200: Json<Answer> } } };
type Post<Answer, Params, Body> = { parameters: None; post: { parameters: Params & { header?: never; cookie?: never }; requestBody: { content: { "application/json": Body } }; responses: { 200: Json<Answer> } } };
type At<Name extends string> = { query?: never; path: Record<Name, string> };
type Nowhere = { query?: never; path?: never };

export interface Statistics {
  calls: number;
  answered: number;
  live: number;
  queued: number;
  outcomes: { name: string; calls: number }[];
  end_reasons: { reason: string; calls: number }[];
  latency: { turns: number; p50_ms: number | null; p95_ms: number | null };
  cost: { currency: string; amount: string }[];
  days: { day: string; calls: number; answered: number }[];
}
export interface TrunkHealth {
  state: "up" | "down" | "unknown";
  checked_at: string | null;
  last_error: string | null;
  live_calls: number;
  answer_rate: number | null;
}
export interface TrunkTest {
  ok: boolean;
  answer?: string | null;
  rtt_ms?: number | null;
  error?: string | null;
}
export interface Voice {
  id: string;
  provider: string;
  name: string;
  language?: string | null;
}
export interface ToolTest {
  ok: boolean;
  status?: number | null;
  result?: unknown;
  error?: string | null;
  took_ms: number;
}
export interface Provider {
  kind: string;
  name: string;
  local: boolean;
  configured: boolean;
  detail?: string | null;
}
export interface ProviderTest {
  ok: boolean;
  took_ms: number;
  error?: string | null;
}
export interface Peaks {
  per_second: number;
  callee: number[];
  agent: number[];
}

/** What a turn of a live call says beside what it said before. */
export interface ByPerson {
  by_person?: boolean;
}

export interface ComingPaths {
  "/v1/statistics": Get<Statistics, { query?: { from?: string; to?: string; agent?: string }; path?: never }>;
  "/v1/voices": Get<{ items: Voice[] }, Nowhere>;
  "/v1/providers": Get<{ items: Provider[] }, Nowhere>;
  "/v1/permissions": Get<{ items: { name: string; words: string }[] }, Nowhere>;
  "/v1/calls/{call}/recording/peaks": Get<Peaks, { query?: { per_second?: number }; path: { call: string } }>;
  "/v1/calls/{call}/say": Post<unknown, At<"call">, { text: string; interrupt?: boolean }>;
  "/v1/calls/{call}/note": Post<unknown, At<"call">, { text: string }>;
  "/v1/calls/{call}/transfer": Post<unknown, At<"call">, { to: string }>;
  "/v1/trunks/{trunk}/test": Post<TrunkTest, At<"trunk">, Record<string, never>>;
  "/v1/providers/{name}/test": Post<ProviderTest, At<"name">, Record<string, never>>;
  "/v1/voices/{voice}/sample": Post<Blob, At<"voice">, { text: string }>;
  "/v1/agents/{agent}/tools/{tool}/test": Post<ToolTest, { query?: never; path: { agent: string; tool: string } }, { arguments: unknown }>;
}

const offeredQuery = queryOptions({
  queryKey: ["reference", "native"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async (): Promise<{ paths: object }> => (await fetch("/openapi.json")).json(),
});

/** Whether the server has a route already; its own document says so. */
export function useOffers(path: string): boolean {
  return path in (useQuery(offeredQuery).data?.paths ?? {});
}
