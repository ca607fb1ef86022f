/** One request: its form, the code that follows it, and its answer. */
import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Badge, Button, Card, Field, Input, Select, Skeleton, Trouble } from "~/components/basics";
import { Code } from "~/components/copy";
import { Dialog, Form } from "~/components/dialog";
import { Tabs } from "~/components/tabs";
import { OURS } from "~/data/client";
import { agentsQuery } from "~/data/queries";
import { carriesKey, keyHeader, type Operation, requestOf, SNIPPETS } from "~/data/reference";
import { millis } from "~/data/words";
import type { Dialect } from "./reference";

const Editor = lazy(() => import("~/components/editor"));

interface Answer {
  status: number;
  took: number;
  headers: string;
  body: string;
}

/** Whether trying this makes a telephone ring. */
const dials = (operation: Operation) => operation.method === "POST" && /call|dial|outbound/i.test(`${operation.path} ${operation.title}`) && !/hang|transfer|cancel|end/i.test(operation.path);

export function Try({ operation, dialect }: { operation: Operation; dialect: Dialect }) {
  const agents = useQuery(agentsQuery).data?.items ?? [];
  const [values, setValues] = useState<Record<string, string>>(() => Object.fromEntries(operation.params.filter((one) => one.required && one.example).map((one) => [`${one.in}:${one.name}`, one.example as string])));
  const [typed, setBody] = useState<string | null>(null);
  const [key, setKey] = useState("");
  const [extra, setExtra] = useState("");
  const [asking, setAsking] = useState(false);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<unknown>();
  const native = dialect === "native";
  const body = typed ?? filled(operation.body?.example, agents.find((agent) => agent.state === "published")?.slug);
  const added = extra.split("\n").map((line) => line.split(/:\s*/, 2) as [string, string]).filter(([name, value]) => name && value);
  const request = requestOf(window.location.origin, operation, values, body, [keyHeader(operation, "$API_KEY"), ...added]);
  const send = async () => {
    setError(undefined);
    const [opens, secret] = keyHeader(operation, key);
    const headers = Object.fromEntries(request.headers.filter(([name]) => name !== opens));
    if (native) Object.assign(headers, OURS);
    else if (key) headers[opens] = secret;
    const began = performance.now();
    try {
      const got = await fetch(request.url, { method: request.method, headers, body: request.body, credentials: native ? "same-origin" : "omit" });
      const text = got.headers.get("content-type")?.includes("event-stream") ? (await got.body?.cancel(), "(a stream: follow it with cURL)") : await got.text();
      setAnswer({ status: got.status, took: performance.now() - began, headers: [...got.headers].map(([name, value]) => `${name}: ${value}`).join("\n"), body: pretty(text) });
    } catch {
      setError(new Error("The request did not reach the server. Check the parameters in the path."));
    }
  };
  const safe = operation.method === "GET";
  const params = (where: string[]) => operation.params.filter((one) => where.includes(one.in) && !carriesKey(one)).map((one) => {
    const name = `${one.in}:${one.name}`;
    const set = (value: string) => setValues({ ...values, [name]: value });
    const list = one.choices ?? (one.name === "agent" && native ? agents.map((agent) => agent.slug) : undefined);
    return (
      <Field key={name} label={`${one.name}${one.required ? " *" : ""}`} hint={one.description}>
        {list ? <Select value={values[name] ?? ""} onChange={(event) => set(event.target.value)}><option value="" />{list.map((choice) => <option key={choice}>{choice}</option>)}</Select>
          : <Input placeholder={one.example} value={values[name] ?? ""} onChange={(event) => set(event.target.value)} />}
      </Field>
    );
  });
  const inPath = params(["path", "query"]);
  return (
    <div className="min-w-0 space-y-4">
      <Card title={<><span className="font-mono text-xs">{operation.method} {operation.path}</span></>} actions={<Button kind="primary" onClick={() => (safe ? void send() : setAsking(true))}><Play />Test Run</Button>}>
        <div className="border-b border-line p-3">
          <h2 className="text-base font-semibold">{operation.title}</h2>
          {operation.description && <p className="mt-1 max-w-[80ch] whitespace-pre-line text-sm text-dim">{operation.description.replace(/([^\n])\n(?!\n)/g, "$1 ")}</p>}
        </div>
        <Tabs
          label="Request"
          value={undefined}
          tabs={[
            ...(operation.body ? [{ id: "body", label: "Body", body: <Suspense fallback={<Skeleton rows={4} />}><Editor label="Body" language="json" value={body ?? ""} onChange={setBody} /></Suspense> }] : []),
            { id: "parameters", label: `Parameters${inPath.length ? ` (${inPath.length})` : ""}`, body: inPath.length ? <div className="grid gap-3 sm:grid-cols-2">{inPath}</div> : <p className="text-sm text-dim">None.</p> },
            { id: "headers", label: "Headers", body: (
              <div className="space-y-3">
                {native ? <p className="text-sm text-dim">Test Run goes under your session; programs send a key (API keys) as <code className="font-mono text-xs">Authorization: Bearer $API_KEY</code>.</p>
                  : <Field label={`Key of the ${dialect} API`} hint="Made under API keys for this API; stays in this page."><Input type="password" autoComplete="off" value={key} onChange={(event) => setKey(event.target.value)} /></Field>}
                {params(["header"])}
                <Field label="More headers" hint="One a line, Name: value."><textarea className="control !h-20 py-1.5 font-mono" value={extra} onChange={(event) => setExtra(event.target.value)} /></Field>
              </div>
            ) },
            { id: "answers", label: "Answers", body: <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">{operation.answers.map(([status, text]) => <div key={status} className="contents"><dt className="font-mono text-xs">{status}</dt><dd className="text-dim">{text}</dd></div>)}</dl> },
          ]}
        />
      </Card>
      <Trouble error={error} />
      {answer && (
        <Card title="Answer" actions={<><Badge tone={answer.status < 300 ? "good" : "bad"}>{answer.status}</Badge><span className="text-xs text-dim">{millis(answer.took)}</span></>}>
          <div className="p-3" data-testid="answer"><Tabs label="Answer" tabs={[{ id: "content", label: "Content", body: <Code text={answer.body || "(empty)"} wrap /> }, { id: "head", label: "Headers", body: <Code text={answer.headers} /> }]} /></div>
        </Card>
      )}
      <Card title="Code">
        <Tabs label="Language" tabs={Object.entries(SNIPPETS).map(([name, write]) => ({ id: name, label: name, body: <Code text={write(request)} /> }))} />
      </Card>
      <Dialog title={dials(operation) ? "This makes a telephone ring" : "This changes something"} lead={`${request.method} ${request.url}`} open={asking} onClose={() => setAsking(false)}>
        <Form submit={dials(operation) ? "Dial for real" : "Send"} kind={operation.method === "DELETE" ? "danger" : "primary"} onSubmit={send} onDone={() => setAsking(false)}>
          <p className="text-sm text-dim">{dials(operation) ? "The number in the body is called as soon as rules and limits allow. Put in one of your own." : "Test Run works on this organization's data, not on a copy."}</p>
        </Form>
      </Dialog>
    </div>
  );
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
