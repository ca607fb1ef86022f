/** Endpoints that are told what happens, what they were sent, and sending it again. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, RotateCcw, Send } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Badge, Button, Card, cx, Empty, Field, Input, Loaded, Page, Select } from "~/components/basics";
import { Code } from "~/components/copy";
import { Confirm, Dialog, Form } from "~/components/dialog";
import { More, Table } from "~/components/table";
import { Time } from "~/components/time";
import { api, remedyOf, type Schemas, take } from "~/data/client";
import { deliveriesQuery, deliveryQuery, webhooksQuery } from "~/data/queries";
import { useMay } from "~/data/session";
import { millis, plain } from "~/data/words";

type Hook = Schemas["Webhook"];
const stateTone = (state: string) => (state === "delivered" ? "good" : state === "dead" ? "bad" : "dim");

export function Webhooks() {
  const query = useQuery(webhooksQuery);
  const may = useMay("webhooks:write");
  const queries = useQueryClient();
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: ["webhooks"] });
  const add = may && <Button kind="primary" onClick={() => setMaking(true)}><Plus />New endpoint</Button>;
  return (
    <Page title="Webhooks" lead="Your servers are told what happens, signed and in order; what was not taken is tried again for days." actions={add}>
      <Loaded query={query}>
        {({ items }) => {
          const shown = items.find((hook) => hook.id === chosen) ?? items[0];
          if (!shown) return <Card><Empty title="No endpoints yet" action={add}>Add the address of a server of yours. On a developer's machine, <code>outdial webhook listen</code> is one.</Empty></Card>;
          return (
            <div className="grid items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
              <Card title="Endpoints">
                <ul className="divide-y divide-line">
                  {items.map((hook) => (
                    <li key={hook.id}>
                      <button type="button" onClick={() => setChosen(hook.id)} className={cx("block w-full px-3 py-2 text-left text-sm hover:bg-raised", hook.id === shown.id && "bg-raised")}>
                        <span className="block truncate font-mono text-xs">{hook.url}</span>
                        <span className="flex items-center gap-2 text-xs text-dim">{hook.enabled ? <Badge tone={hook.failures ? "warn" : "good"}>{hook.failures ? `${hook.failures} failures` : "healthy"}</Badge> : <Badge tone="bad">off: {plain(hook.disabled_reason)}</Badge>}{hook.dialect}</span>
                      </button>
                    </li>
                  ))}
                </ul>
              </Card>
              <Endpoint key={shown.id} hook={shown} may={may} onChanged={again} onSecret={setSecret} />
            </div>
          );
        }}
      </Loaded>
      <NewHook open={making} onClose={() => setMaking(false)} onMade={async (made) => { setMaking(false); setSecret(made); await again(); }} />
      <Dialog title="Keep this secret now" lead="Check signatures with it (docs/guides/webhooks.md). It is not shown again." open={!!secret} onClose={() => setSecret(null)}>
        <Code text={secret ?? ""} wrap />
        <div className="mt-3 flex justify-end"><Button kind="primary" onClick={() => setSecret(null)}>I saved it</Button></div>
      </Dialog>
    </Page>
  );
}

function Endpoint({ hook, may, onChanged, onSecret }: { hook: Hook; may: boolean; onChanged: () => Promise<unknown>; onSecret: (secret: string) => void }) {
  const [state, setState] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const query = useInfiniteQuery({
    ...deliveriesQuery(hook.id, state || undefined),
    // What is on its way is looked after until it arrived.
    refetchInterval: (now) => (now.state.data?.pages.some((page) => page.items.some((one) => one.state === "pending")) ? 3_000 : false),
  });
  const queries = useQueryClient();
  const path = { webhook: hook.id };
  const again = async () => {
    await queries.invalidateQueries({ queryKey: ["deliveries"] });
    await onChanged();
  };
  const quick = async (what: () => Promise<unknown>, done: string) => {
    try {
      await what();
      toast.success(done);
      await again();
    } catch (error) {
      toast.error(remedyOf(error));
    }
  };
  const replay = async () => {
    const since = hook.failing_since ?? hook.created_at;
    const replayed = await take(api.POST("/v1/webhooks/{webhook}/replay", { params: { path }, body: { since, delivered_too: false } }));
    toast.success(`${replayed.deliveries} deliveries are sent again.`);
    await again();
  };
  const rotate = async () => onSecret((await take(api.POST("/v1/webhooks/{webhook}/rotate-secret", { params: { path } })) as { secret: string }).secret);
  const enable = () => take(api.PATCH("/v1/webhooks/{webhook}", { params: { path }, body: { enabled: !hook.enabled } as never }));
  const remove = async () => {
    await take(api.DELETE("/v1/webhooks/{webhook}", { params: { path } }));
    await again();
  };
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card
      title={<span className="font-mono text-xs">{hook.url}</span>}
      actions={may && (
        <>
          <Button onClick={() => void quick(() => take(api.POST("/v1/webhooks/{webhook}/test", { params: { path } })), "A test event is on its way.")}><Send />Test</Button>
          <Confirm kind="plain" label="Replay failed" icon={<RotateCcw />} title="Send what was not taken again?" lead="Everything that this endpoint did not take since it began to fail, or since it was made." onConfirm={replay} />
          <Confirm kind="plain" label="Rotate secret" title="A new secret?" lead="The old one goes on signing beside the new one for a day." onConfirm={rotate} />
          <Button onClick={() => void quick(enable, hook.enabled ? "Switched off." : "Switched on.")}>{hook.enabled ? "Switch off" : "Switch on"}</Button>
          <Confirm label="Delete" title="Delete this endpoint?" lead="It is told nothing more, and its deliveries are forgotten." onConfirm={remove} />
        </>
      )}
    >
      <div className="flex flex-wrap items-center gap-3 border-b border-line p-2">
        <Select aria-label="State" className="!w-40" value={state} onChange={(event) => setState(event.target.value)}>
          <option value="">All deliveries</option>
          {["pending", "delivered", "skipped", "dead"].map((one) => <option key={one}>{one}</option>)}
        </Select>
        <span className="truncate text-xs text-dim">gets {hook.events.includes("*") ? "everything" : hook.events.join(", ")}</span>
      </div>
      <Loaded query={query}>
        {() => rows.length ? (
          <>
            <Table rows={rows} of={(row) => row.id} onOpen={(row) => setOpen(row.id)} columns={[
              { name: "Event", cell: (row) => <button type="button" className="hover:underline">{row.event}</button> },
              { name: "State", cell: (row) => <Badge tone={stateTone(row.state)}>{row.state}{row.dead_reason && `: ${plain(row.dead_reason)}`}</Badge> },
              { name: "Tries", cell: (row) => row.attempts, right: true },
              { name: "When", cell: (row) => <Time at={row.created_at} /> },
              { name: "Next try", cell: (row) => <Time at={row.next_attempt_at} />, wide: true },
            ]} />
            <More query={query} />
          </>
        ) : <Empty title="Nothing was sent yet">Send a test event, or place a call.</Empty>}
      </Loaded>
      <Delivery id={open} may={may} onClose={() => setOpen(null)} onChanged={again} />
    </Card>
  );
}

function Delivery({ id, may, onClose, onChanged }: { id: string | null; may: boolean; onClose: () => void; onChanged: () => Promise<unknown> }) {
  const query = useQuery({ ...deliveryQuery(id ?? ""), enabled: !!id });
  const resend = async () => {
    await take(api.POST("/v1/deliveries/{delivery}/resend", { params: { path: { delivery: id ?? "" } } }));
    toast.success("It is sent again.");
    await onChanged();
  };
  return (
    <Dialog wide title="Delivery" open={!!id} onClose={onClose}>
      <Loaded query={query} rows={3}>
        {(delivery) => (
          <div className="space-y-3">
            <p className="text-sm"><Badge tone={stateTone(delivery.state)}>{delivery.state}</Badge> {delivery.event} <span className="font-mono text-xs text-dim">{delivery.event_id}</span></p>
            {delivery.log.map((one) => (
              <div key={one.number} className="rounded-md border border-line p-2 text-sm">
                <p>Try {one.number}: {one.status ? <b>{one.status}</b> : <span className="text-bad">{one.error}</span>} in {millis(one.duration_ms)} · <Time at={one.at} /></p>
                {one.response_excerpt && <pre className="mt-1 max-h-32 overflow-auto font-mono text-xs text-dim">{one.response_excerpt}</pre>}
              </div>
            ))}
            {!delivery.log.length && <p className="text-sm text-dim">Not tried yet.</p>}
            {may && <Form submit="Resend" onSubmit={resend} />}
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function NewHook({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (secret: string) => Promise<void> }) {
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState("");
  const submit = async () => {
    const wanted = events.split(/[\s,]+/).filter(Boolean);
    const made = await take(api.POST("/v1/webhooks", { body: { url, events: wanted.length ? wanted : ["*"] } as never }));
    await onMade((made as { secret: string }).secret);
  };
  return (
    <Dialog title="New endpoint" open={open} onClose={onClose}>
      <Form submit="Add endpoint" onSubmit={submit} onDone={onClose}>
        <Field label="Address"><Input required type="url" autoFocus placeholder="https://example.com/outdial" value={url} onChange={(event) => setUrl(event.target.value)} /></Field>
        <Field label="Events" hint="Names such as call.ended, with commas; nothing for all."><Input value={events} onChange={(event) => setEvents(event.target.value)} /></Field>
      </Form>
    </Dialog>
  );
}
