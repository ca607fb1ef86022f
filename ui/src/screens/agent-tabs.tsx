/** What was published, and how others call with it. */
import { useQuery } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { useState } from "react";
import { stringify } from "yaml";
import { Badge, Button, Empty, Loaded, Select } from "~/components/basics";
import { Code, CopyButton } from "~/components/copy";
import { Confirm, Dialog } from "~/components/dialog";
import { Tabs } from "~/components/tabs";
import { Time } from "~/components/time";
import { api, type Schemas, take } from "~/data/client";
import { diff } from "~/data/diff";
import { credentialsQuery, versionsQuery } from "~/data/queries";
import type { Request } from "~/data/reference";
import { useMay } from "~/data/session";
import { SNIPPETS } from "~/data/snippets";

type Version = Schemas["AgentVersion"];
const yaml = (definition: unknown) => stringify(definition, { lineWidth: 110 });

export function Versions({ agent, onRestored }: { agent: Schemas["Agent"]; onRestored: () => Promise<void> }) {
  const query = useQuery(versionsQuery(agent.slug));
  const may = useMay("agents:write");
  const [shown, setShown] = useState<Version | null>(null);
  const roll = async (version: number) => {
    await take(api.POST("/v1/agents/{agent}/rollback", { params: { path: { agent: agent.slug } }, body: { version } }));
    await onRestored();
  };
  return (
    <>
      <Loaded query={query} rows={3}>
        {({ items }) => items.length ? (
          <ul className="divide-y divide-line">
            {[...items].sort((a, b) => b.number - a.number).map((version) => (
              <li key={version.id} className="flex items-center gap-2 py-2 text-sm">
                <span className="whitespace-nowrap font-medium">Version {version.number}</span>
                {version.id === agent.published_version_id && <Badge tone="good">in use</Badge>}
                <span className="flex-1 truncate text-xs text-dim"><Time at={version.published_at} /></span>
                <Button kind="ghost" onClick={() => setShown(version)}>Compare</Button>
                {may && version.id !== agent.published_version_id && <Confirm kind="plain" label="Roll back" title={`Use version ${version.number} again?`} lead="Calls use it from now on." onConfirm={() => roll(version.number)} />}
              </li>
            ))}
          </ul>
        ) : <Empty title="Not published yet">Publish the draft, and calls can use it.</Empty>}
      </Loaded>
      <Dialog wide title={`Version ${shown?.number ?? ""} and the draft`} lead="Lines with − are gone in the draft, lines with + are new in it." open={!!shown} onClose={() => setShown(null)}>
        <pre className="max-h-[60vh] overflow-auto rounded-md bg-raised p-3 font-mono text-xs" tabIndex={0}>
          {shown && diff(yaml(shown.definition), yaml(agent.definition)).map((line, index) => (
            <div key={index} className={line.sign === "+" ? "bg-good/10 text-good" : line.sign === "-" ? "bg-bad/10 text-bad" : "text-dim"}>{line.sign === "-" ? "−" : line.sign} {line.text}</div>
          ))}
        </pre>
      </Dialog>
    </>
  );
}

/** The agent's own token, and requests that are ready to send. */
export function Credentials({ agent, values }: { agent: Schemas["Agent"]; values: Record<string, string> }) {
  const [shown, setShown] = useState(false);
  const [dialect, setDialect] = useState("native");
  const may = useMay("agents:write");
  const query = useQuery({ ...credentialsQuery(agent.slug), enabled: shown && may });
  const request = ready(agent.slug, dialect, values);
  return (
    <div className="space-y-3 text-sm">
      <p className="text-dim">Programs call with this agent by an API key (API keys), or by the agent's own token and secret as VoiceB's clients do.</p>
      <Select aria-label="API" className="!w-56" value={dialect} onChange={(event) => setDialect(event.target.value)}>
        <option value="native">Outdial, by an API key</option>
        <option value="voiceb">VoiceB, by token and secret</option>
      </Select>
      <Tabs label="Language" flush tabs={Object.entries(SNIPPETS).map(([name, write]) => ({ id: name, label: name, body: <div className="pt-2"><Code text={write(request)} /></div> }))} />
      {!may ? <p className="text-dim">Seeing the agent's token and secret takes the permission agents:write.</p> : !shown ? <Button onClick={() => setShown(true)}><Eye />Show credentials</Button> : (
        <Loaded query={query} rows={2}>
          {(found) => (
            <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-1">
              {[["Token", found.token], ["Secret", found.secret], ...Object.entries(found.names).map(([name, value]) => [`Name for ${name}`, String(value)])].map(([name, value]) => (
                <div key={name} className="contents"><dt className="text-dim">{name}</dt><dd className="flex min-w-0 items-center gap-1"><code className="truncate font-mono text-xs">{value}</code><CopyButton text={String(value)} /></dd></div>
              ))}
            </dl>
          )}
        </Loaded>
      )}
    </div>
  );
}

/** A call with this agent, with sample values; keys are read from the environment. */
function ready(agent: string, dialect: string, variables: Record<string, string>): Request {
  const json: [string, string] = ["Content-Type", "application/json"];
  const origin = window.location.origin;
  if (dialect === "native") {
    return { method: "POST", url: `${origin}/v1/calls`, headers: [["Authorization", "Bearer $API_KEY"], json], body: JSON.stringify({ agent, to: "+15551234567", variables }, null, 2) };
  }
  return { method: "POST", url: `${origin}/api/click-to-call`, headers: [["api-key", "$API_KEY"], json], body: JSON.stringify({ phone: "+15551234567", variables }, null, 2), signed: "signature" };
}
