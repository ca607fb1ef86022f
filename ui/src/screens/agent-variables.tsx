/** Every `{{…}}` of the draft: what is said about it, and the sample value that trials use. */
import { RotateCcw } from "lucide-react";
import { Badge, Button, Input, Trouble } from "~/components/basics";
import type { Edit } from "~/components/schema-fields";
import type { Variable } from "~/data/definition";
import type { useSamples } from "~/data/samples";

interface Props {
  variables: Variable[];
  samples: ReturnType<typeof useSamples>;
  error?: Error;
  edit?: Edit;
}

export function Variables({ variables, samples, error, edit }: Props) {
  if (error) return <Trouble error={error} />;
  if (!variables.length) return <p className="text-sm text-dim">This agent uses none. Write {"{{name}}"} in a text, and give its value with each call.</p>;
  return (
    <div className="space-y-2">
      <p className="text-xs text-dim">Sample values fill trials in; they are kept in this browser, for this agent. Calls bring their own.</p>
      <ul className="divide-y divide-line">
        {variables.map((one) => <li key={one.name} className="space-y-1 py-2.5 text-sm"><One variable={one} samples={samples} edit={edit} /></li>)}
      </ul>
    </div>
  );
}

function State({ variable: { declared, used, default: standby } }: { variable: Variable }) {
  if (!declared) return <Badge tone="warn">not declared</Badge>;
  if (!used) return <Badge tone="dim">not used</Badge>;
  return standby ? <Badge tone="good">default {standby}</Badge> : <Badge tone="accent">each call gives it</Badge>;
}

function One({ variable, samples, edit }: { variable: Variable; samples: Props["samples"]; edit?: Edit }) {
  const { name, sample, description, declared, used } = variable;
  const own = samples.own[name];
  const value = own ?? sample ?? "";
  const declare = () => edit?.(["variables", name], { description: "What it is, for whoever places calls", ...(value && { sample: value }) });
  return (
    <>
      <div className="flex items-center justify-between gap-2">
        <code className="truncate font-mono text-xs text-accent">{`{{${name}}}`}</code>
        <State variable={variable} />
      </div>
      <div className="flex gap-2">
        <Input aria-label={`Sample value of ${name}`} placeholder={variable.default ?? "no sample value"} value={value} onChange={(event) => samples.set(name, event.target.value)} />
        {own !== undefined && sample !== undefined && own !== sample && <Button kind="ghost" aria-label={`The definition's own sample of ${name}`} onClick={() => samples.set(name, null)}><RotateCcw /></Button>}
      </div>
      {declared ? description && <p className="text-xs text-dim">{description}</p> : (
        <p className="text-xs text-dim">Nothing says what it is; a call without it is refused. {edit && <button type="button" className="text-accent underline" onClick={declare}>Declare it</button>}</p>
      )}
      {used && !value && !variable.default && <p className="text-xs text-warn">Trials need a value for it.</p>}
    </>
  );
}
