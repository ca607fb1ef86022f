/** What can be done to a call while it talks: listen, say, note, hand over. */
import { Headphones, Send, VolumeX } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import { Button, Card, Input, Trouble } from "~/components/basics";
import { Confirm } from "~/components/dialog";
import { Meter } from "~/components/meter";
import { useListening } from "~/data/audio/listen";
import { api, type Schemas, take } from "~/data/client";
import { useMay } from "~/data/session";

export function LiveControl({ call }: { call: Schemas["Call"] }) {
  const may = useMay("calls:write");
  const [interrupt, setInterrupt] = useState(false);
  const path = { call: call.id };
  return (
    <Card title="While it talks" actions={<Listen call={call.id} />}>
      {may && (
        <div className="grid gap-3 p-3 md:grid-cols-3">
          <Line label="Say" hint="The agent says exactly this next." done="It is said next." placeholder="One moment, please." act={(text) => take(api.POST("/v1/calls/{call}/say", { params: { path }, body: { text, interrupt } }))} more={<label className="flex items-center gap-1.5 text-xs text-dim"><input type="checkbox" checked={interrupt} onChange={(event) => setInterrupt(event.target.checked)} />in place of what it is saying</label>} />
          <Line label="Note" hint="For the agent's language model; it is not said." done="The agent knows." placeholder="She is a customer already." act={(text) => take(api.POST("/v1/calls/{call}/note", { params: { path }, body: { text } }))} />
          <Transfer call={call.id} />
        </div>
      )}
    </Card>
  );
}

interface LineProps {
  label: string;
  hint: string;
  done: string;
  placeholder: string;
  act: (text: string) => Promise<unknown>;
  more?: ReactNode;
}

function Line({ label, hint, done, placeholder, act, more }: LineProps) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    setBusy(true);
    setError(undefined);
    try {
      await act(text.trim());
      setText("");
      toast.success(done);
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} className="space-y-1">
      <p className="text-xs text-dim"><b className="font-medium text-ink">{label}</b> · {hint}</p>
      <div className="flex gap-2">
        <Input aria-label={label} placeholder={placeholder} maxLength={2000} value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" busy={busy} disabled={!text.trim()} aria-label={`${label}: send`}><Send /></Button>
      </div>
      {more}
      <Trouble error={error} />
    </form>
  );
}

function Transfer({ call }: { call: string }) {
  const [to, setTo] = useState("");
  const transfer = async () => {
    await take(api.POST("/v1/calls/{call}/transfer", { params: { path: { call } }, body: { to: to.trim() } }));
    setTo("");
    toast.success("The callee is being handed over.");
  };
  return (
    <div className="space-y-1">
      <p className="text-xs text-dim"><b className="font-medium text-ink">Transfer</b> · The callee is handed over, and the agent leaves.</p>
      <div className="flex gap-2">
        <Input aria-label="Transfer to" placeholder="+15551234567 or sip:…" value={to} onChange={(event) => setTo(event.target.value)} />
        {to.trim() ? <Confirm kind="plain" label="Transfer" title={`Hand over to ${to.trim()}?`} lead="The agent says nothing more on this call. The number is held to the rules as any that is called." onConfirm={transfer} /> : <Button disabled>Transfer</Button>}
      </div>
    </div>
  );
}

/** Both sides of the call, as they sound now; nobody on it notices. */
function Listen({ call }: { call: string }) {
  const { state, error, levels, start, stop } = useListening(call);
  if (state === "off") return <>{error && <span role="alert" className="text-xs text-bad">{error.message}</span>}<Button onClick={() => void start()}><Headphones />Listen in</Button></>;
  return (
    <>
      <span className="flex w-40 flex-col gap-1" data-testid="levels"><Meter label="Callee's voice" tone="bg-callee" level={levels[0] ?? 0} /><Meter label="Agent's voice" level={levels[1] ?? 0} /></span>
      <Button onClick={stop}><VolumeX />Stop listening</Button>
    </>
  );
}
