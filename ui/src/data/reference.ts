/** An OpenAPI document as a list of things to try, and a request as code. */
export interface Param {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  description?: string;
  example?: string;
  choices?: string[];
}
export interface Operation {
  id: string;
  method: string;
  path: string;
  tag: string;
  title: string;
  description?: string;
  params: Param[];
  /** Media type and an example of the body, where there is one. */
  body?: { type: string; example: string; schema: unknown };
  answers: [string, string][];
}

type Json = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any

export function operationsOf(document: Json): Operation[] {
  const found: Operation[] = [];
  for (const [path, methods] of Object.entries<Json>(document.paths ?? {})) {
    for (const [method, operation] of Object.entries<Json>(methods)) {
      if (!["get", "post", "put", "patch", "delete"].includes(method)) continue;
      found.push(read(document, path, method, operation, methods.parameters ?? []));
    }
  }
  return found;
}

function read(document: Json, path: string, method: string, operation: Json, shared: Json[]): Operation {
  const [type, media] = Object.entries<Json>(deref(document, operation.requestBody)?.content ?? {})[0] ?? [];
  return {
    id: `${method} ${path}`,
    method: method.toUpperCase(),
    path,
    tag: operation.tags?.[0] ?? "other",
    title: operation.summary ?? `${method.toUpperCase()} ${path}`,
    description: operation.description,
    params: [...shared, ...(operation.parameters ?? [])].map((one) => param(document, deref(document, one) ?? {})),
    body: type && media ? { type, schema: media.schema, example: bodyText(type, media.example ?? Object.values<Json>(media.examples ?? {})[0]?.value ?? example(document, media.schema)) } : undefined,
    answers: Object.entries<Json>(operation.responses ?? {}).map(([status, answer]) => [status, deref(document, answer)?.description ?? ""]),
  };
}

function param(document: Json, one: Json): Param {
  const schema = deref(document, one.schema) ?? {};
  const known = one.example ?? schema.example ?? schema.default;
  return { name: one.name, in: one.in, required: !!one.required, description: one.description, example: known == null ? undefined : String(known), choices: schema.enum?.map(String) };
}

function bodyText(type: string, value: unknown): string {
  if (type.includes("json")) return JSON.stringify(value ?? {}, null, 2);
  if (type.includes("urlencoded")) return new URLSearchParams(value as Record<string, string>).toString();
  return typeof value === "string" ? value : JSON.stringify(value ?? {}, null, 2);
}

function deref(document: Json, schema: Json | undefined): Json | undefined {
  if (!schema?.$ref) return schema;
  return schema.$ref.slice(2).split("/").reduce((at: Json | undefined, key: string) => at?.[key], document);
}

/** A body with what must be in it, from the schema's own examples. */
export function example(document: Json, raw: Json | undefined, depth = 0): unknown {
  const schema = deref(document, raw);
  if (!schema || depth > 6) return null;
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const parts = schema.allOf as Json[] | undefined;
  if (parts) return Object.assign({}, ...parts.map((part) => example(document, part, depth + 1)));
  const choice = (schema.oneOf ?? schema.anyOf)?.find((one: Json) => one.type !== "null");
  if (choice) return example(document, choice, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object" || schema.properties) {
    const required: string[] = schema.required ?? [];
    const shown = Object.entries<Json>(schema.properties ?? {}).filter(([name, property]) => required.includes(name) || property.example !== undefined);
    return Object.fromEntries(shown.map(([name, property]) => [name, example(document, property, depth + 1)]));
  }
  return { array: [], integer: 0, number: 0, boolean: false, string: "" }[type as string] ?? null;
}

/** Whether an operation opens a WebSocket. */
export const isSocket = (operation: Operation) => operation.answers.some(([status]) => status === "101");

/** The header field for the signature of the body, which is made from the agent's secret and not typed. */
export const signatureOf = (operation: Operation) => operation.params.find((one) => one.in === "header" && one.name.toLowerCase() === "signature" && !!operation.body)?.name;

/** Header fields that carry a key, as the vendors name them. */
const KEYS = ["authorization", "x-api-key", "x-vgai-key", "api-key"];

/** Whether a field of the form carries the key, which has a place of its own. */
export const carriesKey = (one: Param) => one.in === "header" && KEYS.includes(one.name.toLowerCase());

/** The header field that opens an operation, by its own document. */
export function keyHeader(operation: Operation, key: string): [string, string] {
  const name = operation.params.find(carriesKey)?.name ?? "Authorization";
  return [name, name.toLowerCase() === "authorization" ? `Bearer ${key}` : key];
}

export interface Request {
  method: string;
  url: string;
  headers: [string, string][];
  body?: string;
  /** Name of the header field that holds the body's HMAC-SHA256, where one is asked for. */
  signed?: string;
}

/** The request that a form describes. */
export function requestOf(origin: string, operation: Operation, values: Record<string, string>, body: string | undefined, headers: [string, string][]): Request {
  let path = operation.path;
  const query = new URLSearchParams();
  const all: [string, string][] = [...headers];
  for (const one of operation.params) {
    const value = values[`${one.in}:${one.name}`] ?? "";
    if (one.in === "path") path = path.replace(`{${one.name}}`, value ? encodeURIComponent(value) : `{${one.name}}`);
    else if (value && one.in === "query") query.append(one.name, value);
    else if (value && one.in === "header") all.push([one.name, value]);
  }
  if (operation.body && body) all.push(["Content-Type", operation.body.type]);
  const search = query.size ? `?${query}` : "";
  const whole = operation.body && body ? body : undefined;
  return { method: operation.method, url: `${origin}${path}${search}`, headers: all, body: whole, signed: whole === undefined ? undefined : signatureOf(operation) };
}
