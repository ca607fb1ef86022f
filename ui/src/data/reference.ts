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
  return { method: operation.method, url: `${origin}${path}${search}`, headers: all, body: operation.body && body ? body : undefined };
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

export const SNIPPETS: Record<string, (request: Request) => string> = {
  cURL: ({ method, url, headers, body }) =>
    [
      `curl ${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`,
      ...headers.map(([name, value]) => `-H "${name}: ${value}"`),
      ...(body ? [`-d ${quoted(body)}`] : []),
    ].join(" \\\n  "),
  Python: ({ method, url, headers, body }) => {
    const lines = headers.map(([name, value]) => `        ${JSON.stringify(name)}: ${fromEnvironment(value, (key) => `os.environ["${key}"]`, "+")},`);
    return `import os\nimport requests\n\nanswer = requests.request(\n    ${JSON.stringify(method)},\n    ${JSON.stringify(url)},\n    headers={\n${lines.join("\n")}\n    },\n${body ? `    data=${JSON.stringify(body)},\n` : ""}    timeout=30,\n)\nprint(answer.status_code, answer.text)\n`;
  },
  "Node.js": ({ method, url, headers, body }) => {
    const lines = headers.map(([name, value]) => `    ${JSON.stringify(name)}: ${fromEnvironment(value, (key) => `process.env.${key}`, "+")},`);
    return `const answer = await fetch(${JSON.stringify(url)}, {\n  method: ${JSON.stringify(method)},\n  headers: {\n${lines.join("\n")}\n  },\n${body ? `  body: ${JSON.stringify(body)},\n` : ""}});\nconsole.log(answer.status, await answer.text());\n`;
  },
};

/** `Bearer $API_KEY` as an expression that reads the environment. */
function fromEnvironment(value: string, read: (key: string) => string, join: string): string {
  const [before, key] = value.split("$");
  if (!key) return JSON.stringify(value);
  return before ? `${JSON.stringify(before)} ${join} ${read(key)}` : read(key);
}
