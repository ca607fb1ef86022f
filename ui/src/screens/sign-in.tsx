/** Signing in, the first owner, and accepting an invitation. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { Field, Input } from "~/components/basics";
import { Form } from "~/components/dialog";
import { api, take } from "~/data/client";
import { type Session, sessionQuery } from "~/data/session";

function Door({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  return (
    <main className="flex min-h-screen items-center justify-center p-4">
      <div className="card w-full max-w-sm p-6">
        <img src="/app/icon.svg" alt="Outdial" className="mb-4 size-9" />
        <h1 className="text-lg font-semibold">{title}</h1>
        <p className="mb-4 text-sm text-dim">{lead}</p>
        {children}
      </div>
    </main>
  );
}

/** Keeps the session and goes on. */
function useEnter() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (session: Session, then?: string) => {
    queries.clear();
    queries.setQueryData(sessionQuery.queryKey, session);
    await navigate({ href: then?.startsWith("/") && !then.startsWith("//") ? then : "/", replace: true });
  };
}

function useText(start = "") {
  const [text, setText] = useState(start);
  return { text, on: { value: text, onChange: (event: { target: { value: string } }) => setText(event.target.value) } };
}

const Password = ({ on, fresh }: { on: object; fresh?: boolean }) => (
  <Field label="Password" hint={fresh && "At least 12 characters."}>
    <Input type="password" required minLength={fresh ? 12 : 1} autoComplete={fresh ? "new-password" : "current-password"} {...on} />
  </Field>
);

export function SignIn() {
  const enter = useEnter();
  const { then } = useSearch({ from: "/sign-in" });
  const [email, password] = [useText(), useText()];
  const submit = async () => enter(await take(api.POST("/v1/session", { body: { email: email.text, password: password.text } })), then);
  return (
    <Door title="Sign in" lead="To see calls, agents and what became of them.">
      <Form submit="Sign in" onSubmit={submit}>
        <Field label="E-mail"><Input type="email" required autoFocus autoComplete="username" {...email.on} /></Field>
        <Password on={password.on} />
      </Form>
      <p className="mt-4 text-xs text-dim">
        New here? The first owner opens the address that <code>outdial serve</code> prints; everybody else is invited under Settings.
      </p>
    </Door>
  );
}

const codeInAddress = () => decodeURIComponent(window.location.hash.slice(1));

export function Setup() {
  const enter = useEnter();
  const [code, name, email, password] = [useText(codeInAddress()), useText(), useText(), useText()];
  const submit = async () => {
    const body = { code: code.text.trim(), name: name.text, email: email.text, password: password.text };
    await enter(await take(api.POST("/v1/setup", { body })));
  };
  return (
    <Door title="Welcome to Outdial" lead="Make the first account. It owns this installation and invites the others.">
      <Form submit="Create account" onSubmit={submit}>
        <Field label="Code" hint="outdial serve shows it in its terminal at every start."><Input required {...code.on} /></Field>
        <Field label="Your name"><Input required autoComplete="name" {...name.on} /></Field>
        <Field label="E-mail"><Input type="email" required autoComplete="username" {...email.on} /></Field>
        <Password on={password.on} fresh />
      </Form>
    </Door>
  );
}

export function Join() {
  const enter = useEnter();
  const [code, name, password] = [useText(codeInAddress()), useText(), useText()];
  const submit = async () => {
    const body = { code: code.text.trim(), name: name.text || null, password: password.text };
    await enter(await take(api.POST("/v1/session/accept", { body })));
  };
  return (
    <Door title="Accept your invitation" lead="Choose how you are called and what you sign in with.">
      <Form submit="Join" onSubmit={submit}>
        <Field label="Code"><Input required {...code.on} /></Field>
        <Field label="Your name"><Input autoComplete="name" {...name.on} /></Field>
        <Password on={password.on} fresh />
      </Form>
    </Door>
  );
}
