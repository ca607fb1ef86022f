/** The line of a talk in writing. */
import { useEffect, useReducer, useRef, useState } from "react";
import { before, heard, OFF, OPENING, pressed, type Said, type Talk, wrote } from "./chat";

export type Variables = Record<string, string>;
export type Step = { kind: "open" } | { kind: "wrote"; text: string } | { kind: "heard"; said: Said } | { kind: "pressed"; key: string } | { kind: "lost" } | { kind: "off" };

export function step(talk: Talk, now: Step): Talk {
  if (now.kind === "open") return OPENING;
  if (now.kind === "wrote") return wrote(talk, now.text);
  if (now.kind === "heard") return heard(talk, now.said);
  if (now.kind === "pressed") return pressed(talk, now.key);
  if (now.kind === "off") return OFF;
  return { ...talk, state: talk.state === "off" ? "off" : "over", waiting: false };
}

/** A path of this server as a WebSocket's address. */
export const socketAddress = (path: string) => new URL(path, window.location.href.replace(/^http/, "ws")).href;
export const talkPath = (agent: string, kind: "chat" | "talk", version: string) =>
  `/v1/agents/${encodeURIComponent(agent)}/${kind}${version === "published" && kind === "chat" ? "" : `?version=${encodeURIComponent(version)}`}`;

export const REFUSED = "The server did not open the talk: the agent is perhaps not published, or too many talks are open. Try the draft, or again in a minute.";

export function useChat(agent: string) {
  const [talk, tell] = useReducer(step, OFF);
  const [error, setError] = useState<Error | null>(null);
  const line = useRef<WebSocket | null>(null);
  /** What is still to be said, one message an answer. */
  const rest = useRef<string[]>([]);
  const last = useRef<{ version: string; variables: Variables }>({ version: "draft", variables: {} });
  const stop = () => {
    const socket = line.current;
    line.current = null;
    socket?.close();
  };
  useEffect(() => stop, []);
  const say = (text: string) => {
    tell({ kind: "wrote", text });
    line.current?.send(JSON.stringify({ type: "message", text }));
  };
  const next = () => {
    const text = rest.current.shift();
    if (text !== undefined) say(text);
  };
  const start = (version: string, variables: Variables, texts: string[] = []) => {
    stop();
    setError(null);
    rest.current = texts;
    last.current = { version, variables };
    tell({ kind: "open" });
    const socket = new WebSocket(socketAddress(talkPath(agent, "chat", version)));
    let begun = false;
    line.current = socket;
    socket.onopen = () => {
      begun = true;
      socket.send(JSON.stringify({ type: "start", variables }));
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      const said = JSON.parse(event.data) as Said;
      tell({ kind: "heard", said });
      if (said.type === "listening" || said.type === "rewound") next();
    };
    socket.onclose = () => {
      if (line.current !== socket) return;
      line.current = null;
      if (!begun) setError(new Error(REFUSED));
      tell({ kind: "lost" });
    };
  };
  /** Goes back to before a turn and says something else there; where the talk is over, it is led there anew. */
  const again = (turn: number, text: string) => {
    if (!line.current) return start(last.current.version, last.current.variables, [...before(talk, turn), text]);
    rest.current = [text];
    line.current.send(JSON.stringify({ type: "rewind", turn }));
  };
  const leave = () => {
    stop();
    tell({ kind: "off" });
  };
  return { talk, error, start, say, again, leave };
}
