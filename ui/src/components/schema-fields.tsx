/** Fields that a JSON schema describes: one control a property, with the schema's own words beside it. */
import { type ReactNode, useState } from "react";
import { Field, Input, Prose, Select } from "./basics";
import { at, type Path } from "~/data/document";

export type Schema = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
export type Edit = (path: Path, value: unknown) => void;

interface Props {
  root: Schema;
  /** Where the described object stands in the definition. */
  path: Path;
  definition: unknown;
  /** Without it, everything is read only. */
  edit?: Edit;
  only?: readonly string[];
  /** Properties whose text has more than one line. */
  long?: readonly string[];
}

const deref = (root: Schema, schema: Schema): Schema => (schema?.$ref ? { ...deref(root, at(root, schema.$ref.slice(2).split("/")) as Schema), ...without(schema) } : schema);
const without = ({ $ref: _, ...rest }: Schema) => rest;

/** The schema of a place in the definition; names in maps are stepped over. */
export function schemaAt(root: Schema, path: Path): Schema {
  return path.reduce<Schema>((schema, key) => unwrap(root, schema.properties?.[key] ?? schema.additionalProperties ?? {}), root);
}

/** Without its `null`, which an empty field stands for. */
function unwrap(root: Schema, raw: Schema): Schema {
  const schema = deref(root, raw);
  const some = (schema.anyOf as Schema[] | undefined)?.filter((one) => one.type !== "null");
  if (some?.length !== 1 || some.length === schema.anyOf.length) return schema;
  return { ...deref(root, some[0] as Schema), description: schema.description, default: schema.default };
}

export function SchemaFields({ root, path, definition, edit, only, long = [] }: Props) {
  const schema = schemaAt(root, path);
  const names = only ?? Object.keys(schema.properties ?? {});
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {names.map((name) => {
        const part = unwrap(root, schema.properties?.[name] ?? {});
        const place = [...path, name];
        return <Control key={name} name={name} schema={part} value={at(definition, place)} long={long.includes(name)} set={edit && ((value) => edit(place, value))} />;
      })}
    </div>
  );
}

const words = (name: string) => name.replaceAll("_", " ").replace(/ ms$/, ", ms").replace(/ s$/, ", s").replace(/^./, (first) => first.toUpperCase());
const inWords = (text?: string) => text && <Prose text={text.replaceAll("\n", " ")} />;

function Control({ name, schema, value, long, set }: { name: string; schema: Schema; value: unknown; long: boolean; set?: (value: unknown) => void }) {
  const off = !set;
  const choices: { const: string; description?: string }[] | undefined = schema.oneOf ?? schema.enum?.map((one: string) => ({ const: one }));
  if (schema.type === "boolean") {
    return (
      <div className="self-end pb-1">
        <label className="flex items-center gap-2 text-sm">
          <input type="checkbox" disabled={off} checked={(value ?? schema.default ?? false) === true} onChange={(event) => set?.(event.target.checked)} />
          {words(name)}
        </label>
        <p className="pl-5 text-xs text-dim">{inWords(schema.description)}</p>
      </div>
    );
  }
  if (choices) {
    const chosen = String(value ?? schema.default ?? "");
    return (
      <Field label={words(name)} hint={inWords(choices.find((one) => one.const === chosen)?.description ?? schema.description)}>
        <Select disabled={off} value={chosen} onChange={(event) => set?.(event.target.value)}>
          {choices.map((one) => <option key={one.const} value={one.const}>{one.const.replaceAll("_", " ")}</option>)}
        </Select>
      </Field>
    );
  }
  const types = [schema.type].flat();
  if (types.includes("integer") || types.includes("number")) {
    return (
      <Field label={words(name)} hint={inWords(schema.description)}>
        <Input type="number" step={types.includes("integer") ? 1 : "any"} min={schema.minimum} disabled={off} placeholder={schema.default == null ? undefined : String(Number(schema.default.toFixed(3)))} value={typeof value === "number" ? value : ""} onChange={(event) => set?.(event.target.value === "" ? undefined : Number(event.target.value))} />
      </Field>
    );
  }
  const several = !!schema.anyOf;
  return (
    <div className={long || several ? "sm:col-span-2" : undefined}>
      <Words label={words(name)} hint={inWords(schema.description)} long={long || several} several={several} value={value} placeholder={schema.default} set={set} />
    </div>
  );
}

interface WordsProps {
  label: string;
  hint?: ReactNode;
  long?: boolean;
  /** Whether every line is a variant of its own. */
  several?: boolean;
  value: unknown;
  placeholder?: string;
  set?: (value: unknown) => void;
}

/** A text; while it is typed it stays as typed, whatever the definition makes of it. */
export function Words({ label, hint, long, several, value, placeholder, set }: WordsProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const stored = Array.isArray(value) ? value.join("\n") : value == null ? "" : String(value);
  const shown = typed ?? stored;
  const change = (text: string) => {
    setTyped(text);
    const lines = text.split("\n").filter((line) => line.trim());
    set?.(!text.trim() ? undefined : several && lines.length > 1 ? lines : several ? lines[0] : text);
  };
  const common = { disabled: !set, placeholder, value: shown, onBlur: () => setTyped(null) };
  const rows = Math.min(12, Math.max(2, shown.split("\n").reduce((sum, line) => sum + 1 + Math.floor(line.length / 72), 0)));
  return (
    <Field label={label} hint={several && hint ? <>{hint} A line each.</> : hint}>
      {long ? <textarea {...common} rows={rows} className="control !h-auto py-1.5 leading-5" onChange={(event) => change(event.target.value)} />
        : <Input {...common} onChange={(event) => change(event.target.value)} />}
    </Field>
  );
}
