/** The map of the dashboard: addresses and the screens behind them, each in a chunk of its own. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { Empty, Skeleton, Trouble } from "./components/basics";
import { Shell } from "./components/shell";
import { readFilters } from "./data/filters";
import { sessionQuery } from "./data/session";

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet });
const outside = (path: string, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as never, name as never) });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { then?: string } => ({ then: typeof search.then === "string" ? search.then : undefined }),
  component: lazyRouteComponent(() => import("./screens/sign-in"), "SignIn"),
});
const setup = outside("/setup", () => import("./screens/sign-in"), "Setup");
const join = outside("/join", () => import("./screens/sign-in"), "Join");

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const session = await context.queries.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: "/sign-in", search: { then: location.href } });
  },
});
const overview = createRoute({
  getParentRoute: () => inside,
  path: "/",
  validateSearch: (search: Record<string, unknown>): { days?: number; agent?: string } => ({
    days: [1, 7, 14, 30, 90].find((days) => days === Number(search.days)),
    agent: typeof search.agent === "string" && search.agent ? search.agent : undefined,
  }),
  component: lazyRouteComponent(() => import("./screens/overview"), "Overview"),
});
const calls = createRoute({
  getParentRoute: () => inside,
  path: "/calls",
  validateSearch: readFilters,
  component: lazyRouteComponent(() => import("./screens/calls"), "Calls"),
});
const call = createRoute({ getParentRoute: () => inside, path: "/calls/$call", component: lazyRouteComponent(() => import("./screens/call"), "CallPage") });
const agents = createRoute({ getParentRoute: () => inside, path: "/agents", component: lazyRouteComponent(() => import("./screens/agents"), "Agents") });
const agent = createRoute({ getParentRoute: () => inside, path: "/agents/$agent", component: lazyRouteComponent(() => import("./screens/agent"), "AgentPage") });
const reference = createRoute({
  getParentRoute: () => inside,
  path: "/reference",
  validateSearch: (search: Record<string, unknown>): { dialect?: string; operation?: string } => ({
    dialect: typeof search.dialect === "string" ? search.dialect : undefined,
    operation: typeof search.operation === "string" ? search.operation : undefined,
  }),
  component: lazyRouteComponent(() => import("./screens/reference"), "Reference"),
});
const keys = createRoute({ getParentRoute: () => inside, path: "/keys", component: lazyRouteComponent(() => import("./screens/keys"), "Keys") });
const webhooks = createRoute({ getParentRoute: () => inside, path: "/webhooks", component: lazyRouteComponent(() => import("./screens/webhooks"), "Webhooks") });
const people = createRoute({ getParentRoute: () => inside, path: "/people", component: lazyRouteComponent(() => import("./screens/people"), "People") });
const telephony = createRoute({ getParentRoute: () => inside, path: "/telephony", component: lazyRouteComponent(() => import("./screens/telephony"), "Telephony") });
const wallet = createRoute({ getParentRoute: () => inside, path: "/wallet", component: lazyRouteComponent(() => import("./screens/wallet"), "WalletPage") });
const settings = createRoute({ getParentRoute: () => inside, path: "/settings", component: lazyRouteComponent(() => import("./screens/settings"), "Settings") });

const tree = root.addChildren([
  signIn,
  setup,
  join,
  inside.addChildren([overview, calls, call, agents, agent, reference, keys, webhooks, people, telephony, wallet, settings]),
]);

export const makeRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: tree,
    basepath: "/app",
    context: { queries },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: () => <Skeleton />,
    defaultErrorComponent: ({ error }) => <div className="p-6"><Trouble error={error} /></div>,
    defaultNotFoundComponent: () => <Empty title="There is no such screen">Go back, or press ⌘K and say where you want to be.</Empty>,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
