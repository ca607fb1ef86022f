/** Where calls go out: trunks to carriers, and the numbers that callees see. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Button, Card, Empty, Field, Input, Loaded, Page, Select } from "~/components/basics";
import { Confirm, Dialog, Form } from "~/components/dialog";
import { Table } from "~/components/table";
import { Time } from "~/components/time";
import { api, take } from "~/data/client";
import { numbersQuery, trunksQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { Health, TestTrunk } from "./telephony-health";

export function Telephony() {
  const trunks = useQuery(trunksQuery);
  const numbers = useQuery(numbersQuery);
  const may = useMay("telephony:write");
  const queries = useQueryClient();
  const [making, setMaking] = useState<"trunk" | "number" | null>(null);
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
  const close = () => setMaking(null);
  return (
    <Page title="Numbers & trunks" lead="A trunk is the way to a carrier by SIP; a number is what callees see.">
      <Card title="Trunks" actions={may && <Button onClick={() => setMaking("trunk")}><Plus />Trunk</Button>}>
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
                  <Confirm label="Delete" title={`Delete ${row.name}?`} lead="Only a trunk that no number uses can go." onConfirm={() => removeTrunk(row.id)} />
                </span>
              ) },
            ]} />
          ) : <Empty title="No trunks yet">Add your carrier's SIP address; no calls leave before.</Empty>}
        </Loaded>
      </Card>
      <Card title="Numbers" actions={may && !!trunks.data?.items.length && <Button onClick={() => setMaking("number")}><Plus />Number</Button>}>
        <Loaded query={numbers} rows={3}>
          {({ items }) => items.length ? (
            <Table rows={items} of={(row) => row.id} columns={[
              { name: "Number", cell: (row) => <span className="font-mono text-xs">{row.number}</span> },
              { name: "Trunk", cell: (row) => trunks.data?.items.find((trunk) => trunk.id === row.trunk_id)?.name ?? row.trunk_id },
              { name: "Live at once", cell: (row) => row.live_calls ?? "no limit", right: true },
              { name: "Since", cell: (row) => <Time at={row.created_at} />, wide: true },
              { name: "", right: true, cell: (row) => may && <Confirm label="Delete" title={`Delete ${row.number}?`} lead="Only a number that no agent calls from can go." onConfirm={() => removeNumber(row.id)} /> },
            ]} />
          ) : <Empty title="No numbers yet">Add one that your carrier lets you call from.</Empty>}
        </Loaded>
      </Card>
      <NewTrunk open={making === "trunk"} onClose={close} onMade={again} />
      <NewNumber open={making === "number"} onClose={close} onMade={again} trunks={trunks.data?.items ?? []} />
    </Page>
  );
}

interface Made {
  open: boolean;
  onClose: () => void;
  onMade: () => Promise<void>;
}

function NewTrunk({ open, onClose, onMade }: Made) {
  const [trunk, setTrunk] = useState({ name: "", address: "", transport: "udp", username: "", password: "" });
  const on = (name: keyof typeof trunk) => ({ value: trunk[name], onChange: (event: { target: { value: string } }) => setTrunk({ ...trunk, [name]: event.target.value }) });
  const submit = async () => {
    const { username, password, ...rest } = trunk;
    await take(api.POST("/v1/trunks", { body: { ...rest, ...(username && { username, password }) } as never }));
    await onMade();
  };
  return (
    <Dialog title="New trunk" open={open} onClose={onClose}>
      <Form submit="Add trunk" onSubmit={submit} onDone={onClose}>
        <Field label="Name"><Input required autoFocus {...on("name")} /></Field>
        <Field label="SIP address" hint="Host, or host:port."><Input required placeholder="sip.carrier.example:5060" {...on("address")} /></Field>
        <Field label="Over"><Select {...on("transport")}><option>udp</option><option>tcp</option></Select></Field>
        <Field label="User" hint="Where the carrier asks for one."><Input autoComplete="off" {...on("username")} /></Field>
        <Field label="Password"><Input type="password" autoComplete="new-password" {...on("password")} /></Field>
      </Form>
    </Dialog>
  );
}

function NewNumber({ open, onClose, onMade, trunks }: Made & { trunks: { id: string; name: string }[] }) {
  const [number, setNumber] = useState("");
  const [trunk, setTrunk] = useState("");
  const submit = async () => {
    await take(api.POST("/v1/numbers", { body: { number, trunk: trunk || trunks[0]?.id } as never }));
    await onMade();
  };
  return (
    <Dialog title="New number" open={open} onClose={onClose}>
      <Form submit="Add number" onSubmit={submit} onDone={onClose}>
        <Field label="Number"><Input required autoFocus placeholder="+15550100000" value={number} onChange={(event) => setNumber(event.target.value)} /></Field>
        <Field label="Trunk"><Select value={trunk} onChange={(event) => setTrunk(event.target.value)}>{trunks.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}</Select></Field>
      </Form>
    </Dialog>
  );
}
