/** A talk with an agent as it is shown: what was said and done, turn by turn. Law: pure; sockets are elsewhere. */
import type { Schemas } from "./client";
import { plain } from "./words";

/** What a talk by voice says beside a talk in writing. */
type Heard =
  | { type: "transcript"; text: string; final?: boolean }
  | { type: "agent"; text: string }
  | { type: "interrupted"; heard?: string }
  | { type: "ended"; reason: string; outcome?: string | null }
  | { type: "started"; agent?: string; version?: number | null; rate_hz?: number };
export type Said = Exclude<Schemas["FromAgent"], { type: "started" | "ended" }> | Heard;

export interface Line {
  turn: number;
  by: "you" | "agent" | "deed";
  text: string;
  tone?: "bad" | "warn";
  /** Keys of a telephone; more may follow. */
  keys?: boolean;
  /** Still being spoken. */
  partial?: boolean;
}

export interface Talk {
  state: "off" | "opening" | "open" | "over";
  lines: Line[];
  /** The last turn that was begun; 0 are the first words. */
  turn: number;
  /** Whether an answer is on its way. */
  waiting: boolean;
  /** Time to the first words and to the whole answer, by turn. */
  took: Record<number, [first: number, whole: number]>;
  outcome: string | null;
  reason: string | null;
  version: number | null;
}

export const OFF: Talk = { state: "off", lines: [], turn: 0, waiting: false, took: {}, outcome: null, reason: null, version: null };
export const OPENING: Talk = { ...OFF, state: "opening", waiting: true };

/** The talk after the person wrote something. */
export function wrote(talk: Talk, text: string): Talk {
  const turn = talk.turn + 1;
  return { ...talk, turn, waiting: true, lines: [...talk.lines, { turn, by: "you", text }] };
}

/** The talk after the person pressed a key; keys in a row stand together. */
export function pressed(talk: Talk, key: string): Talk {
  const last = talk.lines.at(-1);
  if (last?.by === "deed" && last.keys) return { ...talk, lines: [...talk.lines.slice(0, -1), { ...last, text: last.text + key }] };
  return { ...talk, lines: [...talk.lines, { turn: talk.turn, by: "deed", text: `you pressed ${key}`, keys: true }] };
}

/** What was written in each turn before one. */
export const before = (talk: Talk, turn: number) => talk.lines.filter((line) => line.by === "you" && line.turn < turn).map((line) => line.text);

/** The talk after a message of the server's. */
export function heard(talk: Talk, message: Said): Talk {
  const line = (by: Line["by"], text: string, more: Partial<Line> = {}) => ({ ...talk, lines: [...talk.lines, { turn: talk.turn, by, text, ...more }] });
  switch (message.type) {
    case "started":
      return { ...talk, state: "open", version: message.version ?? null };
    case "text":
    case "agent":
      return line("agent", message.text);
    case "transcript":
      return spoke(talk, message.text, message.final !== false);
    case "interrupted":
      return line("deed", message.heard ? `you stopped it after “${message.heard}”` : "you stopped it", { tone: "warn" });
    case "listening":
      return { ...talk, waiting: false, took: { ...talk.took, [message.turn]: [message.first_text_ms, message.whole_ms] } };
    case "rewound":
      return { ...talk, waiting: false, turn: message.turn - 1, lines: talk.lines.filter((one) => one.turn < message.turn) };
    case "intent":
      return line("deed", `understood: ${plain(message.name)}`);
    case "outcome":
      return { ...line("deed", `outcome: ${plain(message.name)}`), outcome: message.name };
    case "slot":
      return line("deed", `${plain(message.name)} = ${typeof message.value === "string" ? message.value : JSON.stringify(message.value)}`);
    case "tool":
      return line("deed", `tool ${message.name}: ${message.error ?? message.status ?? "done"} in ${message.duration_ms} ms`, message.error ? { tone: "bad" } : {});
    case "opted_out":
      return line("deed", "asked not to be called again: a call would put the number on the do-not-call list");
    case "transfer":
      return line("deed", `a call would be handed over to ${message.to}`);
    case "digits":
      return line("deed", `a call would send the keys ${message.digits}`);
    case "trouble":
      return line("deed", message.detail, { tone: "bad" });
    case "error": {
      const problem = message.problem as Schemas["Problem"];
      const fields = (problem.errors ?? []) as { pointer: string; detail: string }[];
      return { ...line("deed", fields.map((field) => field.detail).join(" · ") || problem.detail || problem.title, { tone: "bad" }), waiting: false };
    }
    case "ended":
      return { ...talk, state: "over", waiting: false, reason: message.reason, outcome: message.outcome ?? talk.outcome, lines: talk.lines.map((one) => ({ ...one, partial: false })) };
    default:
      return talk;
  }
}

/** Words of the person's own voice: one line that grows until they are final. */
function spoke(talk: Talk, text: string, final: boolean): Talk {
  const last = talk.lines.at(-1);
  const growing = last?.by === "you" && last.partial;
  const turn = growing ? talk.turn : talk.turn + 1;
  const lines = growing ? talk.lines.slice(0, -1) : talk.lines;
  return { ...talk, turn, lines: [...lines, { turn, by: "you", text, partial: !final }] };
}
