/** A request as code. Law: a key stands in no code; it is read from the environment. */
import type { Request } from "./reference";

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const SECRET = "API_SECRET";

export const SNIPPETS: Record<string, (request: Request) => string> = {
  cURL: ({ method, url, headers, body, signed }) => {
    const lines = [`curl ${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`, ...headers.map(([name, value]) => `-H "${name}: ${value}"`)];
    if (signed) lines.push(`-H "${signed}: $(printf %s "$BODY" | openssl dgst -sha256 -hmac "$${SECRET}" -r | cut -d' ' -f1)"`);
    if (body) lines.push(signed ? `-d "$BODY"` : `-d ${quoted(body)}`);
    return `${signed ? `BODY=${quoted(body ?? "")}\n` : ""}${lines.join(" \\\n  ")}`;
  },
  Python: ({ method, url, headers, body, signed }) => {
    const lines = headers.map(([name, value]) => `        ${JSON.stringify(name)}: ${fromEnvironment(value, (key) => `os.environ["${key}"]`)},`);
    if (signed) lines.push(`        ${JSON.stringify(signed)}: hmac.new(os.environ["${SECRET}"].encode(), body.encode(), hashlib.sha256).hexdigest(),`);
    const head = `${signed ? "import hashlib\nimport hmac\n" : ""}import os\nimport requests\n\n${body ? `body = ${JSON.stringify(body)}\n` : ""}`;
    return `${head}answer = requests.request(\n    ${JSON.stringify(method)},\n    ${JSON.stringify(url)},\n    headers={\n${lines.join("\n")}\n    },\n${body ? "    data=body.encode(),\n" : ""}    timeout=30,\n)\nprint(answer.status_code, answer.text)\n`;
  },
  "Node.js": ({ method, url, headers, body, signed }) => {
    const lines = headers.map(([name, value]) => `    ${JSON.stringify(name)}: ${fromEnvironment(value, (key) => `process.env.${key}`)},`);
    if (signed) lines.push(`    ${JSON.stringify(signed)}: createHmac("sha256", process.env.${SECRET}).update(body).digest("hex"),`);
    const head = `${signed ? 'import { createHmac } from "node:crypto";\n\n' : ""}${body ? `const body = ${JSON.stringify(body)};\n` : ""}`;
    return `${head}const answer = await fetch(${JSON.stringify(url)}, {\n  method: ${JSON.stringify(method)},\n  headers: {\n${lines.join("\n")}\n  },\n${body ? "  body,\n" : ""}});\nconsole.log(answer.status, await answer.text());\n`;
  },
};

/** The same for a WebSocket. */
export const SOCKET_SNIPPETS: Record<string, (request: Request) => string> = {
  websocat: ({ url, headers }) => `websocat ${headers.map(([name, value]) => `-H "${name}: ${value}" `).join("")}${quoted(url)}`,
  Python: ({ url, headers }) => {
    const lines = headers.map(([name, value]) => `${JSON.stringify(name)}: ${fromEnvironment(value, (key) => `os.environ["${key}"]`)}`);
    return `import os\nfrom websockets.sync.client import connect\n\nwith connect(${JSON.stringify(url)}, additional_headers={${lines.join(", ")}}) as line:\n    line.send(input())\n    for message in line:\n        print(message)\n`;
  },
  "Node.js": ({ url, headers }) => {
    const lines = headers.map(([name, value]) => `${JSON.stringify(name)}: ${fromEnvironment(value, (key) => `process.env.${key}`)}`);
    return `import WebSocket from "ws";\n\nconst line = new WebSocket(${JSON.stringify(url)}, { headers: { ${lines.join(", ")} } });\nline.on("message", (message) => console.log(String(message)));\n`;
  },
};

/** `Bearer $API_KEY` as an expression that reads the environment. */
function fromEnvironment(value: string, read: (key: string) => string): string {
  const [before, key] = value.split("$");
  if (!key) return JSON.stringify(value);
  return before ? `${JSON.stringify(before)} + ${read(key)}` : read(key);
}

/** HMAC-SHA256 of a text, in lower-case hexadecimal digits. */
export async function sign(secret: string, text: string): Promise<string> {
  if (!crypto.subtle) throw new Error("Browsers sign on https:// and localhost only: put TLS in front of this server.");
  const bytes = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const made = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(text)));
  return [...made].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
