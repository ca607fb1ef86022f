/** Where the dashboard begins. */
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Toaster } from "sonner";
import "./app.css";
import { Refused } from "./data/client";
import { sessionQuery } from "./data/session";
import { applyTheme, useDark } from "./data/theme";
import { makeRouter } from "./router";

applyTheme();

/** A session that ran off while somebody worked leads back to signing in. */
function onError(error: unknown) {
  if (!(error instanceof Refused) || error.status !== 401) return;
  if (!queries.getQueryData(sessionQuery.queryKey)) return;
  queries.setQueryData(sessionQuery.queryKey, null);
  void router.invalidate();
}
const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => count < 2 && !(error instanceof Refused && error.status >= 400 && error.status < 500),
    },
  },
});
const router = makeRouter(queries);

function App() {
  const dark = useDark();
  return (
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
      <Toaster theme={dark ? "dark" : "light"} position="bottom-right" closeButton />
    </QueryClientProvider>
  );
}

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
