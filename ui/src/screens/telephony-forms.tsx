/** Adding and changing trunks and numbers. What is left as it was is not sent; a password stays where none is given. */
import { useState } from "react";
import { Field, Input, Select } from "~/components/basics";
import { Dialog, Form } from "~/components/dialog";
import { api, type Schemas, take } from "~/data/client";

type Trunk = Schemas["Trunk"];
type CallerNumber = Schemas["Number"];

interface Editing<T> {
  /** What is changed; a new one where there is none. */
  of?: T;
  onClose: () => void;
  onSaved: () => Promise<void>;
}

const shown = (limit?: number | null) => limit?.toString() ?? "";
const limit = (text: string) => (text ? Number(text) : null);

/** What is bounded by a carrier. */
const NO_LIMIT = "Empty: no limit of ours.";

export function TrunkDialog({ of, onClose, onSaved }: Editing<Trunk>) {
  const [trunk, setTrunk] = useState({
    name: of?.name ?? "",
    address: of?.address ?? "",
    transport: of?.transport ?? "udp",
    username: of?.username ?? "",
    password: "",
    calls_per_second: shown(of?.calls_per_second),
    channels: shown(of?.channels),
  });
  const on = (name: keyof typeof trunk) => ({ value: trunk[name], onChange: (event: { target: { value: string } }) => setTrunk({ ...trunk, [name]: event.target.value }) });
  const submit = async () => {
    const { username, password, ...rest } = trunk;
    const body = { ...rest, calls_per_second: limit(trunk.calls_per_second), channels: limit(trunk.channels) };
    const named = username !== (of?.username ?? "") || password ? { username: username || null, ...(password && { password }) } : {};
    if (of) await take(api.PATCH("/v1/trunks/{trunk}", { params: { path: { trunk: of.id } }, body: { ...body, ...named } }));
    else await take(api.POST("/v1/trunks", { body: { ...body, ...(username && { username, password }) } }));
    await onSaved();
  };
  return (
    <Dialog title={of ? `Trunk ${of.name}` : "New trunk"} lead={of && "Calls that are up keep what they were dialed with."} open onClose={onClose}>
      <Form submit={of ? "Save trunk" : "Add trunk"} onSubmit={submit} onDone={onClose}>
        <Field label="Name"><Input required autoFocus {...on("name")} /></Field>
        <Field label="SIP address" hint="Host, or host:port."><Input required placeholder="sip.carrier.example:5060" {...on("address")} /></Field>
        <Field label="Over"><Select {...on("transport")}><option>udp</option><option>tcp</option></Select></Field>
        <Field label="User" hint="Where the carrier asks for one."><Input autoComplete="off" {...on("username")} /></Field>
        <Field label="Password" hint={of?.username ? "Empty: it stays as it is." : undefined}><Input type="password" autoComplete="new-password" {...on("password")} /></Field>
        <Field label="Channels" hint={`Most calls at once. ${NO_LIMIT}`}><Input type="number" min={1} {...on("channels")} /></Field>
        <Field label="Calls a second" hint={NO_LIMIT}><Input type="number" min={0.01} step="any" {...on("calls_per_second")} /></Field>
      </Form>
    </Dialog>
  );
}

export function NumberDialog({ of, onClose, onSaved, trunks }: Editing<CallerNumber> & { trunks: Trunk[] }) {
  const [form, setForm] = useState({ number: of?.number ?? "", trunk: of?.trunk_id ?? trunks[0]?.id ?? "", calls_per_second: shown(of?.calls_per_second), live_calls: shown(of?.live_calls) });
  const on = (name: keyof typeof form) => ({ value: form[name], onChange: (event: { target: { value: string } }) => setForm({ ...form, [name]: event.target.value }) });
  const submit = async () => {
    const body = { trunk: form.trunk, calls_per_second: limit(form.calls_per_second), live_calls: limit(form.live_calls) };
    if (of) await take(api.PATCH("/v1/numbers/{number}", { params: { path: { number: of.id } }, body }));
    else await take(api.POST("/v1/numbers", { body: { number: form.number, ...body } }));
    await onSaved();
  };
  return (
    <Dialog title={of ? `Number ${of.number}` : "New number"} open onClose={onClose}>
      <Form submit={of ? "Save number" : "Add number"} onSubmit={submit} onDone={onClose}>
        {!of && <Field label="Number"><Input required autoFocus placeholder="+15550100000" {...on("number")} /></Field>}
        <Field label="Trunk"><Select {...on("trunk")}>{trunks.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}</Select></Field>
        <Field label="Live at once" hint={NO_LIMIT}><Input type="number" min={1} {...on("live_calls")} /></Field>
        <Field label="Calls a second" hint={NO_LIMIT}><Input type="number" min={0.01} step="any" {...on("calls_per_second")} /></Field>
      </Form>
    </Dialog>
  );
}
