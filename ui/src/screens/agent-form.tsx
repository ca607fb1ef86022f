/** A definition as fields: each reads from the text and writes into it, so that fields and YAML are two views of one thing. */
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Plus, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Badge, Button, cx, Input, Loaded, Trouble } from "~/components/basics";
import { type Edit, type Schema, schemaAt, SchemaFields, Words } from "~/components/schema-fields";
import { at, found, type Path, type Read, sentences } from "~/data/document";
import { agentSchemaQuery } from "~/data/queries";
import { plain } from "~/data/words";
import { ListenTo } from "./agent-voice-sample";
import { Tools } from "./agent-tools";
import type { Trial } from "./agent-test";

export interface FormProps {
  root: Schema;
  definition: Record<string, unknown>;
  edit?: Edit;
  trial: Trial;
}

export function DefinitionForm({ read, edit, trial }: { read: Read; edit?: Edit; trial: Trial }) {
  const schema = useQuery(agentSchemaQuery);
  if (!read.value) return <div className="space-y-2 p-3"><Trouble error={read.error} /><p className="text-sm text-dim">Mend the YAML first; the fields come back as soon as it can be read.</p></div>;
  const definition = read.value;
  return <Loaded query={schema} rows={8}>{(root) => <Sections root={root} definition={definition} edit={edit} trial={trial} />}</Loaded>;
}

function Sections(props: FormProps) {
  const { root, definition, edit } = props;
  const fields = (path: Path, only?: readonly string[], long?: readonly string[]) => <SchemaFields root={root} definition={definition} edit={edit} path={path} only={only} long={long} />;
  const value = (path: Path) => plain(String(at(definition, path) ?? schemaAt(root, path).default ?? "–"));
  const hasPrompt = !!definition.prompt;
  const hasFlow = !!definition.flow;
  return (
    <div className="max-h-[70vh] divide-y divide-line overflow-y-auto" tabIndex={0}>
      <Section title="About" open>{fields([], ["name", "language", "type", "recording"])}</Section>
      {hasPrompt && <Section title="Prompt and first message" open>{fields(["prompt"], ["system", "first_message", "provider", "model", "fallback"], ["system", "first_message", "fallback"])}</Section>}
      {!hasPrompt && edit && (
        <Section title="Prompt">
          <p className="mb-2 text-sm text-dim">This agent speaks by its flow alone. With a prompt, a language model answers {hasFlow ? "what the flow does not know" : "everything"}.</p>
          <Button onClick={() => edit(["prompt"], { system: "You are a friendly assistant on the phone. Answer in one or two short sentences." })}><Plus />Add a prompt</Button>
        </Section>
      )}
      {hasFlow && <Section title="What it says" note={`${sentences(definition).length} sentences`}><Sentences {...props} /></Section>}
      {hasFlow && <Section title="Disclosure and silence">{fields(["flow"], ["disclosure", "silence", "silence_goodbye"])}<div className="mt-3">{fields(["flow", "fallback"], ["text", "ask_model"])}</div></Section>}
      <Section title="Voice" note={`${value(["voice", "provider"])}: ${value(["voice", "name"])}`}><ListenTo definition={definition} edit={edit} />{fields(["voice"])}</Section>
      <Section title="Turn-taking" note={`${value(["turn_taking", "opening"])}, answers after ${value(["turn_taking", "endpoint_ms"])} to ${value(["turn_taking", "endpoint_max_ms"])} ms`}>{fields(["turn_taking"])}</Section>
      <Section title="Machines and voicemail" note={value(["machine", "action"])}>{fields(["machine"], undefined, ["message"])}</Section>
      <Section title="Tools" note={`${Object.keys(definition.tools ?? {}).length}`}><Tools {...props} /></Section>
      <Section title="What it finds out" note={`${Object.keys((at(definition, ["flow", "outcomes"]) ?? {}) as object).length} outcomes, ${found(definition).length} values`}><FindsOut {...props} /></Section>
      <Section title="Limits" note={`rings ${value(["limits", "ring_timeout_s"])} s, talks at most ${value(["limits", "max_duration_s"])} s`}>{fields(["limits"])}</Section>
      <Section title="Pronunciations" note={`${Object.keys(definition.pronunciations ?? {}).length}`}>
        <p className="mb-2 text-xs text-dim">Words as they are written, and as they are said.</p>
        <Pairs path={["pronunciations"]} definition={definition} edit={edit} names={["Written", "Said"]} />
      </Section>
    </div>
  );
}

export function Section({ title, note, open, children }: { title: string; note?: ReactNode; open?: boolean; children: ReactNode }) {
  const [shown, setShown] = useState(!!open);
  return (
    <details open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary className="flex cursor-pointer list-none items-center gap-2 px-3 py-2.5 text-sm font-semibold hover:bg-raised/60">
        <ChevronRight className={cx("size-4 shrink-0 text-dim transition-transform", shown && "rotate-90")} aria-hidden />
        <span>{title}</span>{note && <span className="min-w-0 truncate text-xs font-normal text-dim">{note}</span>}
      </summary>
      {shown && <div className="px-3 pb-4 pl-9 pt-1">{children}</div>}
    </details>
  );
}

function Sentences({ definition, edit }: FormProps) {
  return (
    <div className="space-y-3">
      {sentences(definition).map(({ step, kind, path }) => (
        <Words key={path.join("/")} label={`${plain(step)} · ${plain(kind)}`} long several value={at(definition, path)} set={edit && ((value) => edit(path, value))} />
      ))}
    </div>
  );
}

function FindsOut({ definition, edit }: FormProps) {
  const slots = found(definition);
  return (
    <div className="space-y-3">
      <p className="text-xs text-dim">Outcomes a call can come to, and what each means.</p>
      <Pairs path={["flow", "outcomes"]} definition={definition} edit={edit} names={["Outcome", "Meaning"]} />
      <p className="text-xs text-dim">{slots.length ? "Values that its questions find (steps, slots):" : "No question of it looks for a value yet (slots of a step)."}</p>
      <div className="flex flex-wrap gap-1.5">{slots.map((slot) => <Badge key={slot.name}>{slot.name}: {plain(slot.type)}</Badge>)}</div>
    </div>
  );
}

/** A map of names to texts. */
function Pairs({ path, definition, edit, names }: { path: Path; definition: unknown; edit?: Edit; names: [string, string] }) {
  const [name, setName] = useState("");
  const rows = Object.entries((at(definition, path) ?? {}) as Record<string, string>);
  return (
    <div className="space-y-1.5">
      {rows.map(([key, text]) => (
        <div key={key} className="grid grid-cols-[minmax(6rem,1fr)_2fr_auto] items-center gap-2">
          <code className="truncate font-mono text-xs" title={key}>{key}</code>
          <Input aria-label={`${names[1]} of ${key}`} disabled={!edit} value={text ?? ""} onChange={(event) => edit?.([...path, key], event.target.value)} />
          {edit && <button type="button" aria-label={`Remove ${key}`} onClick={() => edit([...path, key], undefined)} className="rounded p-1 text-dim hover:text-bad"><X className="size-4" /></button>}
        </div>
      ))}
      {edit && (
        <form className="flex gap-2" onSubmit={(event) => { event.preventDefault(); if (name.trim()) edit([...path, name.trim()], ""); setName(""); }}>
          <Input aria-label={`New: ${names[0]}`} placeholder={names[0]} value={name} onChange={(event) => setName(event.target.value)} className="!w-48" />
          <Button type="submit"><Plus />Add</Button>
        </form>
      )}
    </div>
  );
}
