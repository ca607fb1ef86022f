/** Tools of an agent, each with a run of its own. */
import { Play } from "lucide-react";
import { useState } from "react";
import { Badge, Button, Field, Trouble } from "~/components/basics";
import { Json } from "~/components/copy";
import { SchemaFields } from "~/components/schema-fields";
import { api, type Schemas, take } from "~/data/client";
import { useMay } from "~/data/session";
import { variablesIn, millis } from "~/data/words";
import type { FormProps } from "./agent-form";
import type { Trial } from "./agent-test";

const SHOWN = ["description", "method", "url", "timeout_ms", "writes"] as const;

export function Tools({ root, definition, edit, trial }: FormProps) {
  const tools = Object.entries((definition.tools ?? {}) as Record<string, { parameters?: unknown; url?: string }>);
  if (!tools.length) return <p className="text-sm text-dim">None. A tool is an HTTP request that a step or the model makes: write it under <code>tools</code> in the YAML.</p>;
  return (
    <div className="space-y-4">
      {tools.map(([name, tool]) => (
        <div key={name} className="space-y-2 rounded-md border border-line p-3">
          <p className="font-mono text-xs font-semibold">{name}</p>
          <SchemaFields root={root} definition={definition} edit={edit} path={["tools", name]} only={SHOWN} />
          <RunTool name={name} tool={tool} trial={trial} />
        </div>
      ))}
    </div>
  );
}

/** What a model would fill in, as an example. */
function sample(tool: unknown, trial: Trial): string {
  const properties = ((tool as { parameters?: { properties?: object } }).parameters?.properties ?? {}) as Record<string, { example?: unknown; type?: string }>;
  const filled = Object.entries(properties).map(([name, one]) => [name, one.example ?? (one.type === "integer" || one.type === "number" ? 1 : one.type === "boolean" ? true : name)]);
  const used = variablesIn(JSON.stringify(tool)).flatMap((name) => (trial.values[name] ? [[name, trial.values[name]]] : []));
  return JSON.stringify(Object.fromEntries([...used, ...filled]), null, 2);
}

function RunTool({ name, tool, trial }: { name: string; tool: unknown; trial: Trial }) {
  const may = useMay("agents:write");
  const [given, setGiven] = useState(() => sample(tool, trial));
  const [came, setCame] = useState<Schemas["ToolTest"] | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  if (!may) return null;
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const parsed: Record<string, unknown> = JSON.parse(given || "{}");
      await trial.ready();
      setCame(await take(api.POST("/v1/agents/{agent}/tools/{tool}/test", { params: { path: { agent: trial.agent.slug, tool: name } }, body: { arguments: parsed } })));
    } catch (refused) {
      setError(refused instanceof SyntaxError ? new Error(`The arguments are not JSON: ${refused.message}`) : refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="space-y-2">
      <Field label="Arguments of the test" hint="The request is really made, as a call would make it."><textarea rows={3} className="control !h-auto py-1.5 font-mono text-xs" value={given} onChange={(event) => setGiven(event.target.value)} /></Field>
      <Button busy={busy} onClick={() => void run()}><Play />Test {name}</Button>
      <Trouble error={error} />
      {came && (
        <div className="space-y-1 text-sm">
          <p><Badge tone={came.ok ? "good" : "bad"}>{came.status ?? (came.ok ? "done" : "failed")}</Badge> in {millis(came.took_ms)} {came.error && <span className="text-bad">{came.error}</span>}</p>
          {came.result != null && <Json value={came.result} />}
        </div>
      )}
    </div>
  );
}
