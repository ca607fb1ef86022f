/** How programs call with an agent: its own token and secret, its names elsewhere, and requests that are ready to send. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button, Field, Input, Loaded, Select } from "~/components/basics";
import { Code, CopyButton } from "~/components/copy";
import { Confirm, Dialog, Form } from "~/components/dialog";
import { Tabs } from "~/components/tabs";
import { api, remedyOf, type Schemas, take } from "~/data/client";
import { credentialsQuery } from "~/data/queries";
import type { Request } from "~/data/reference";
import { useMay } from "~/data/session";
import { SNIPPETS } from "~/data/snippets";

export function Credentials({ agent, values }: { agent: Schemas["Agent"]; values: Record<string, string> }) {
  const [shown, setShown] = useState(false);
  const [dialect, setDialect] = useState("native");
  const may = useMay("agents:write");
  const query = useQuery({ ...credentialsQuery(agent.slug), enabled: shown && may });
  const request = ready(agent.slug, dialect, values);
  return (
    <div className="space-y-3 text-sm">
      <p className="text-dim">Programs call with this agent by an API key (API keys), or by the agent's own token and secret as VoiceB's clients do.</p>
      <Select aria-label="API" className="!w-56" value={dialect} onChange={(event) => setDialect(event.target.value)}>
        <option value="native">Outdial, by an API key</option>
        <option value="voiceb">VoiceB, by token and secret</option>
      </Select>
      <Tabs label="Language" flush tabs={Object.entries(SNIPPETS).map(([name, write]) => ({ id: name, label: name, body: <div className="pt-2"><Code text={write(request)} /></div> }))} />
      {!may ? <p className="text-dim">Seeing the agent's token and secret takes the permission agents:write.</p> : !shown ? <Button onClick={() => setShown(true)}><Eye />Show credentials</Button> : (
        <Loaded query={query} rows={2}>
          {(found) => (
            <div className="space-y-3">
              <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-1">
                {[["Token", found.token], ["Secret", found.secret], ...Object.entries(found.names).map(([name, value]) => [`Name for ${name}`, String(value)])].map(([name, value]) => (
                  <div key={name} className="contents"><dt className="text-dim">{name}</dt><dd className="flex min-w-0 items-center gap-1"><code className="truncate font-mono text-xs">{value}</code><CopyButton text={String(value)} /></dd></div>
                ))}
              </dl>
              <Settings agent={agent.slug} found={found} />
            </div>
          )}
        </Loaded>
      )}
    </div>
  );
}

/** What VoiceB's clients are asked for. */
function Settings({ agent, found }: { agent: string; found: Schemas["Credentials"] }) {
  const queries = useQueryClient();
  const [own, setOwn] = useState<{ token: string; secret: string } | null>(null);
  const params = { path: { agent } };
  const again = () => queries.invalidateQueries({ queryKey: credentialsQuery(agent).queryKey });
  const verify = async (verify_signature: boolean) => {
    try {
      await take(api.PATCH("/v1/agents/{agent}/credentials", { params, body: { verify_signature } }));
      toast.success(verify_signature ? "Calls need a signature from now on." : "Calls go without a signature from now on.");
    } catch (error) {
      toast.error(remedyOf(error));
    }
    await again();
  };
  const rotate = async () => {
    await take(api.POST("/v1/agents/{agent}/credentials/rotate", { params }));
    await again();
  };
  const keep = async () => {
    await take(api.PATCH("/v1/agents/{agent}/credentials", { params, body: { ...(own?.token && { token: own.token }), ...(own?.secret && { secret: own.secret }) } }));
    await again();
  };
  return (
    <div className="flex flex-wrap items-center gap-3 border-t border-line pt-3">
      <label className="flex items-center gap-2"><input type="checkbox" checked={found.verify_signature} onChange={(event) => void verify(event.target.checked)} />Ask for a signature</label>
      <span className="ml-auto flex gap-1.5">
        <Button onClick={() => setOwn({ token: "", secret: "" })}>Use your own</Button>
        <Confirm kind="plain" label="Draw new ones" title="A new token and secret?" lead="The old ones open nothing from then on." onConfirm={rotate} />
      </span>
      <Dialog title="Token and secret of your own" lead="Such as clients have already; what is left empty stays as it is." open={!!own} onClose={() => setOwn(null)}>
        <Form submit="Use them" onSubmit={keep} onDone={() => setOwn(null)}>
          <Field label="Token"><Input autoFocus autoComplete="off" value={own?.token ?? ""} onChange={(event) => own && setOwn({ ...own, token: event.target.value })} /></Field>
          <Field label="Secret"><Input autoComplete="off" value={own?.secret ?? ""} onChange={(event) => own && setOwn({ ...own, secret: event.target.value })} /></Field>
        </Form>
      </Dialog>
    </div>
  );
}

/** A call with this agent, with sample values; keys are read from the environment. */
function ready(agent: string, dialect: string, variables: Record<string, string>): Request {
  const json: [string, string] = ["Content-Type", "application/json"];
  const origin = window.location.origin;
  if (dialect === "native") {
    return { method: "POST", url: `${origin}/v1/calls`, headers: [["Authorization", "Bearer $API_KEY"], json], body: JSON.stringify({ agent, to: "+15551234567", variables }, null, 2) };
  }
  return { method: "POST", url: `${origin}/api/click-to-call`, headers: [["api-key", "$API_KEY"], json], body: JSON.stringify({ phone: "+15551234567", variables }, null, 2), signed: "signature" };
}
