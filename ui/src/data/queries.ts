/** Everything that screens read, each under one key; changes invalidate by its first word. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Schemas, take } from "./client";
import type { CallFilters } from "./filters";
import { dayBounds } from "./filters";

const PAGE = 100;
type Cursor = string | undefined;
const paged = { initialPageParam: undefined as Cursor, getNextPageParam: (page: { next_cursor?: string | null }) => page.next_cursor ?? undefined };

export const callsQuery = (filters: CallFilters, limit = PAGE) =>
  infiniteQueryOptions({
    queryKey: ["calls", filters, limit],
    ...paged,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) => {
      const { status, agent, to, from, until } = filters;
      const query = { status, agent, to, ...dayBounds(from, until), cursor: pageParam, limit };
      return take(api.GET("/v1/calls", { params: { query: query as never } }));
    },
  });
export const callQuery = (call: string) =>
  queryOptions({ queryKey: ["call", call], queryFn: () => take(api.GET("/v1/calls/{call}", { params: { path: { call } } })) });
export const callEventsQuery = (call: string) =>
  queryOptions({ queryKey: ["call", call, "events"], queryFn: async () => (await take(api.GET("/v1/calls/{call}/events", { params: { path: { call } } }))) as Schemas["Listing_CallEvent"] });
/** They are written when the call is over: right after its end, asked for again until they are there. */
export const callSipQuery = (call: Schemas["Call"]) =>
  queryOptions({
    queryKey: ["call", call.id, "sip"],
    enabled: !!call.ended_at,
    queryFn: () => take(api.GET("/v1/calls/{call}/sip", { params: { path: { call: call.id } } })),
    refetchInterval: ({ state }) => (!state.data?.items.length && call.ended_at && Date.now() - Date.parse(call.ended_at) < 10_000 ? 1_000 : false),
  });
export const callDeliveriesQuery = (call: string) =>
  queryOptions({ queryKey: ["deliveries", "call", call], queryFn: () => take(api.GET("/v1/deliveries", { params: { query: { call } } })) });

export const agentsQuery = queryOptions({ queryKey: ["agents"], queryFn: () => take(api.GET("/v1/agents")) });
export const agentQuery = (agent: string) =>
  queryOptions({ queryKey: ["agents", agent], queryFn: () => take(api.GET("/v1/agents/{agent}", { params: { path: { agent } } })) });
export const versionsQuery = (agent: string) =>
  queryOptions({ queryKey: ["agents", agent, "versions"], queryFn: () => take(api.GET("/v1/agents/{agent}/versions", { params: { path: { agent } } })) });
export const credentialsQuery = (agent: string) =>
  queryOptions({ queryKey: ["agents", agent, "credentials"], gcTime: 0, queryFn: () => take(api.GET("/v1/agents/{agent}/credentials", { params: { path: { agent } } })) });

export const keysQuery = queryOptions({ queryKey: ["keys"], queryFn: () => take(api.GET("/v1/keys")) });
export const webhooksQuery = queryOptions({ queryKey: ["webhooks"], queryFn: () => take(api.GET("/v1/webhooks")) });
export const deliveriesQuery = (webhook: string, state?: string) =>
  infiniteQueryOptions({
    queryKey: ["deliveries", "webhook", webhook, state],
    ...paged,
    queryFn: ({ pageParam }) =>
      take(api.GET("/v1/webhooks/{webhook}/deliveries", { params: { path: { webhook }, query: { cursor: pageParam, limit: 50, state: state as never } } })),
  });
export const deliveryQuery = (delivery: string) =>
  queryOptions({ queryKey: ["deliveries", delivery], queryFn: () => take(api.GET("/v1/deliveries/{delivery}", { params: { path: { delivery } } })) });

export const trunksQuery = queryOptions({ queryKey: ["trunks"], queryFn: () => take(api.GET("/v1/trunks")) });
export const numbersQuery = queryOptions({ queryKey: ["numbers"], queryFn: () => take(api.GET("/v1/numbers")) });

export const suppressionsQuery = (number?: string) =>
  infiniteQueryOptions({
    queryKey: ["suppressions", number],
    ...paged,
    queryFn: ({ pageParam }) => take(api.GET("/v1/suppressions", { params: { query: { number, cursor: pageParam, limit: PAGE } } })),
  });
export const contactsQuery = (number?: string) =>
  infiniteQueryOptions({
    queryKey: ["contacts", number],
    ...paged,
    queryFn: ({ pageParam }) => take(api.GET("/v1/contacts", { params: { query: { number, cursor: pageParam, limit: PAGE } } })),
  });
export const consentsQuery = (number: string) =>
  queryOptions({ queryKey: ["consents", number], queryFn: () => take(api.GET("/v1/consents", { params: { query: { number } as never } })) });
export const policyCheckQuery = (number: string) =>
  queryOptions({ queryKey: ["policy", "check", number], enabled: !!number, retry: false, queryFn: () => take(api.GET("/v1/policy/check", { params: { query: { number } } })) });
export const decisionsQuery = (number: string) =>
  queryOptions({ queryKey: ["policy", "decisions", number], enabled: !!number, retry: false, queryFn: () => take(api.GET("/v1/policy/decisions", { params: { query: { number } } })) });

export const walletQuery = queryOptions({ queryKey: ["wallet"], retry: false, queryFn: () => take(api.GET("/v1/wallet")) });
export const ledgerQuery = infiniteQueryOptions({
  queryKey: ["wallet", "ledger"],
  ...paged,
  queryFn: ({ pageParam }) => take(api.GET("/v1/wallet/ledger", { params: { query: { cursor: pageParam, limit: PAGE } } })),
});
export const usageQuery = (from: string) =>
  queryOptions({ queryKey: ["usage", from], queryFn: () => take(api.GET("/v1/usage", { params: { query: { from } } })) });

export const membersQuery = queryOptions({ queryKey: ["members"], queryFn: () => take(api.GET("/v1/members")) });
export const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  ...paged,
  queryFn: ({ pageParam }) => take(api.GET("/v1/audit", { params: { query: { cursor: pageParam, limit: 50 } } })),
});
export const nodesQuery = queryOptions({ queryKey: ["nodes"], refetchInterval: 10_000, queryFn: () => take(api.GET("/v1/nodes")) });
export const retentionQuery = queryOptions({ queryKey: ["retention"], queryFn: () => take(api.GET("/v1/retention")) });

export const agentSchemaQuery = queryOptions({ queryKey: ["schema", "agent"], staleTime: Number.POSITIVE_INFINITY, queryFn: async () => (await take(api.GET("/v1/schema/agent"))) as Record<string, unknown> });
export const voicesQuery = queryOptions({ queryKey: ["voices"], staleTime: 60_000, queryFn: () => take(api.GET("/v1/voices")) });
export const providersQuery = queryOptions({ queryKey: ["providers"], queryFn: () => take(api.GET("/v1/providers")) });
export const permissionsQuery = queryOptions({ queryKey: ["permissions"], staleTime: Number.POSITIVE_INFINITY, queryFn: () => take(api.GET("/v1/permissions")) });
export const peaksQuery = (call: string, per_second: number) =>
  queryOptions({ queryKey: ["call", call, "peaks", per_second], staleTime: Number.POSITIVE_INFINITY, queryFn: () => take(api.GET("/v1/calls/{call}/recording/peaks", { params: { path: { call }, query: { per_second } } })) });
