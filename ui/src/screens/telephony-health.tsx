/** Whether a trunk's carrier answers, what went wrong last, and asking it now. */
import { useQueryClient } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import { useState } from "react";
import { Badge, Button, Trouble } from "~/components/basics";
import { Dialog } from "~/components/dialog";
import { PlaceCall } from "~/components/place-call";
import { Time } from "~/components/time";
import { api, type Schemas, take } from "~/data/client";
import { useMay } from "~/data/session";
import { millis } from "~/data/words";

type TrunkHealth = NonNullable<Schemas["Trunk"]["health"]>;
type TrunkTest = Schemas["TrunkTest"];

const TONES: Record<string, "good" | "bad" | "dim"> = { up: "good", down: "bad", unknown: "dim" };

export function Health({ health }: { health?: TrunkHealth | null }) {
  if (!health) return <span className="text-dim">–</span>;
  return (
    <span className="block">
      <Badge tone={TONES[health.state] ?? "dim"}>{health.state}</Badge>
      {health.answer_rate != null && <span className="ml-1.5 text-xs text-dim">{Math.round(health.answer_rate * 100)} % answered</span>}
      {health.last_error && <span className="block truncate text-xs text-bad" title={health.last_error}>{health.last_error}</span>}
      {health.checked_at && <span className="block text-xs text-dim">checked <Time at={health.checked_at} /></span>}
    </span>
  );
}

export function TestTrunk({ trunk }: { trunk: Schemas["Trunk"] }) {
  const mayCall = useMay("calls:write");
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [calling, setCalling] = useState(false);
  const [came, setCame] = useState<TrunkTest | null>(null);
  const [error, setError] = useState<unknown>();
  const test = async () => {
    setOpen(true);
    setCame(null);
    setError(undefined);
    try {
      setCame(await take(api.POST("/v1/trunks/{trunk}/test", { params: { path: { trunk: trunk.id } } })));
      await queries.invalidateQueries({ queryKey: ["trunks"] });
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <>
      <Button onClick={() => void test()} aria-label={`Test ${trunk.name}`}><Radio />Test</Button>
      <Dialog title={`Test of ${trunk.name}`} lead={`An OPTIONS request to ${trunk.address}; nobody's telephone rings.`} open={open} onClose={() => setOpen(false)}>
        <div className="space-y-3 text-sm" aria-live="polite">
          {!came && !error && <p className="text-dim">Waiting for an answer…</p>}
          <Trouble error={error} />
          {came && (came.ok ? <p><Badge tone={came.remedy ? "warn" : "good"}>{came.answer ?? "it answers"}</Badge> {came.rtt_ms != null && `in ${millis(came.rtt_ms)}`}</p> : <p className="text-bad">{came.error ?? came.answer ?? "It did not answer."}</p>)}
          {came?.remedy && <p className="text-dim first-letter:uppercase">{came.remedy}.</p>}
          <div className="flex justify-end gap-2">
            {mayCall && <Button onClick={() => { setOpen(false); setCalling(true); }}>Place a test call</Button>}
            <Button onClick={() => void test()}>Test again</Button>
          </div>
        </div>
      </Dialog>
      <PlaceCall open={calling} onClose={() => setCalling(false)} />
    </>
  );
}
