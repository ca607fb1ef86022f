/** Where calls go out: trunks to carriers, and the numbers that callees see. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus } from "lucide-react";
import { useState } from "react";
import { Button, Card, Empty, Loaded, Page } from "~/components/basics";
import { Confirm } from "~/components/dialog";
import { Table } from "~/components/table";
import { Time } from "~/components/time";
import { api, type Schemas, take } from "~/data/client";
import { numbersQuery, trunksQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { NumberDialog, TrunkDialog } from "./telephony-forms";
import { Health, TestTrunk } from "./telephony-health";

/** What is made (without `of`) or changed. */
type Editing = { what: "trunk"; of?: Schemas["Trunk"] } | { what: "number"; of?: Schemas["Number"] };

export function Telephony() {
  const trunks = useQuery(trunksQuery);
  const numbers = useQuery(numbersQuery);
  const may = useMay("telephony:write");
  const queries = useQueryClient();
  const [editing, setEditing] = useState<Editing | null>(null);
  const again = async () => {
    await queries.invalidateQueries({ queryKey: ["trunks"] });
    await queries.invalidateQueries({ queryKey: ["numbers"] });
  };
  const removeTrunk = async (trunk: string) => {
    await take(api.DELETE("/v1/trunks/{trunk}", { params: { path: { trunk } } }));
    await again();
  };
  const removeNumber = async (number: string) => {
    await take(api.DELETE("/v1/numbers/{number}", { params: { path: { number } } }));
    await again();
  };
  const close = () => setEditing(null);
  return (
    <Page title="Numbers & trunks" lead="A trunk is the way to a carrier by SIP; a number is what callees see.">
      <Card title="Trunks" actions={may && <Button onClick={() => setEditing({ what: "trunk" })}><Plus />Trunk</Button>}>
        <Loaded query={trunks} rows={3}>
          {({ items }) => items.length ? (
            <Table rows={items} of={(row) => row.id} columns={[
              { name: "Name", cell: (row) => <span className="font-medium">{row.name}</span> },
              { name: "Address", cell: (row) => <span className="font-mono text-xs">{row.address}</span> },
              { name: "Over", cell: (row) => row.transport },
              { name: "Health", cell: (row) => <Health health={row.health} /> },
              { name: "User", cell: (row) => row.username ?? "–", wide: true },
              { name: "Channels", cell: (row) => <>{row.health && `${row.health.live_calls} of `}{row.channels ?? "no limit"}</>, right: true },
              { name: "Calls/s", cell: (row) => row.calls_per_second ?? "no limit", right: true, wide: true },
              { name: "", right: true, cell: (row) => may && (
                <span className="flex justify-end gap-1.5">
                  <TestTrunk trunk={row} />
                  <Button aria-label={`Edit ${row.name}`} onClick={() => setEditing({ what: "trunk", of: row })}><Pencil />Edit</Button>
                  <Confirm label="Delete" title={`Delete ${row.name}?`} lead="Only a trunk that no number uses can go." onConfirm={() => removeTrunk(row.id)} />
                </span>
              ) },
            ]} />
          ) : <Empty title="No trunks yet">Add your carrier's SIP address; no calls leave before.</Empty>}
        </Loaded>
      </Card>
      <Card title="Numbers" actions={may && !!trunks.data?.items.length && <Button onClick={() => setEditing({ what: "number" })}><Plus />Number</Button>}>
        <Loaded query={numbers} rows={3}>
          {({ items }) => items.length ? (
            <Table rows={items} of={(row) => row.id} columns={[
              { name: "Number", cell: (row) => <span className="font-mono text-xs">{row.number}</span> },
              { name: "Trunk", cell: (row) => trunks.data?.items.find((trunk) => trunk.id === row.trunk_id)?.name ?? row.trunk_id },
              { name: "Live at once", cell: (row) => row.live_calls ?? "no limit", right: true },
              { name: "Since", cell: (row) => <Time at={row.created_at} />, wide: true },
              { name: "", right: true, cell: (row) => may && (
                <span className="flex justify-end gap-1.5">
                  <Button aria-label={`Edit ${row.number}`} onClick={() => setEditing({ what: "number", of: row })}><Pencil />Edit</Button>
                  <Confirm label="Delete" title={`Delete ${row.number}?`} lead="Only a number that no agent calls from can go." onConfirm={() => removeNumber(row.id)} />
                </span>
              ) },
            ]} />
          ) : <Empty title="No numbers yet">Add one that your carrier lets you call from.</Empty>}
        </Loaded>
      </Card>
      {editing?.what === "trunk" && <TrunkDialog of={editing.of} onClose={close} onSaved={again} />}
      {editing?.what === "number" && <NumberDialog of={editing.of} onClose={close} onSaved={again} trunks={trunks.data?.items ?? []} />}
    </Page>
  );
}
