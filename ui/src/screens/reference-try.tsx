/** One request: its form, the code that follows it, and its answer. */
import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Badge, Button, Card, Field, Input, Prose, Select, Skeleton, Trouble } from "~/components/basics";
import { Code } from "~/components/copy";
import { Dialog, Form } from "~/components/dialog";
import { Tabs } from "~/components/tabs";
import { OURS, type Schemas } from "~/data/client";
import { agentsQuery } from "~/data/queries";
import { carriesKey, isSocket, keyHeader, type Operation, type Param, type Request, requestOf, signatureOf } from "~/data/reference";
import { sign, SNIPPETS, SOCKET_SNIPPETS } from "~/data/snippets";
import { millis } from "~/data/words";
import type { Dialect } from "./reference";
import { Console } from "./reference-console";
import { FillIn, Keys, named, namedBody, type Secrets } from "./reference-keys";

const Editor = lazy(() => import("~/components/editor"));

interface Answer {
  status: number;
  took: number;
  headers: string;
  body: string;
}

/** Whether trying this makes a telephone ring. */
const dials = (operation: Operation) => operation.method === "POST" && /call|dial|outbound/i.test(`${operation.path} ${operation.title}`) && !/hang|transfer|cancel|end|say|note/i.test(operation.path);

export function Try({ operation, dialect }: { operation: Operation; dialect: Dialect }) {
  const agentsFound = useQuery(agentsQuery);
  const agents = agentsFound.data?.items ?? [];
  const native = dialect === "native";
  const socket = isSocket(operation);
  const [values, setValues] = useState<Record<string, string>>(() => Object.fromEntries(operation.params.filter((one) => one.required && one.example).map((one) => [`${one.in}:${one.name}`, one.example as string])));
  const [typed, setBody] = useState<string | null>(null);
  const [secrets, setSecrets] = useState<Secrets>({ key: "", secret: "" });
  const [extra, setExtra] = useState("");
  const [asking, setAsking] = useState(false);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<unknown>();
  const body = typed ?? filled(operation.body?.example, agents.find((agent) => agent.state === "published")?.slug);
  const added = extra.split("\n").map((line) => line.split(/:\s*/, 2) as [string, string]).filter(([name, value]) => name && value);
  const origin = socket ? window.location.origin.replace(/^http/, "ws") : window.location.origin;
  const request = requestOf(origin, operation, values, body, [keyHeader(operation, "$API_KEY"), ...added]);
  const send = async () => {
    setError(undefined);
    try {
      setAnswer(await sent(request, operation, native, secrets));
    } catch (failed) {
      setError(failed instanceof TypeError ? new Error("The request did not reach the server. Check the parameters in the path.") : failed);
    }
  };
  const params = (where: string[]) => operation.params.filter((one) => where.includes(one.in) && !carriesKey(one) && one.name !== signatureOf(operation)).map((one) => (
    <Value key={`${one.in}:${one.name}`} param={one} value={values[`${one.in}:${one.name}`] ?? ""} agents={native && (agentsFound.isPending || agents.length > 0) ? agents.map((agent) => agent.slug) : undefined} onChange={(value) => setValues({ ...values, [`${one.in}:${one.name}`]: value })} />
  ));
  const inPath = params(["path", "query"]);
  const headers = (
    <div className="space-y-3">
      {native ? <p className="text-sm text-dim">Here requests go under your session; programs send a key (API keys) as <code className="font-mono text-xs">Authorization: Bearer $API_KEY</code>.</p>
        : <Keys dialect={dialect} signed={!!signatureOf(operation)} secrets={secrets} onChange={setSecrets} />}
      {socket && !native && <p className="text-sm text-dim">Browsers give WebSockets no headers: put the key into the parameters.</p>}
      {params(["header"])}
      {!socket && <Field label="More headers" hint="One a line, Name: value."><textarea className="control !h-20 py-1.5 font-mono" value={extra} onChange={(event) => setExtra(event.target.value)} /></Field>}
    </div>
  );
  const fill = ({ token, secret, names }: Schemas["Credentials"]) => {
    if (dialect === "voiceb") setSecrets({ key: token, secret });
    const name = String({ native: "", voiceb: "", ...names }[dialect]);
    if (!name) return;
    setValues(named(values, operation.params, name));
    setBody(namedBody(body, name) ?? null);
  };
  const act = () => (operation.method === "GET" ? void send() : setAsking(true));
  return (
    <div className="min-w-0 space-y-4">
      <Card title={<span className="font-mono text-xs">{socket ? "WS" : operation.method} {operation.path}</span>} actions={<>{!native && <FillIn agents={agents} onFill={fill} />}{!socket && <Button kind="primary" onClick={act}><Play />Test Run</Button>}</>}>
        <div className="border-b border-line p-3">
          <h2 className="text-base font-semibold">{operation.title}</h2>
          {operation.description && <p className="mt-1 max-w-[80ch] whitespace-pre-line text-sm text-dim"><Prose text={operation.description.replace(/([^\n])\n(?!\n)/g, "$1 ")} /></p>}
        </div>
        <Tabs
          label="Request"
          tabs={[
            ...(operation.body ? [{ id: "body", label: "Body", body: <Suspense fallback={<Skeleton rows={4} />}><Editor label="Body" language="json" value={body ?? ""} onChange={setBody} /></Suspense> }] : []),
            { id: "parameters", label: `Parameters${inPath.length ? ` (${inPath.length})` : ""}`, body: inPath.length ? <div className="grid gap-3 sm:grid-cols-2">{inPath}</div> : <p className="text-sm text-dim">None.</p> },
            { id: "headers", label: "Headers", body: headers },
            { id: "answers", label: "Answers", body: <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">{operation.answers.map(([status, text]) => <div key={status} className="contents"><dt className="font-mono text-xs">{status}</dt><dd className="text-dim"><Prose text={text} /></dd></div>)}</dl> },
          ]}
        />
      </Card>
      <Trouble error={error} />
      {socket && <Console path={operation.path} address={request.url} />}
      {answer && <Answered answer={answer} />}
      <Card title="Code">
        <Tabs label="Language" tabs={Object.entries(socket ? SOCKET_SNIPPETS : SNIPPETS).map(([name, write]) => ({ id: name, label: name, body: <Code text={write(request)} /> }))} />
      </Card>
      <Dialog title={dials(operation) ? "This makes a telephone ring" : "This changes something"} lead={`${request.method} ${request.url}`} open={asking} onClose={() => setAsking(false)}>
        <Form submit={dials(operation) ? "Dial for real" : "Send"} kind={operation.method === "DELETE" ? "danger" : "primary"} onSubmit={send} onDone={() => setAsking(false)}>
          <p className="text-sm text-dim">{dials(operation) ? "The number in the body is called as soon as rules and limits allow. Put in one of your own." : "Test Run works on this organization's data, not on a copy."}</p>
        </Form>
      </Dialog>
    </div>
  );
}

function Value({ param, value, agents, onChange }: { param: Param; value: string; agents?: string[]; onChange: (value: string) => void }) {
  const list = param.choices ?? (param.name === "agent" ? agents : undefined);
  return (
    <Field label={`${param.name}${param.required ? " *" : ""}`} hint={param.description && <Prose text={param.description} />}>
      {list ? <Select value={value} onChange={(event) => onChange(event.target.value)}><option value="" />{list.map((choice) => <option key={choice}>{choice}</option>)}</Select>
        : <Input placeholder={param.example} value={value} onChange={(event) => onChange(event.target.value)} />}
    </Field>
  );
}

function Answered({ answer }: { answer: Answer }) {
  return (
    <Card title="Answer" actions={<><Badge tone={answer.status < 300 ? "good" : "bad"}>{answer.status}</Badge><span className="text-xs text-dim">{millis(answer.took)}</span></>}>
      <div className="p-3" data-testid="answer"><Tabs label="Answer" tabs={[{ id: "content", label: "Content", body: <Code text={answer.body || "(empty)"} wrap /> }, { id: "head", label: "Headers", body: <Code text={answer.headers} /> }]} /></div>
    </Card>
  );
}

/** Sends a request, under the session or by the key that was typed, signed where its document asks for it. */
async function sent(request: Request, operation: Operation, native: boolean, { key, secret }: Secrets): Promise<Answer> {
  const [opens, opened] = keyHeader(operation, key);
  const headers = Object.fromEntries(request.headers.filter(([name]) => name !== opens));
  if (native) Object.assign(headers, OURS);
  else if (key) headers[opens] = opened;
  if (request.signed && secret) headers[request.signed] = await sign(secret, request.body ?? "");
  const began = performance.now();
  const got = await fetch(request.url, { method: request.method, headers, body: request.body, credentials: native ? "same-origin" : "omit" });
  const text = got.headers.get("content-type")?.includes("event-stream") ? (await got.body?.cancel(), "(a stream: follow it with cURL)") : await got.text();
  return { status: got.status, took: performance.now() - began, headers: [...got.headers].map(([name, value]) => `${name}: ${value}`).join("\n"), body: pretty(text) };
}

/** The example with an agent that is there. */
function filled(example: string | undefined, agent: string | undefined): string | undefined {
  return example && agent ? example.replace(/("agent":\s*)"[^"]*"/, `$1${JSON.stringify(agent)}`) : example;
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
