/** The small parts that every screen is made of. */
import { Loader2 } from "lucide-react";
import { type ButtonHTMLAttributes, cloneElement, type InputHTMLAttributes, isValidElement, type ReactNode, type SelectHTMLAttributes, useId } from "react";
import { remedyOf } from "~/data/client";

export type Tone = "good" | "warn" | "bad" | "dim" | "accent";
const TONES: Record<Tone, string> = {
  good: "bg-good/10 text-good",
  warn: "bg-warn/10 text-warn",
  bad: "bg-bad/10 text-bad",
  dim: "bg-raised text-dim",
  accent: "bg-accent/10 text-accent",
};
export const cx = (...names: (string | false | null | undefined)[]) => names.filter(Boolean).join(" ");

export function Badge({ tone = "dim", pulse, children }: { tone?: Tone; pulse?: boolean; children: ReactNode }) {
  return (
    <span className={cx("inline-flex items-center gap-1.5 whitespace-nowrap rounded-full px-2 py-0.5 text-xs font-medium", TONES[tone])}>
      {pulse && <span className="pulse size-1.5 rounded-full bg-current" />}
      {children}
    </span>
  );
}

const KINDS = {
  primary: "bg-accent text-on-accent border-transparent hover:brightness-95",
  plain: "bg-panel border-line hover:bg-raised",
  ghost: "border-transparent text-dim hover:bg-raised hover:text-ink",
  danger: "bg-panel border-line text-bad hover:bg-bad/10",
};
type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { kind?: keyof typeof KINDS; busy?: boolean };

export function Button({ kind = "plain", busy, className, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      className={cx(
        "inline-flex h-8 shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border px-3 text-sm font-medium disabled:cursor-not-allowed disabled:opacity-60 [&_svg]:size-3.5",
        KINDS[kind],
        className,
      )}
    >
      {busy && <Loader2 className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}

export function Input({ className, ...rest }: InputHTMLAttributes<HTMLInputElement>) {
  return <input {...rest} className={cx("control", className)} />;
}

export function Select({ className, ...rest }: SelectHTMLAttributes<HTMLSelectElement>) {
  return <select {...rest} className={cx("control pr-7", className)} />;
}

/** A sentence of a document, with what stands in `backticks` as code. */
export function Prose({ text }: { text: string }) {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? <code key={index} className="font-mono text-[0.92em] text-ink">{part}</code> : part));
}

/** A labelled control; the label is tied to it by nesting, and what is hinted is read out after it. */
export function Field({ label, hint, children }: { label: string; hint?: ReactNode; children: ReactNode }) {
  const id = useId();
  const control = hint && isValidElement<{ "aria-describedby"?: string }>(children) ? cloneElement(children, { "aria-describedby": id }) : children;
  return (
    <div className="space-y-1">
      <label className="block space-y-1">
        <span className="block text-xs font-medium text-dim">{label}</span>
        {control}
      </label>
      {hint && <p id={id} className="text-xs text-dim">{hint}</p>}
    </div>
  );
}

export function Page({ title, lead, actions, children }: { title: ReactNode; lead?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <div className="mx-auto flex w-full max-w-[1400px] flex-col gap-4 p-5">
      <header className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h1 className="flex items-center gap-2 text-lg font-semibold leading-7">{title}</h1>
          {lead && <p className="max-w-[70ch] text-sm text-dim">{lead}</p>}
        </div>
        <div className="flex flex-wrap items-center gap-2">{actions}</div>
      </header>
      {children}
    </div>
  );
}

export function Card({ title, actions, className, children }: { title?: ReactNode; actions?: ReactNode; className?: string; children: ReactNode }) {
  return (
    <section aria-label={typeof title === "string" ? title : undefined} className={cx("card min-w-0", className)}>
      {title && (
        <header className="flex min-h-10 items-center justify-between gap-2 border-b border-line px-3 py-1.5">
          <h2 className="text-sm font-semibold">{title}</h2>
          <div className="flex items-center gap-2">{actions}</div>
        </header>
      )}
      {children}
    </section>
  );
}

export function Trouble({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p role="alert" className="rounded-md border border-bad/30 bg-bad/10 px-3 py-2 text-sm text-bad">
      {remedyOf(error)}
    </p>
  );
}

/** Nothing here yet, and what to do about it. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-14 text-center">
      <p className="font-medium">{title}</p>
      {children && <p className="max-w-[56ch] text-sm text-dim">{children}</p>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}

export function Skeleton({ rows = 6 }: { rows?: number }) {
  return (
    <div aria-busy="true" aria-label="Loading" role="status" className="space-y-2 p-3">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="pulse h-6 rounded bg-raised" />
      ))}
    </div>
  );
}

/** What a query has: its trouble, its wait, or its data. */
export function Loaded<T>({ query, rows, children }: { query: { data?: T; error: unknown }; rows?: number; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <div className="p-3"><Trouble error={query.error} /></div>;
  return <Skeleton rows={rows} />;
}

export function Figure({ label, value, note, tone }: { label: string; value: ReactNode; note?: ReactNode; tone?: Tone }) {
  return (
    <div className="card px-3.5 py-3">
      <p className="text-xs font-medium text-dim">{label}</p>
      <p className={cx("mt-0.5 text-xl font-semibold", tone && TONES[tone].split(" ")[1])}>{value}</p>
      {note && <p className="truncate text-xs text-dim">{note}</p>}
    </div>
  );
}
