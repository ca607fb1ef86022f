/** Contacts: found, entered, changed, and their consents. */
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Badge, Button, Empty, Field, Input, Loaded } from "~/components/basics";
import { Confirm, Dialog, Form } from "~/components/dialog";
import { Consents } from "./people-consents";
import { Search } from "./people-search";
import { More, Table } from "~/components/table";
import { api, type Schemas, take } from "~/data/client";
import { contactsQuery } from "~/data/queries";
import { useMay } from "~/data/session";

type Contact = Schemas["Contact"];

export function Contacts() {
  const [number, setNumber] = useState("");
  const [chosen, setChosen] = useState<Contact | "new" | null>(null);
  const query = useInfiniteQuery(contactsQuery(number || undefined));
  const may = useMay("contacts:write");
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const add = may && <Button onClick={() => setChosen("new")}><Plus />New contact</Button>;
  return (
    <div className="space-y-2">
      <div className="flex justify-between gap-2"><Search label="Find a contact's number" onSearch={setNumber} />{add}</div>
      <Loaded query={query}>
        {() => rows.length ? (
          <>
            <Table rows={rows} of={(row) => row.id} onOpen={setChosen} columns={[
              { name: "Name", cell: (row) => <button type="button" className="font-medium hover:underline">{row.name ?? row.email ?? "without a name"}</button> },
              { name: "Numbers", cell: (row) => <span className="font-mono text-xs">{row.numbers.join(", ")}</span> },
              { name: "Company", cell: (row) => row.company ?? "–", wide: true },
              { name: "Zone", cell: (row) => row.time_zone ?? "–", wide: true },
              { name: "Your id", cell: (row) => row.external_id ?? "–", wide: true },
              { name: "May be called", cell: (row) => row.do_not_contact ? <Badge tone="bad">no</Badge> : <Badge tone="good">yes</Badge> },
            ]} />
            <More query={query} />
          </>
        ) : <Empty title={number ? "Nobody has this number" : "No contacts yet"} action={add}>Enter them here or by POST /v1/contacts, from your CRM for instance; their time zones decide when they may be called.</Empty>}
      </Loaded>
      {chosen && <Person contact={chosen === "new" ? null : chosen} may={may} onClose={() => setChosen(null)} />}
    </div>
  );
}

/** Time zones as the browser knows them. */
const ZONES = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];

function Person({ contact, may, onClose }: { contact: Contact | null; may: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const [person, setPerson] = useState({ name: contact?.name ?? "", numbers: contact?.numbers.join("\n") ?? "", time_zone: contact?.time_zone ?? "", email: contact?.email ?? "", company: contact?.company ?? "", external_id: contact?.external_id ?? "", do_not_contact: contact?.do_not_contact ?? false });
  const on = (name: Exclude<keyof typeof person, "do_not_contact">) => ({ disabled: !may, value: person[name], onChange: (event: { target: { value: string } }) => setPerson({ ...person, [name]: event.target.value }) });
  const again = async () => {
    await queries.invalidateQueries({ queryKey: ["contacts"] });
    await queries.invalidateQueries({ queryKey: ["suppressions"] });
  };
  const save = async () => {
    const { id: _, created_at: __, updated_at: ___, ...kept } = contact ?? ({} as Contact);
    const texts = { name: person.name, time_zone: person.time_zone, email: person.email, company: person.company, external_id: person.external_id };
    const body = { ...kept, ...Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, value.trim() || null])), numbers: person.numbers.split(/[\s,;]+/).filter(Boolean), do_not_contact: person.do_not_contact };
    await take(contact ? api.PUT("/v1/contacts/{contact}", { params: { path: { contact: contact.id } }, body: body as never }) : api.POST("/v1/contacts", { body: body as never }));
    await again();
  };
  const remove = async () => {
    await take(api.DELETE("/v1/contacts/{contact}", { params: { path: { contact: contact?.id ?? "" } } }));
    await again();
    onClose();
  };
  const fields = (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label="Name"><Input autoFocus {...on("name")} /></Field>
      <Field label="Time zone" hint="Calling hours go by it."><Input list="zones" placeholder="America/New_York" {...on("time_zone")} /></Field>
      <Field label="Numbers" hint="One a line; each belongs to one contact."><textarea rows={2} className="control !h-auto py-1.5 font-mono text-xs" {...on("numbers")} /></Field>
      <Field label="E-mail"><Input type="email" {...on("email")} /></Field>
      <Field label="Company"><Input {...on("company")} /></Field>
      <Field label="Your own id"><Input {...on("external_id")} /></Field>
      <label className="flex items-center gap-2 text-sm sm:col-span-2"><input type="checkbox" disabled={!may} checked={person.do_not_contact} onChange={(event) => setPerson({ ...person, do_not_contact: event.target.checked })} />Must not be called: all numbers stand on the do-not-call list</label>
      <datalist id="zones">{ZONES.map((zone) => <option key={zone} value={zone} />)}</datalist>
    </div>
  );
  return (
    <Dialog wide title={contact ? contact.name ?? "Contact" : "New contact"} open onClose={onClose}>
      {may ? <Form submit="Save" onSubmit={save} onDone={onClose}>{fields}</Form> : fields}
      {contact?.numbers.map((number) => <Consents key={number} number={number} />)}
      {contact && may && <div className="mt-3 border-t border-line pt-3"><Confirm label="Delete contact" title="Delete this contact?" lead="Blocks of its numbers stay; what calls said stays with the calls." onConfirm={remove} /></div>}
    </Dialog>
  );
}
