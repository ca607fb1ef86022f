/** One agent: its draft as fields and as YAML, beside it what tries it, its versions, and how it is called from outside. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { PhoneOutgoing } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { toast } from "sonner";
import { Badge, Button, Card, Loaded, Page, Skeleton, Trouble } from "~/components/basics";
import { Confirm } from "~/components/dialog";
import { PlaceCall } from "~/components/place-call";
import { Tabs } from "~/components/tabs";
import { api, type Schemas, take } from "~/data/client";
import { variablesOf } from "~/data/definition";
import { agentQuery } from "~/data/queries";
import { filled, useSamples } from "~/data/samples";
import { useMay } from "~/data/session";
import { DefinitionForm } from "./agent-form";
import { Credentials } from "./agent-credentials";
import { Versions } from "./agent-tabs";
import { type Trial, Test } from "./agent-test";
import { ImportExport } from "./agent-transfer";
import { useDraft } from "./agent-draft";
import { Variables } from "./agent-variables";
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
  const draft = useDraft(agent, may);
  const [calling, setCalling] = useState(false);
  const [tab, setTab] = useState("test");
  const samples = useSamples(agent.id);
  const variables = useMemo(() => variablesOf(draft.read.value), [draft.read.value]);
  const { values, missing } = filled(variables, samples.own);
  const trial: Trial = { agent, values, missing, ready: draft.saved };
  return (
    <Page
      title={<>{agent.slug} <Badge tone={stateTone(agent.state)}>{agent.state}</Badge>{draft.dirty && <Badge tone="warn">unsaved</Badge>}</>}
      lead="The draft is edited here; calls use the version that was published last."
      actions={
        <>
          {mayCall && agent.state === "published" && <Button onClick={() => setCalling(true)}><PhoneOutgoing />Call</Button>}
          <ImportExport agent={agent} text={draft.text} value={draft.read.value} onImport={may ? draft.setText : undefined} />
          {may && agent.state !== "draft" && <Switch agent={agent} onDone={draft.forget} />}
          {may && <Button busy={draft.busy} disabled={!draft.dirty} onClick={() => void draft.act(draft.save, "Draft saved.")}>Save draft</Button>}
          {may && <Button kind="primary" busy={draft.busy} onClick={() => void draft.act(draft.publish, "Published.")}>Publish</Button>}
        </>
      }
    >
      <Trouble error={draft.error} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Card>
          <Tabs
            label="Definition"
            flush
            tabs={[
              { id: "form", label: "Fields", body: <DefinitionForm read={draft.read} edit={may ? draft.edit : undefined} trial={trial} /> },
              { id: "yaml", label: may ? "YAML" : "YAML, read only", body: (
                <Suspense fallback={<Skeleton rows={14} />}>
                  <Editor label="Definition" language="yaml" value={draft.text} onChange={may ? draft.setText : undefined} height="70vh" />
                </Suspense>
              ) },
            ]}
          />
        </Card>
        <Card>
          <Tabs
            label="About this agent"
            value={tab}
            onChange={setTab}
            tabs={[
              { id: "test", label: "Test", body: <Test trial={trial} onSamples={() => setTab("variables")} /> },
              { id: "variables", label: <>Variables{missing.length > 0 && <span className="ml-1 text-warn" aria-label={`${missing.length} without a value`}>●</span>}</>, body: <Variables variables={variables} samples={samples} error={draft.read.error} edit={may ? draft.edit : undefined} /> },
              { id: "versions", label: "Versions", body: <Versions agent={agent} onRestored={draft.forget} /> },
              { id: "credentials", label: "Credentials & instructions", body: <Credentials agent={agent} values={values} /> },
            ]}
          />
        </Card>
      </div>
      <PlaceCall open={calling} onClose={() => setCalling(false)} agent={agent.slug} />
    </Page>
  );
}

function Switch({ agent, onDone }: { agent: Schemas["Agent"]; onDone: () => Promise<void> }) {
  const off = agent.state === "disabled";
  const turn = async () => {
    await take(api.POST(`/v1/agents/{agent}/${off ? "enable" : "disable"}`, { params: { path: { agent: agent.slug } } }));
    await onDone();
    toast.success(off ? "Enabled." : "Disabled.");
  };
  return (
    <Confirm kind={off ? "plain" : "danger"} label={off ? "Enable" : "Disable"} title={`${off ? "Enable" : "Disable"} ${agent.slug}?`} lead={off ? "It takes calls again." : "New calls are refused until it is enabled again."} onConfirm={turn} />
  );
}
