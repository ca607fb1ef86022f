/** Every API that this server speaks, to read and to try. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { cx, Empty, Input, Loaded, Page, Select } from "~/components/basics";
import { OURS } from "~/data/client";
import { isSocket, type Operation, operationsOf } from "~/data/reference";
import { Try } from "./reference-try";

const DIALECTS = { native: "Outdial", voiceb: "VoiceB", voicing: "Voicing AI", klen: "Klen", vonage: "Vonage", voxpria: "Voxpria" };
export type Dialect = keyof typeof DIALECTS;
const METHOD: Record<string, string> = { GET: "text-good", POST: "text-accent", PUT: "text-warn", PATCH: "text-warn", DELETE: "text-bad" };

export function Reference() {
  const search = useSearch({ from: "/inside/reference" });
  const dialect = (search.dialect ?? "native") as Dialect;
  const navigate = useNavigate({ from: "/reference" });
  const query = useQuery({
    queryKey: ["reference", dialect],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await fetch(dialect === "native" ? "/openapi.json" : `/openapi/${dialect}.json`, { headers: OURS })).json(),
  });
  return (
    <Page
      title="API reference"
      lead="Made from the server's own documents. Test Run sends the request to this server."
      actions={
        <Select aria-label="API" className="!w-44" value={dialect} onChange={(event) => void navigate({ search: { dialect: event.target.value } })}>
          {Object.entries(DIALECTS).map(([id, name]) => <option key={id} value={id}>{name}</option>)}
        </Select>
      }
    >
      <Loaded query={query} rows={12}>{(document) => <Shown key={dialect} document={document} dialect={dialect} />}</Loaded>
    </Page>
  );
}

function Shown({ document, dialect }: { document: object; dialect: Dialect }) {
  const operations = useMemo(() => operationsOf(document), [document]);
  const search = useSearch({ from: "/inside/reference" });
  const navigate = useNavigate({ from: "/reference" });
  const [text, setText] = useState("");
  const first = operations.find((one) => one.id === "post /v1/calls") ?? operations[0];
  const chosen = operations.find((one) => one.id === search.operation) ?? first;
  const shown = operations.filter((one) => `${one.id} ${one.title}`.toLowerCase().includes(text.toLowerCase()));
  // What people come for is first; what watches the process is last.
  const tags = [...new Set(shown.map((one) => one.tag))].sort((a, b) => Number(a === "operations") - Number(b === "operations"));
  if (!chosen) return <Empty title="This API has no requests" />;
  const pick = (operation: Operation) => void navigate({ search: (old) => ({ ...old, operation: operation.id }) });
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[17rem_minmax(0,1fr)]">
      <nav aria-label="Requests" className="card sticky top-5 flex max-h-[86vh] flex-col">
        <div className="border-b border-line p-2"><Input aria-label="Find a request" placeholder="Find a request" value={text} onChange={(event) => setText(event.target.value)} /></div>
        <div className="overflow-y-auto p-1.5" tabIndex={0}>
          {tags.map((tag) => (
            <section key={tag} className="mb-2">
              <h2 className="px-2 py-1 text-xs font-medium text-dim">{tag}</h2>
              {shown.filter((one) => one.tag === tag).map((one) => (
                <button key={one.id} type="button" title={one.path} onClick={() => pick(one)} aria-current={one.id === chosen.id} className={cx("flex w-full items-baseline gap-2 rounded px-2 py-1 text-left text-sm hover:bg-raised", one.id === chosen.id && "bg-raised font-medium")}>
                  <span className={cx("w-11 shrink-0 font-mono text-[10px] font-bold", METHOD[one.method])}>{isSocket(one) ? "WS" : one.method}</span>
                  <span className="min-w-0 truncate">{one.title}</span>
                </button>
              ))}
            </section>
          ))}
        </div>
      </nav>
      <Try key={chosen.id} operation={chosen} dialect={dialect} />
    </div>
  );
}
