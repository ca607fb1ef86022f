/** A new key: for which API, and what it may do. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Field, Input, Select } from "~/components/basics";
import { Dialog, Form } from "~/components/dialog";
import { api, type Schemas, take } from "~/data/client";
import { permissionsQuery } from "~/data/queries";
import { useSession } from "~/data/session";

type Permission = Schemas["Permission"];
const PURPOSES: Record<string, Permission[]> = {
  "Place and read calls": ["calls:read", "calls:write", "agents:read"],
  "Read only": ["calls:read", "agents:read"],
  Everything: ["*"],
};
const CHOSEN = "What I choose";
const DIALECTS = ["native", "voiceb", "voicing", "klen", "vonage", "voxpria"] as const;

export function NewKey({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (secret: string) => Promise<void> }) {
  const [name, setName] = useState("");
  const [dialect, setDialect] = useState<(typeof DIALECTS)[number]>("native");
  const [purpose, setPurpose] = useState("Place and read calls");
  const [chosen, setChosen] = useState<Permission[]>(["calls:read"]);
  const native = dialect === "native";
  const submit = async () => {
    const permissions = purpose === CHOSEN ? chosen : PURPOSES[purpose];
    const made = await take(api.POST("/v1/keys", { body: { name, dialect, permissions: native ? permissions : undefined } as never }));
    await onMade((made as { secret: string }).secret);
  };
  return (
    <Dialog title="New key" open={open} onClose={onClose}>
      <Form submit="Create key" onSubmit={submit} onDone={onClose}>
        <Field label="Name"><Input required autoFocus placeholder="crm" value={name} onChange={(event) => setName(event.target.value)} /></Field>
        <Field label="API it speaks" hint="Native, or the API of a vendor whose client you keep.">
          <Select value={dialect} onChange={(event) => setDialect(event.target.value as typeof dialect)}>{DIALECTS.map((one) => <option key={one}>{one}</option>)}</Select>
        </Field>
        {native && <Field label="May"><Select value={purpose} onChange={(event) => setPurpose(event.target.value)}>{[...Object.keys(PURPOSES), CHOSEN].map((one) => <option key={one}>{one}</option>)}</Select></Field>}
        {native && purpose === CHOSEN && <Choice chosen={chosen} onChange={setChosen} />}
      </Form>
    </Dialog>
  );
}

/** Every permission that whoever looks may hand on, in the server's words where it has some. */
function Choice({ chosen, onChange }: { chosen: Permission[]; onChange: (chosen: Permission[]) => void }) {
  const words = useQuery(permissionsQuery).data?.items ?? [];
  const held = useSession()?.permissions ?? [];
  const all = (words.length ? words.map((one) => one.name as Permission) : held).filter((one) => one !== "*" && (held.includes("*") || held.includes(one)));
  const turn = (one: Permission) => onChange(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]);
  return (
    <fieldset className="grid max-h-60 gap-1.5 overflow-y-auto rounded-md border border-line p-2.5 sm:grid-cols-2">
      <legend className="sr-only">Permissions</legend>
      {all.map((one) => (
        <label key={one} className="flex items-start gap-2 text-sm">
          <input type="checkbox" className="mt-1" checked={chosen.includes(one)} onChange={() => turn(one)} />
          <span>{words.find((word) => word.name === one)?.words ?? one}<code className="block font-mono text-xs text-dim">{one}</code></span>
        </label>
      ))}
    </fieldset>
  );
}
