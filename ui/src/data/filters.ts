/** The call log's filters, as they stand in the address. */
export const STATUSES = [
  "queued",
  "dialing",
  "ringing",
  "in_progress",
  "completed",
  "busy",
  "no_answer",
  "rejected",
  "canceled",
  "failed",
] as const;
export type Status = (typeof STATUSES)[number];
export const LIVE: readonly string[] = ["queued", "dialing", "ringing", "in_progress"];

export interface CallFilters {
  status?: Status;
  agent?: string;
  to?: string;
  /** Days at the viewer's place, `YYYY-MM-DD`. */
  from?: string;
  until?: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What an address says, without what makes no sense. */
export function readFilters(search: Record<string, unknown>): CallFilters {
  const text = (name: string) => {
    const value = search[name];
    return typeof value === "string" || typeof value === "number" ? String(value).trim() || undefined : undefined;
  };
  const day = (name: string) => (DAY.test(text(name) ?? "") ? text(name) : undefined);
  const status = STATUSES.find((known) => known === text("status"));
  return { status, agent: text("agent"), to: text("to"), from: day("from"), until: day("until") };
}

/** First and last instant of the days, as the API wants them. */
export function dayBounds(from?: string, until?: string) {
  const start = (day: string, plus: number) => {
    const date = new Date(`${day}T00:00:00`);
    date.setDate(date.getDate() + plus);
    return date.toISOString();
  };
  return { created_from: from && start(from, 0), created_to: until && start(until, 1) };
}
