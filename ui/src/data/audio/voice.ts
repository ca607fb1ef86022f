/** The line of a talk by voice: the microphone goes up it, the agent's voice comes down. */
import { useEffect, useReducer, useRef, useState } from "react";
import { OFF, type Said } from "../chat";
import { REFUSED, socketAddress, step, talkPath, type Variables } from "../talk";
import { askMicrophone, type Microphone, microphone, openContext, type Speaker, speaker } from "./sound";

/** What is sent and played; the server's engine works at this rate. */
const RATE = 16_000;

interface Held {
  socket?: WebSocket;
  context?: AudioContext;
  microphone?: Microphone;
  speaker?: Speaker;
  stream?: MediaStream;
}

export function useVoice(agent: string) {
  const [talk, tell] = useReducer(step, OFF);
  const [error, setError] = useState<Error | null>(null);
  const [muted, setMuted] = useState(false);
  const [level, setLevel] = useState(0);
  const held = useRef<Held>({});
  const hangUp = () => {
    const { socket, context, microphone, stream } = held.current;
    held.current = {};
    socket?.close();
    microphone?.stop();
    stream?.getTracks().forEach((track) => track.stop());
    void context?.close();
    setLevel(0);
    setMuted(false);
    tell({ kind: "lost" });
  };
  useEffect(() => hangUp, []);
  const start = async (version: string, variables: Variables) => {
    hangUp();
    setError(null);
    tell({ kind: "open" });
    const mine: Held = {};
    held.current = mine;
    try {
      mine.stream = await askMicrophone();
      mine.context = await openContext();
    } catch (refused) {
      setError(refused as Error);
      return hangUp();
    }
    const { context, stream } = mine;
    if (held.current !== mine) {
      // Left while the browser asked.
      stream.getTracks().forEach((track) => track.stop());
      return void context.close();
    }
    const socket = new WebSocket(socketAddress(talkPath(agent, "talk", version)));
    let [begun, shown] = [false, 0];
    mine.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      begun = true;
      socket.send(JSON.stringify({ type: "start", variables, rate_hz: RATE }));
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data !== "string") return mine.speaker?.play(data);
      const said = JSON.parse(data) as Said;
      tell({ kind: "heard", said });
      if (said.type === "interrupted") mine.speaker?.clear();
      if (said.type !== "started") return;
      const rate = ("rate_hz" in said && said.rate_hz) || RATE;
      mine.speaker = speaker(context, rate, 1);
      mine.microphone = microphone(context, stream, rate, (frame, loud) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(frame);
        // Ten times a second is as often as a meter needs.
        if (++shown % 5 === 0) setLevel(loud);
      });
    };
    socket.onclose = () => {
      if (held.current !== mine) return;
      if (!begun) setError(new Error(REFUSED));
      // What is on its way to the ear is still heard.
      held.current = { context: mine.context };
      mine.microphone?.stop();
      setLevel(0);
      tell({ kind: "lost" });
    };
  };
  const mute = () => {
    held.current.microphone?.mute(!muted);
    setMuted(!muted);
  };
  const tellAgent = (message: object) => {
    const { socket } = held.current;
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  /** Presses a key, as on a telephone. */
  const press = (key: string) => {
    tellAgent({ type: "digits", digits: key });
    tell({ kind: "pressed", key });
  };
  /** Hangs up as a callee would; the server tells what the talk came to and closes. */
  const end = () => {
    if (held.current.socket?.readyState !== WebSocket.OPEN) return hangUp();
    held.current.microphone?.stop();
    held.current.speaker?.clear();
    tellAgent({ type: "end" });
  };
  return { talk, error, muted, level, start, end, mute, press };
}
