/** The way of a new installation to its first call; gone once it was walked. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, Circle, X } from "lucide-react";
import { useState } from "react";
import { Card, cx } from "~/components/basics";
import { agentsQuery, callsQuery, keysQuery, numbersQuery, webhooksQuery } from "~/data/queries";
import { useMay, useSession } from "~/data/session";

const HIDDEN = "outdial.first-steps-hidden";

export function Checklist() {
  const organization = useSession()?.organization.id ?? "";
  const [hidden, setHidden] = useState(() => localStorage.getItem(HIDDEN) === organization);
  const numbers = useQuery(numbersQuery);
  const agents = useQuery(agentsQuery);
  const calls = useInfiniteQuery(callsQuery({}));
  const [mayKeys, mayHooks] = [useMay("keys:read"), useMay("webhooks:read")];
  const keys = useQuery({ ...keysQuery, enabled: mayKeys });
  const hooks = useQuery({ ...webhooksQuery, enabled: mayHooks });
  if (hidden || !numbers.data || !agents.data || !calls.data || (mayKeys && !keys.data) || (mayHooks && !hooks.data)) return null;
  const steps = [
    { to: "/telephony", done: numbers.data.items.length > 0, label: "Add a trunk and a number to call from" },
    { to: "/agents", done: agents.data.items.some((agent) => agent.state === "published"), label: "Publish an agent" },
    { to: "/calls", done: !!calls.data.pages[0]?.items.length, label: "Place a call" },
    ...(mayKeys ? [{ to: "/keys", done: (keys.data?.items.length ?? 0) > 1, label: "Make a key for your program" }] : []),
    ...(mayHooks ? [{ to: "/webhooks", done: !!hooks.data?.items.length, label: "Be told what happens by webhook" }] : []),
  ] as const;
  if (steps.every((step) => step.done)) return null;
  const hide = () => {
    localStorage.setItem(HIDDEN, organization);
    setHidden(true);
  };
  return (
    <Card title={`First steps: ${steps.filter((step) => step.done).length} of ${steps.length}`} actions={<button type="button" aria-label="Hide the first steps" onClick={hide} className="rounded p-1 text-dim hover:bg-raised"><X className="size-4" /></button>}>
      <ol className="grid gap-1 p-2 sm:grid-cols-2 xl:grid-cols-5">
        {steps.map((step) => (
          <li key={step.to}><Link to={step.to} className="flex items-center gap-2 rounded-md px-2 py-1.5 text-sm hover:bg-raised">{step.done ? <Check className="size-4 shrink-0 text-good" aria-label="done" /> : <Circle className="size-4 shrink-0 text-dim" aria-label="to do" />}<span className={cx(step.done && "text-dim line-through")}>{step.label}</span></Link></li>
        ))}
      </ol>
    </Card>
  );
}
