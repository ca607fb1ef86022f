/** What opens a vendor's API: typed by hand, or taken over from an agent. Nothing of it is kept. */
import { useState } from "react";
import { Field, Input, Select, Trouble } from "~/components/basics";
import { api, type Schemas, take } from "~/data/client";

export interface Secrets {
  key: string;
  /** Signs bodies, where the API asks for it. */
  secret: string;
}

interface Props {
  dialect: string;
  signed: boolean;
  agents: Schemas["Agent"][];
  secrets: Secrets;
  onChange: (secrets: Secrets) => void;
}

export function Keys({ dialect, signed, agents, secrets, onChange }: Props) {
  const [error, setError] = useState<unknown>();
  const fill = async (agent: string) => {
    setError(undefined);
    try {
      const found = await take(api.GET("/v1/agents/{agent}/credentials", { params: { path: { agent } } }));
      onChange({ key: found.token, secret: found.secret });
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <>
      {dialect === "voiceb" && (
        <Field label="Take token and secret from an agent">
          <Select value="" onChange={(event) => void fill(event.target.value)}><option value="" />{agents.map((agent) => <option key={agent.id}>{agent.slug}</option>)}</Select>
        </Field>
      )}
      <Field label={dialect === "voiceb" ? "The agent's token" : `Key of the ${dialect} API`} hint={dialect === "voiceb" ? "Stays in this page." : "Made under API keys for this API; stays in this page."}>
        <Input type="password" autoComplete="off" value={secrets.key} onChange={(event) => onChange({ ...secrets, key: event.target.value })} />
      </Field>
      {signed && (
        <Field label="The agent's secret" hint="Test Run signs the body with it: HMAC-SHA256 in the header signature.">
          <Input type="password" autoComplete="off" value={secrets.secret} onChange={(event) => onChange({ ...secrets, secret: event.target.value })} />
        </Field>
      )}
      <Trouble error={error} />
    </>
  );
}
