/** Who may not be called, who is known, and why somebody was not called. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Badge, Button, Card, Empty, Field, Input, Loaded, Page, Trouble } from "~/components/basics";
import { Confirm, Dialog, Form } from "~/components/dialog";
import { More, Table } from "~/components/table";
import { Tabs } from "~/components/tabs";
import { Time } from "~/components/time";
import { api, take } from "~/data/client";
import { decisionsQuery, policyCheckQuery, suppressionsQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { plain } from "~/data/words";
import { Contacts } from "./people-contacts";
import { Search } from "./people-search";

export function People() {
  return (
    <Page title="Contacts & blocks" lead="Who must not be called, who is known, and what the rules say about a number.">
      <Card>
        <Tabs label="Lists" tabs={[
          { id: "blocks", label: "Do not call", body: <Blocks /> },
          { id: "why", label: "Why not called?", body: <Why /> },
          { id: "contacts", label: "Contacts", body: <Contacts /> },
        ]} />
      </Card>
    </Page>
  );
}

function Blocks() {
  const [number, setNumber] = useState("");
  const query = useInfiniteQuery(suppressionsQuery(number || undefined));
  const queries = useQueryClient();
  const may = useMay("suppressions:write");
  const [adding, setAdding] = useState(false);
  const [entry, setEntry] = useState({ number: "", note: "" });
  const again = () => queries.invalidateQueries({ queryKey: ["suppressions"] });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const remove = async (suppression: string) => {
    await take(api.DELETE("/v1/suppressions/{suppression}", { params: { path: { suppression } } }));
    await again();
  };
  const add = async () => {
    await take(api.POST("/v1/suppressions", { body: { number: entry.number, reason: "requested", note: entry.note || null } as never }));
    await again();
  };
  return (
    <div className="space-y-2">
      <div className="flex justify-between gap-2"><Search label="Find a number" onSearch={setNumber} />{may && <Button onClick={() => setAdding(true)}><Plus />Block a number</Button>}</div>
      <Loaded query={query}>
        {() => rows.length ? (
          <>
            <Table rows={rows} of={(row) => row.id} columns={[
              { name: "Number", cell: (row) => <span className="font-mono text-xs">{row.number}</span> },
              { name: "Reason", cell: (row) => plain(row.reason) },
              { name: "Source", cell: (row) => plain(row.source) },
              { name: "Note", cell: (row) => row.note ?? "", wide: true },
              { name: "Since", cell: (row) => <Time at={row.created_at} /> },
              { name: "", right: true, cell: (row) => may && <Confirm label="Unblock" title={`Call ${row.number} again?`} lead="Only do this if the person asked for it; the audit log keeps who did." onConfirm={() => remove(row.id)} /> },
            ]} />
            <More query={query} />
          </>
        ) : <Empty title={number ? "This number is not on the list" : "The list is empty"}>Who asks an agent not to be called again is put here at once.</Empty>}
      </Loaded>
      <Dialog title="Block a number" open={adding} onClose={() => setAdding(false)}>
        <Form submit="Block" onSubmit={add} onDone={() => setAdding(false)}>
          <Field label="Number"><Input required autoFocus value={entry.number} onChange={(event) => setEntry({ ...entry, number: event.target.value })} /></Field>
          <Field label="Note"><Input value={entry.note} onChange={(event) => setEntry({ ...entry, note: event.target.value })} /></Field>
        </Form>
      </Dialog>
    </div>
  );
}

function Why() {
  const [number, setNumber] = useState("");
  const check = useQuery(policyCheckQuery(number));
  const decisions = useQuery(decisionsQuery(number));
  return (
    <div className="space-y-3">
      <Search label="Number to ask about" onSearch={setNumber} />
      {!number && <Empty title="Which number?">Type it, and see whether it may be called right now and what was decided about it before.</Empty>}
      <Trouble error={check.error} />
      {check.data && (
        <p className="text-sm">
          {check.data.allowed ? <Badge tone="good">may be called now</Badge> : <Badge tone={check.data.deferred ? "warn" : "bad"}>{check.data.deferred ? "waits" : "may not be called"}</Badge>}{" "}
          {check.data.detail} {check.data.allowed_at && <>Allowed from <Time at={check.data.allowed_at} full />.</>}
        </p>
      )}
      {number && decisions.data && (decisions.data.items.length ? (
        <Table rows={decisions.data.items} of={(row) => row.id} columns={[
          { name: "When", cell: (row) => <Time at={row.at} /> },
          { name: "Stage", cell: (row) => plain(row.stage) },
          { name: "Verdict", cell: (row) => plain(row.code) },
          { name: "Rule", cell: (row) => row.rule },
          { name: "Why", cell: (row) => <span title={row.detail}>{row.detail}</span> },
        ]} />
      ) : <p className="text-sm text-dim">No call to it was held back or refused by a rule.</p>)}
    </div>
  );
}
