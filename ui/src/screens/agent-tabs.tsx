/** What was published, and going back to it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { stringify } from "yaml";
import { Badge, Button, Empty, Loaded } from "~/components/basics";
import { Confirm, Dialog } from "~/components/dialog";
import { Time } from "~/components/time";
import { api, type Schemas, take } from "~/data/client";
import { diff } from "~/data/diff";
import { versionsQuery } from "~/data/queries";
import { useMay } from "~/data/session";

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
