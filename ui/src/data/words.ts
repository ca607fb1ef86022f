/** Words and figures as people read them. */
export const plain = (word: string | null | undefined) => (word ?? "").replaceAll("_", " ");

export function duration(ms: number | null | undefined): string {
  if (ms == null) return "–";
  const seconds = Math.round(ms / 1000);
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}
const two = (value: number) => String(value).padStart(2, "0");

export function millis(ms: number | null | undefined): string {
  if (ms == null) return "–";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** The value below which a share of all lie; null of none. */
export function percentile(values: number[], share: number): number | null {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? null;
}

/** What failed calls want to have done about them. */
const REMEDIES: Record<string, string> = {
  carrier_denied: "The carrier refuses the call: check that it may use this caller id and that the account has credit.",
  carrier_unavailable: "The carrier did not answer: check the trunk's address and that this host may reach it.",
  invalid_number: "The number does not exist: take it off your list.",
  insufficient_funds: "The wallet is empty: top it up.",
  outside_hours: "The callee sleeps: call within the hours of the policy, or let calls wait for them.",
  suppressed: "The number is on the do-not-call list.",
  policy_blocked: "A rule of yours forbids it: see “Why not called”.",
  provider_error: "A speech or language provider failed: see the call's events.",
  agent_error: "The agent's definition made the talk fail: see the call's events and mend the agent.",
  node_lost: "The node that held the call went away: see Settings, Nodes.",
  media_lost: "The audio stopped: check the network between this host and the carrier (RTP ports).",
};
export const remedyFor = (reason: string | null | undefined) => REMEDIES[reason ?? ""];

export function toneOfStatus(status: string): "good" | "warn" | "bad" | "dim" | "accent" {
  if (status === "completed") return "good";
  if (status === "in_progress" || status === "ringing" || status === "dialing") return "accent";
  if (status === "failed" || status === "rejected") return "bad";
  if (status === "busy" || status === "no_answer" || status === "canceled") return "warn";
  return "dim";
}

/** Names in `{{…}}`, each once, in the order in which they come. */
export function variablesIn(text: string): string[] {
  const names = [...text.matchAll(/\{\{\s*([A-Za-z_][\w]*)[^}]*\}\}/g)].map((match) => match[1] as string);
  return [...new Set(names)];
}

/** Rows as RFC 4180 has them; a cell that a spreadsheet would take for a formula is kept text. */
export function csv(rows: (string | number | null | undefined)[][]): string {
  const cell = (value: string | number | null | undefined) => {
    let text = value == null ? "" : String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text) && !/^\+\d+$/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
