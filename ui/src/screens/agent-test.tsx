/** Trying an agent beside its editor: in writing, by voice, or on one's own telephone. */
import { useNavigate } from "@tanstack/react-router";
import { PhoneOutgoing } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Field, Input, Select, Skeleton } from "~/components/basics";
import { Form } from "~/components/dialog";
import { api, type Schemas, take } from "~/data/client";
import type { Variables } from "~/data/talk";
import { useMay } from "~/data/session";
import { Chat } from "./agent-chat";

const Voice = lazy(() => import("./agent-voice"));

export interface Trial {
  agent: Schemas["Agent"];
  /** What the sample values come to. */
  values: Variables;
  missing: string[];
  /** Saves what is not saved yet; a talk with the draft is one with what stands in the editor. */
  ready: () => Promise<void>;
}

const WAYS = { chat: "In writing", voice: "By voice", phone: "My phone" } as const;

export function Test({ trial, onSamples }: { trial: Trial; onSamples: () => void }) {
  const may = useMay("calls:write");
  const [way, setWay] = useState<keyof typeof WAYS>("chat");
  const [version, setVersion] = useState("draft");
  if (!may) return <p className="text-sm text-dim">Talking with an agent takes the permission calls:write.</p>;
  const published = !!trial.agent.published_version_id;
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-2">
        <div role="group" aria-label="How to try it" className="flex rounded-md border border-line p-0.5">
          {Object.entries(WAYS).map(([id, label]) => (
            <button key={id} type="button" aria-pressed={way === id} onClick={() => setWay(id as keyof typeof WAYS)} className="rounded px-2.5 py-1 text-sm text-dim hover:text-ink aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-ink">
              {label}
            </button>
          ))}
        </div>
        {way !== "phone" && (
          <Select aria-label="Version to talk with" className="ml-auto !w-36" value={version} onChange={(event) => setVersion(event.target.value)}>
            <option value="draft">the draft</option>
            {published && <option value="published">the published</option>}
          </Select>
        )}
      </div>
      {trial.missing.length > 0 && (
        <p className="rounded-md bg-warn/10 px-3 py-2 text-sm text-warn">
          Without a value: {trial.missing.map((name) => `{{${name}}}`).join(", ")}. <button type="button" className="underline" onClick={onSamples}>Give sample values</button>
        </p>
      )}
      {way === "chat" && <Chat key={version} trial={trial} version={version} />}
      {way === "voice" && <Suspense fallback={<Skeleton rows={4} />}><Voice key={version} trial={trial} version={version} /></Suspense>}
      {way === "phone" && <MyPhone trial={trial} />}
    </div>
  );
}

const NUMBER = "outdial.my-number";

/** A real call to oneself, with the sample values, on the published version. */
function MyPhone({ trial }: { trial: Trial }) {
  const navigate = useNavigate();
  const [to, setTo] = useState(() => localStorage.getItem(NUMBER) ?? "");
  if (trial.agent.state !== "published") return <p className="text-sm text-dim">Calls use the published version: publish the draft first.</p>;
  const call = async () => {
    localStorage.setItem(NUMBER, to.trim());
    const body = { agent: trial.agent.slug, to: to.trim(), variables: trial.values };
    const placed = await take(api.POST("/v1/calls", { body: body as never }));
    await navigate({ to: "/calls/$call", params: { call: placed.id } });
  };
  return (
    <Form submit="Call me" onSubmit={call}>
      <Field label="Your number" hint="This dials for real, with the published version and the sample values. The number is kept in this browser.">
        <Input required type="tel" placeholder="+15551234567" value={to} onChange={(event) => setTo(event.target.value)} />
      </Field>
      <p className="flex items-center gap-1.5 text-xs text-dim"><PhoneOutgoing className="size-3.5" aria-hidden />You see the call live as soon as it is placed.</p>
    </Form>
  );
}
