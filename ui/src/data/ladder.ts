/**
 * A call's events as a ladder: what went over the line, which way, and what happened here. Where the SIP messages were kept,
 * they stand in it themselves; before, the events tell of them. Law: tells what was seen, invents none.
 */
import type { Schemas } from "./client";
import { plain } from "./words";

export interface Rung {
  key: string;
  at: string;
  /** Over the line to the far end, from it, or only here. */
  way: "out" | "in" | "here";
  kind: "sip" | "voice" | "keys" | "fact" | "trouble";
  text: string;
  note?: string;
  /** The SIP message as it went over the wire. */
  message?: string;
}

type Data = Record<string, unknown>;
const PHRASES: Record<number, string> = { 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 200: "OK" };

export function ladder(events: Schemas["CallEvent"][], call: Schemas["Call"], messages: Schemas["SipMessage"][] = []): Rung[] {
  const told = events.flatMap((event) => {
    const data = ((event as { data?: Data }).data ?? {}) as Data;
    return rungs(event.type, data, call).map((rung, index) => ({ ...rung, key: `${event.id} ${index}`, at: event.at }));
  });
  if (!messages.length) return told;
  const wire = messages.map((message, index) => ({ ...onTheWire(message), key: `sip ${index}`, at: message.at }));
  return [...told.filter((rung) => rung.kind !== "sip"), ...wire].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function onTheWire({ direction, method, status, reason, cseq, text }: Schemas["SipMessage"]): Bare {
  const way = direction === "sent" ? "out" : "in";
  return { ...sip(way, method ?? `${status} ${reason ?? ""}`.trim(), method ? undefined : cseq?.split(" ")[1]), message: text };
}

type Bare = Omit<Rung, "key" | "at">;
const sip = (way: Rung["way"], text: string, note?: string): Bare => ({ way, kind: "sip", text, note });

function rungs(type: string, data: Data, call: Schemas["Call"]): Bare[] {
  switch (type) {
    case "call.dialing":
      return [sip("out", "INVITE")];
    case "call.ringing":
      return [sip("in", `${data.sip_code} ${PHRASES[Number(data.sip_code)] ?? ""}`.trim(), data.early_media ? "with audio" : undefined)];
    case "call.answered":
      return [sip("in", "200 OK", String(data.codec)), sip("out", "ACK")];
    case "call.turn":
      return [{ way: data.speaker === "agent" ? "out" : "in", kind: "voice", text: String(data.text), note: [data.by_person && "by a person", data.interrupted && "interrupted"].filter(Boolean).join(", ") || undefined }];
    case "call.answered_by":
      return [{ way: "here", kind: "fact", text: `answered by ${plain(String(data.answered_by))}`, note: `${Math.round(Number(data.confidence) * 100)} % sure` }];
    case "call.recording_ready":
      return [{ way: "here", kind: "fact", text: "recording ready", note: `${Math.round(Number(data.bytes) / 1024)} KiB` }];
    case "call.digits":
      return [{ way: data.sent ? "out" : "in", kind: "keys", text: `keys ${data.digits}` }];
    case "call.transfer":
      return [data.state === "started" ? sip("out", "REFER", `to ${data.to}`) : sip("in", "NOTIFY", `transfer ${plain(String(data.state))}`)];
    case "call.note":
      return [{ way: "here", kind: "fact", text: "note to the agent", note: String(data.text) }];
    case "call.trouble":
      return [{ way: "here", kind: "trouble", text: String(data.detail), note: String(data.part) }];
    case "call.ended":
      return ending(data, call);
    default:
      return [{ way: "here", kind: "fact", text: plain(type.slice(5)), note: brief(data) }];
  }
}

/** How the line was closed, where it ever was open. */
function ending(data: Data, call: Schemas["Call"]): Bare[] {
  const { bye_from: from, sip_codes: codes, sip_reason: reason } = call.evidence;
  const end: Bare = { way: "here", kind: "fact", text: "ended", note: `${plain(String(data.end_reason ?? call.end_reason ?? ""))}` };
  if (from) return [sip(from === "us" ? "out" : "in", "BYE"), end];
  const last = codes.at(-1) ?? 0;
  if (last >= 300) return [sip("in", `${last} ${reason ?? ""}`.trim()), sip("out", "ACK"), end];
  return [end];
}

function brief(data: Data): string | undefined {
  const flat = Object.entries(data).filter(([name, value]) => value !== null && typeof value !== "object" && name !== "path");
  return flat.map(([name, value]) => `${plain(name)} ${plain(String(value))}`).join(" · ") || undefined;
}
