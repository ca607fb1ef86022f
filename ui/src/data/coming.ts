/** Routes that the server is about to have, in the form of the made client: this file goes when docs/openapi.json holds them. */
import { queryOptions, useQuery } from "@tanstack/react-query";

type Json<T> = { headers: Record<string, unknown>; content: { "application/json": T } };
type None = { query?: never; header?: never; path?: never; cookie?: never };
type Get<Answer, Params> = { parameters: None; get: { parameters: Params & { header?: never; cookie?: never }; requestBody?: never; responses: { 200: Json<Answer> } } };
type Post<Answer, Params, Body> = { parameters: None; post: { parameters: Params & { header?: never; cookie?: never }; requestBody: { content: { "application/json": Body } }; responses: { 200: Json<Answer> } } };
type At<Name extends string> = { query?: never; path: Record<Name, string> };
type Nowhere = { query?: never; path?: never };

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

export interface ComingPaths {
  "/v1/voices": Get<{ items: Voice[] }, Nowhere>;
  "/v1/providers": Get<{ items: Provider[] }, Nowhere>;
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
