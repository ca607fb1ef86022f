/** Consents of a number: what may be shown when somebody asks why it was called. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Badge, Field, Input, Loaded } from "~/components/basics";
import { Confirm, Form } from "~/components/dialog";
import { Time } from "~/components/time";
import { api, take } from "~/data/client";
import { consentsQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { plain } from "~/data/words";

/** What is common; any other word is taken as well. */
const GROUNDS = ["express_written", "express", "existing_business", "inquiry"];

export function Consents({ number }: { number: string }) {
  const query = useQuery(consentsQuery(number));
  const queries = useQueryClient();
  const may = useMay("contacts:write");
  const [given, setGiven] = useState({ basis: "express_written", source: "" });
  const again = () => queries.invalidateQueries({ queryKey: ["consents"] });
  const withdraw = async (consent: string) => {
    await take(api.DELETE("/v1/consents/{consent}", { params: { path: { consent } } }));
    await again();
  };
  const record = async () => {
    await take(api.POST("/v1/consents", { body: { number, ...given } as never }));
    setGiven({ ...given, source: "" });
    await again();
  };
  return (
    <section aria-label={`Consents of ${number}`} className="mt-3 space-y-2 border-t border-line pt-3">
      <h3 className="text-sm font-semibold">Consents of <span className="font-mono text-xs">{number}</span></h3>
      <Loaded query={query} rows={1}>
        {({ items }) => items.length ? (
          <ul className="space-y-1">
            {items.map((one) => (
              <li key={one.id} className="flex items-center gap-2 text-sm">
                <Badge tone={one.withdrawn_at ? "bad" : "good"}>{one.withdrawn_at ? "withdrawn" : plain(one.basis)}</Badge>
                <span className="min-w-0 flex-1 truncate text-dim">{one.source}, <Time at={one.given_at} /></span>
                {may && !one.withdrawn_at && <Confirm kind="plain" label="Withdraw" title="Withdraw this consent?" lead="It holds no more from now on; that it was given stays on record." onConfirm={() => withdraw(one.id)} />}
              </li>
            ))}
          </ul>
        ) : <p className="text-sm text-dim">None is on record.</p>}
      </Loaded>
      {may && (
        <Form submit="Put on record" onSubmit={record}>
          <div className="grid gap-3 sm:grid-cols-2">
            <Field label="Ground"><Input required list="grounds" value={given.basis} onChange={(event) => setGiven({ ...given, basis: event.target.value })} /></Field>
            <Field label="Where it was given"><Input required placeholder="web form" value={given.source} onChange={(event) => setGiven({ ...given, source: event.target.value })} /></Field>
          </div>
          <datalist id="grounds">{GROUNDS.map((one) => <option key={one} value={one} />)}</datalist>
        </Form>
      )}
    </section>
  );
}
