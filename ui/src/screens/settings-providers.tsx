/** What hears, speaks and thinks, and whether it does. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Badge, Button, Empty, Loaded } from "~/components/basics";
import { Table } from "~/components/table";
import { api, remedyOf, type Schemas, take } from "~/data/client";
import { providersQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { millis, plain } from "~/data/words";

export function Providers() {
  const query = useQuery(providersQuery);
  const may = useMay("agents:write");
  return (
    <div className="space-y-2">
      <p className="text-xs text-dim">They are set up in the server's configuration (docs/operations.md). A test sends a small real request.</p>
      <Loaded query={query} rows={4}>
        {({ items }) => items.length ? (
          <Table rows={items} of={(row) => `${row.kind} ${row.name}`} columns={[
            { name: "For", cell: (row) => plain(row.kind) },
            { name: "Provider", cell: (row) => <span className="font-medium">{row.name}</span> },
            { name: "Where", cell: (row) => (row.local ? "on this server" : "over the network") },
            { name: "State", cell: (row) => <Badge tone={row.configured ? "good" : "dim"}>{row.configured ? "set up" : "not set up"}</Badge> },
            { name: "Detail", cell: (row) => row.detail, wide: true },
            { name: "", right: true, cell: (row) => may && row.configured && <Test provider={row} /> },
          ]} />
        ) : <Empty title="No providers" />}
      </Loaded>
    </div>
  );
}

function Test({ provider }: { provider: Schemas["Provider"] }) {
  const [came, setCame] = useState<Schemas["ProviderTest"] | null>(null);
  const [busy, setBusy] = useState(false);
  const test = async () => {
    setBusy(true);
    try {
      setCame(await take(api.POST("/v1/providers/{name}/test", { params: { path: { name: provider.name } }, body: { kind: provider.kind } })));
    } catch (refused) {
      setCame({ ok: false, took_ms: 0, error: remedyOf(refused) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <span className="flex items-center justify-end gap-2">
      {came && <span aria-live="polite" title={came.error ?? undefined} className="max-w-64 truncate text-xs">{came.ok ? <span className="text-good">works, {millis(came.took_ms)}</span> : <span className="text-bad">{came.error ?? "failed"}</span>}</span>}
      <Button busy={busy} onClick={() => void test()} aria-label={`Test ${provider.name}, ${plain(provider.kind)}`}>Test</Button>
    </span>
  );
}
