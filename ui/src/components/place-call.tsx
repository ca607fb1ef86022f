/** Placing one call by hand, with the agent's variables as fields. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "~/data/client";
import { agentsQuery } from "~/data/queries";
import { variablesOf } from "~/data/definition";
import { kept } from "~/data/samples";
import { Field, Input, Select } from "./basics";
import { Dialog, Form } from "./dialog";

export function PlaceCall({ open, onClose, agent: fixed }: { open: boolean; onClose: () => void; agent?: string }) {
  const navigate = useNavigate();
  const agents = useQuery({ ...agentsQuery, enabled: open });
  const published = agents.data?.items.filter((agent) => agent.state === "published") ?? [];
  const [chosen, setChosen] = useState(fixed ?? "");
  const [to, setTo] = useState("");
  const [values, setValues] = useState<Record<string, string>>({});
  const agent = published.find((one) => one.slug === (chosen || published[0]?.slug));
  const variables = agent ? variablesOf(agent.definition) : [];
  const samples = agent ? kept(agent.id) : {};
  const valueOf = (one: (typeof variables)[number]) => values[one.name] ?? samples[one.name] ?? one.sample ?? "";
  const submit = async () => {
    const filled = Object.fromEntries(variables.map((one) => [one.name, valueOf(one)]).filter(([, value]) => value));
    const body = { agent: agent?.slug ?? "", to: to.trim(), variables: filled };
    const call = await take(api.POST("/v1/calls", { body: body as never }));
    await navigate({ to: "/calls/$call", params: { call: call.id } });
  };
  return (
    <Dialog title="Place a call" lead="This dials for real, as soon as rules and limits allow." open={open} onClose={onClose}>
      <Form submit="Call" onSubmit={submit} onDone={onClose}>
        <Field label="Agent" hint={!published.length && agents.data ? "No agent is published yet: publish one under Agents." : undefined}>
          <Select value={agent?.slug ?? ""} onChange={(event) => setChosen(event.target.value)} disabled={!!fixed}>
            {published.map((one) => <option key={one.id}>{one.slug}</option>)}
          </Select>
        </Field>
        <Field label="Number to call"><Input required autoFocus placeholder="+15551234567" value={to} onChange={(event) => setTo(event.target.value)} /></Field>
        {variables.map((one) => (
          <Field key={one.name} label={one.name} hint={one.description}>
            <Input value={valueOf(one)} placeholder={one.default} onChange={(event) => setValues({ ...values, [one.name]: event.target.value })} />
          </Field>
        ))}
      </Form>
    </Dialog>
  );
}
