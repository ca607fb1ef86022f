/** One agent: its draft beside what it needs, its versions, and how it is called from outside. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { PhoneOutgoing } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { toast } from "sonner";
import { parse, stringify } from "yaml";
import { Badge, Button, Card, Loaded, Page, Skeleton, Trouble } from "~/components/basics";
import { Confirm } from "~/components/dialog";
import { PlaceCall } from "~/components/place-call";
import { Tabs } from "~/components/tabs";
import { api, type Schemas, take } from "~/data/client";
import { variablesOf } from "~/data/definition";
import { agentQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { Credentials, Versions } from "./agent-tabs";
import { stateTone } from "./agents";

const Editor = lazy(() => import("~/components/editor"));

export function AgentPage() {
  const { agent } = useParams({ from: "/inside/agents/$agent" });
  const query = useQuery(agentQuery(agent));
  return <Loaded query={query} rows={12}>{(found) => <Shown key={found.id} agent={found} />}</Loaded>;
}

function Shown({ agent }: { agent: Schemas["Agent"] }) {
  const may = useMay("agents:write");
  const mayCall = useMay("calls:write");
  const queries = useQueryClient();
  const stored = useMemo(() => stringify(agent.definition, { lineWidth: 110 }), [agent.definition]);
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [calling, setCalling] = useState(false);
  const dirty = text !== null && text !== stored;
  const path = { agent: agent.slug };
  const act = async (what: () => Promise<unknown>, done: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await what();
      await queries.invalidateQueries({ queryKey: ["agents"] });
      toast.success(done);
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  const save = async () => {
    await take(api.PATCH("/v1/agents/{agent}", { params: { path }, body: { definition: parse(text ?? stored) } as never }));
    setText(null);
  };
  const publish = async () => {
    if (dirty) await save();
    await take(api.POST("/v1/agents/{agent}/publish", { params: { path } }));
  };
  const restored = async () => {
    setText(null);
    await queries.invalidateQueries({ queryKey: ["agents"] });
  };
  const toggle = agent.state === "disabled" ? "enable" : "disable";
  return (
    <Page
      title={<>{agent.slug} <Badge tone={stateTone(agent.state)}>{agent.state}</Badge>{dirty && <Badge tone="warn">unsaved</Badge>}</>}
      lead="The draft is edited here; calls use the version that was published last."
      actions={
        <>
          {mayCall && agent.state === "published" && <Button onClick={() => setCalling(true)}><PhoneOutgoing />Call</Button>}
          {may && agent.state !== "draft" && (
            <Confirm kind={toggle === "disable" ? "danger" : "plain"} label={toggle === "disable" ? "Disable" : "Enable"} title={`${toggle === "disable" ? "Disable" : "Enable"} ${agent.slug}?`} lead={toggle === "disable" ? "New calls are refused until it is enabled again." : "It takes calls again."}
              onConfirm={async () => { await take(api.POST(`/v1/agents/{agent}/${toggle}`, { params: { path } })); await restored(); }} />
          )}
          {may && <Button busy={busy} disabled={!dirty} onClick={() => void act(save, "Draft saved.")}>Save draft</Button>}
          {may && <Button kind="primary" busy={busy} onClick={() => void act(publish, "Published.")}>Publish</Button>}
        </>
      }
    >
      <Trouble error={error} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Card title="Definition" actions={<span className="text-xs text-dim">{may ? "YAML" : "YAML, read only"}</span>}>
          <Suspense fallback={<Skeleton rows={14} />}>
            <Editor label="Definition" language="yaml" value={text ?? stored} onChange={may ? setText : undefined} height="70vh" />
          </Suspense>
        </Card>
        <Card>
          <Tabs
            label="About this agent"
            tabs={[
              { id: "variables", label: "Variables", body: <Variables text={text ?? stored} /> },
              { id: "versions", label: "Versions", body: <Versions agent={agent} onRestored={restored} /> },
              { id: "credentials", label: "Credentials & instructions", body: <Credentials agent={agent} /> },
            ]}
          />
        </Card>
      </div>
      <PlaceCall open={calling} onClose={() => setCalling(false)} agent={agent.slug} />
    </Page>
  );
}

/** Every `{{…}}` of the draft, with what is not said about it. */
function Variables({ text }: { text: string }) {
  const read = useMemo(() => {
    try {
      return { variables: variablesOf(parse(text)) };
    } catch (error) {
      return { error };
    }
  }, [text]);
  if (!read.variables) return <Trouble error={read.error} />;
  if (!read.variables.length) return <p className="text-sm text-dim">This agent uses none. Write {"{{name}}"} in a text, and give its value with each call.</p>;
  return (
    <ul className="divide-y divide-line">
      {read.variables.map((one) => (
        <li key={one.name} className="py-2 text-sm">
          <div className="flex items-center justify-between gap-2">
            <code className="font-mono text-xs text-accent">{`{{${one.name}}}`}</code>
            {!one.declared ? <Badge tone="warn">not declared</Badge> : !one.used ? <Badge tone="dim">not used</Badge> : one.default ? <Badge tone="good">default {one.default}</Badge> : <Badge tone="accent">each call gives it</Badge>}
          </div>
          <p className="text-xs text-dim">{one.description ?? (one.declared ? "" : "Describe it under variables, with a sample or a default; a call without it is refused.")}{one.sample && ` · for example ${one.sample}`}</p>
        </li>
      ))}
    </ul>
  );
}
