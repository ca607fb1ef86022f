/** All agents, and where a new one begins. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Badge, Button, Card, Empty, Field, Input, Loaded, Page, Select } from "~/components/basics";
import { Dialog, Form } from "~/components/dialog";
import { Table } from "~/components/table";
import { Time } from "~/components/time";
import { api, take } from "~/data/client";
import { agentsQuery, numbersQuery } from "~/data/queries";
import { useMay } from "~/data/session";

/** A talk of two steps, so that the first call of a new agent says something. */
const START = {
  name: "New agent",
  language: "en-US",
  voice: { provider: "embedded", name: "heart", speed: 1.0 },
  recording: true,
  variables: { name: { description: "Who is called", sample: "Ann" } },
  machine: { action: "hang_up" },
  flow: {
    start: "greet",
    steps: {
      greet: { ask: { text: "Hello, this is an automated assistant. Am I speaking with {{name}}?", on: { yes: "thanks", no: "sorry" }, no_match: "Sorry, is this {{name}}?", no_input: "Hello, is {{name}} there?" } },
      thanks: { hang_up: { text: "Thank you. Goodbye.", outcome: "reached" } },
      sorry: { hang_up: { text: "Sorry to disturb you. Goodbye.", outcome: "wrong_person" } },
    },
  },
};

export const stateTone = (state: string) => (state === "published" ? "good" : state === "disabled" ? "bad" : "dim");

export function Agents() {
  const query = useQuery(agentsQuery);
  const navigate = useNavigate();
  const [making, setMaking] = useState(false);
  const may = useMay("agents:write");
  const add = may && <Button kind="primary" onClick={() => setMaking(true)}><Plus />New agent</Button>;
  return (
    <Page title="Agents" lead="Who talks, in which voice, and what it is there to find out." actions={add}>
      <Card>
        <Loaded query={query}>
          {({ items }) => items.length ? (
            <Table rows={items} of={(row) => row.id} onOpen={(row) => void navigate({ to: "/agents/$agent", params: { agent: row.slug } })} columns={[
              { name: "Agent", cell: (row) => <button type="button" className="font-medium hover:underline">{row.slug}</button> },
              { name: "Name", cell: (row) => String((row.definition as { name?: string }).name ?? "") },
              { name: "State", cell: (row) => <Badge tone={stateTone(row.state)}>{row.state}</Badge> },
              { name: "Language", cell: (row) => String((row.definition as { language?: string }).language ?? "–"), wide: true },
              { name: "Changed", cell: (row) => <Time at={row.updated_at} />, right: true },
            ]} />
          ) : <Empty title="No agents yet" action={add}>An agent needs a number to call from; add one under Numbers &amp; trunks.</Empty>}
        </Loaded>
      </Card>
      <NewAgent open={making} onClose={() => setMaking(false)} />
    </Page>
  );
}

function NewAgent({ open, onClose }: { open: boolean; onClose: () => void }) {
  const numbers = useQuery({ ...numbersQuery, enabled: open });
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [slug, setSlug] = useState("");
  const [number, setNumber] = useState("");
  const submit = async () => {
    const body = { slug, number: number || numbers.data?.items[0]?.number || null, definition: { ...START, name: slug } };
    await take(api.POST("/v1/agents", { body: body as never }));
    await queries.invalidateQueries({ queryKey: ["agents"] });
    await navigate({ to: "/agents/$agent", params: { agent: slug } });
  };
  return (
    <Dialog title="New agent" open={open} onClose={onClose}>
      <Form submit="Create draft" onSubmit={submit} onDone={onClose}>
        <Field label="Name in addresses" hint="Small letters, digits and hyphens; API requests name the agent by it."><Input required autoFocus pattern="[a-z0-9][a-z0-9\-]*" value={slug} onChange={(event) => setSlug(event.target.value)} /></Field>
        <Field label="Calls from">
          <Select value={number} onChange={(event) => setNumber(event.target.value)}>{numbers.data?.items.map((one) => <option key={one.id}>{one.number}</option>)}</Select>
        </Field>
      </Form>
    </Dialog>
  );
}
