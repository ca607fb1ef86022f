/** An instant in the viewer's zone, with UTC for whoever hovers. */
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const SHORT = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function Time({ at, full }: { at: string | null | undefined; full?: boolean }) {
  if (!at) return <span className="text-dim">–</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={`${date.toISOString().replace("T", " ").replace("Z", "")} UTC`}>
      {(full ? FULL : SHORT).format(date)}
    </time>
  );
}
