/** API keys: made once, shown once, changed and taken back at any time. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Badge, Button, Card, Empty, Loaded, Page } from "~/components/basics";
import { Code } from "~/components/copy";
import { Confirm, Dialog } from "~/components/dialog";
import { Table } from "~/components/table";
import { Time } from "~/components/time";
import { api, take } from "~/data/client";
import { keysQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { NewKey } from "./keys-new";

export function Keys() {
  const mayRead = useMay("keys:read");
  const query = useQuery({ ...keysQuery, enabled: mayRead });
  const queries = useQueryClient();
  const may = useMay("keys:write");
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: ["keys"] });
  const revoke = async (key: string) => {
    await take(api.DELETE("/v1/keys/{key}", { params: { path: { key } } }));
    await again();
  };
  const rotate = async (key: string) => {
    const made = await take(api.POST("/v1/keys/{key}/rotate", { params: { path: { key } }, body: { overlap_s: 86_400 } }));
    setSecret((made as { secret: string }).secret);
    await again();
  };
  if (!mayRead) return <Page title="API keys"><Card><Empty title="Nothing that your role may see">Ask an admin of this organization.</Empty></Card></Page>;
  const add = may && <Button kind="primary" onClick={() => setMaking(true)}><Plus />New key</Button>;
  return (
    <Page title="API keys" lead="What programs sign in with. A secret is shown once, when it is made." actions={add}>
      <Card>
        <Loaded query={query}>
          {({ items }) => items.length ? (
            <Table rows={items} of={(row) => row.id} columns={[
              { name: "Name", cell: (row) => <span className="font-medium">{row.name}</span> },
              { name: "Begins", cell: (row) => <code className="font-mono text-xs">{row.hint}…</code> },
              { name: "For", cell: (row) => row.dialect },
              { name: "May", cell: (row) => <span title={row.permissions.join(", ")}>{row.permissions.join(", ")}</span>, wide: true },
              { name: "Last used", cell: (row) => <Time at={row.last_used_at} />, wide: true },
              { name: "State", cell: (row) => row.revoked_at ? <Badge tone="bad">revoked</Badge> : row.disabled_at ? <Badge tone="warn">disabled</Badge> : <Badge tone="good">active</Badge> },
              { name: "", right: true, cell: (row) => may && !row.revoked_at && (
                <span className="flex justify-end gap-1.5">
                  <Confirm kind="plain" label="Rotate" title={`A new secret for ${row.name}?`} lead="The old one goes on working for a day, so that you can put the new one in place." onConfirm={() => rotate(row.id)} />
                  <Confirm label="Revoke" title={`Revoke ${row.name}?`} lead="Programs that use it are refused at once. This cannot be taken back." onConfirm={() => revoke(row.id)} />
                </span>
              ) },
            ]} />
          ) : <Empty title="No keys yet" action={add}>Programs need one to place calls.</Empty>}
        </Loaded>
      </Card>
      <NewKey open={making} onClose={() => setMaking(false)} onMade={async (made) => { setMaking(false); setSecret(made); await again(); }} />
      <Dialog title="Keep this secret now" lead="It is not shown again. Who holds it can do what the key may do." open={!!secret} onClose={() => setSecret(null)}>
        <Code text={secret ?? ""} wrap />
        <div className="mt-3 flex justify-end"><Button kind="primary" onClick={() => setSecret(null)}>I saved it</Button></div>
      </Dialog>
    </Page>
  );
}
