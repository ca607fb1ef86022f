/** What happens, as it happens. A live event is a knock: what is shown is always read from the API. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

/** Every event a call's log can hold. */
export const EVENTS = [
  "call.queued",
  "call.dialing",
  "call.ringing",
  "call.answered",
  "call.answered_by",
  "call.turn",
  "call.digits",
  "call.slot",
  "call.tool",
  "call.opted_out",
  "call.voicemail_message_left",
  "call.transfer",
  "call.note",
  "call.trouble",
  "call.recording_ready",
  "call.ended",
] as const;
const AT_MOST_EVERY = 700;

/** Runs `then` soon after the first of many knocks, and no more often than that. */
function knocker(then: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    knock: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        then();
      }, AT_MOST_EVERY);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Reads calls anew when anything happens to one of them; says whether the line to the server stands. */
export function useLiveCalls(): boolean {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const bell = knocker(() => void queries.invalidateQueries({ queryKey: ["calls"] }));
    const source = new EventSource("/v1/events");
    source.onopen = () => {
      setOpen(true);
      // What happened between the first read and now knocked at nobody.
      bell.knock();
    };
    source.onerror = () => setOpen(false);
    for (const name of EVENTS) source.addEventListener(name, bell.knock);
    return () => {
      source.close();
      bell.stop();
    };
  }, [queries]);
  return open;
}

export interface Saying {
  speaker: string;
  text: string;
}

/** Follows one call until it ends; returns what is being said right now. */
export function useLiveCall(call: string, live: boolean): Saying | null {
  const queries = useQueryClient();
  const [saying, setSaying] = useState<Saying | null>(null);
  useEffect(() => {
    if (!live) return;
    const bell = knocker(() => void queries.invalidateQueries({ queryKey: ["call", call] }));
    const source = new EventSource(`/v1/calls/${encodeURIComponent(call)}/events`);
    source.onopen = bell.knock;
    for (const name of EVENTS) {
      source.addEventListener(name, () => {
        if (name === "call.turn" || name === "call.ended") setSaying(null);
        bell.knock();
      });
    }
    source.addEventListener("words", (event) => setSaying(JSON.parse((event as MessageEvent<string>).data)));
    return () => {
      source.close();
      bell.stop();
      setSaying(null);
      void queries.invalidateQueries({ queryKey: ["call", call] });
    };
  }, [call, live, queries]);
  return saying;
}
