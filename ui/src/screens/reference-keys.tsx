/** What opens a vendor's API: typed by hand, or taken over from an agent. Nothing of it is kept. */
import { toast } from "sonner";
import { Field, Input, Select } from "~/components/basics";
import { api, remedyOf, type Schemas, take } from "~/data/client";
import type { Param } from "~/data/reference";

export interface Secrets {
  key: string;
  /** Signs bodies, where the API asks for it. */
  secret: string;
}

interface Props {
  dialect: string;
  signed: boolean;
  secrets: Secrets;
  onChange: (secrets: Secrets) => void;
}

export function Keys({ dialect, signed, secrets, onChange }: Props) {
  const own = dialect === "voiceb";
  return (
    <>
      <Field label={own ? "The agent's token" : `Key of the ${dialect} API`} hint={own ? "Stays in this page." : "Made under API keys for this API; stays in this page."}>
        <Input type="password" autoComplete="off" value={secrets.key} onChange={(event) => onChange({ ...secrets, key: event.target.value })} />
      </Field>
      {signed && (
        <Field label="The agent's secret" hint="Test Run signs the body with it: HMAC-SHA256 in the header signature.">
          <Input type="password" autoComplete="off" value={secrets.secret} onChange={(event) => onChange({ ...secrets, secret: event.target.value })} />
        </Field>
      )}
    </>
  );
}

/** Fills the form in for one of the organization's agents, by the name that the vendor's API has for it. */
export function FillIn({ agents, onFill }: { agents: Schemas["Agent"][]; onFill: (found: Schemas["Credentials"]) => void }) {
  const fill = async (agent: string) => {
    try {
      onFill(await take(api.GET("/v1/agents/{agent}/credentials", { params: { path: { agent } } })));
    } catch (refused) {
      toast.error(remedyOf(refused));
    }
  };
  return (
    <Select aria-label="Fill in for an agent" className="!w-48" value="" onChange={(event) => void fill(event.target.value)}>
      <option value="">Fill in for an agent…</option>
      {agents.map((agent) => <option key={agent.id}>{agent.slug}</option>)}
    </Select>
  );
}

const NAMED = /^(assistant|agent)_?id$/i;

/** A form with the agent's name where an agent is named. */
export function named(values: Record<string, string>, params: Param[], name: string): Record<string, string> {
  const found = params.filter((one) => NAMED.test(one.name)).map((one) => [`${one.in}:${one.name}`, name]);
  return { ...values, ...Object.fromEntries(found) };
}
export const namedBody = (body: string | undefined, name: string) => body?.replace(/("(?:assistant|agent)_?id":\s*)("[^"]*"|null)/i, `$1${JSON.stringify(name)}`);
