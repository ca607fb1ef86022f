/** A WebSocket's frames, as a log. */
import { useEffect, useRef, useState } from "react";

export interface Frame {
  at: number;
  way: "out" | "in" | "line";
  text: string;
}
/** More than anybody reads. */
const MOST = 500;

export function useConsole() {
  const [frames, setFrames] = useState<Frame[]>([]);
  const [state, setState] = useState<"off" | "opening" | "open">("off");
  const line = useRef<WebSocket | null>(null);
  const note = (way: Frame["way"], text: string) => setFrames((all) => [...all.slice(1 - MOST), { at: Date.now(), way, text }]);
  useEffect(() => () => line.current?.close(), []);
  const connect = (address: string) => {
    line.current?.close();
    setFrames([]);
    setState("opening");
    let socket: WebSocket;
    try {
      socket = new WebSocket(address);
    } catch {
      setState("off");
      return note("line", "This is no address that a WebSocket can be opened at: check the parameters.");
    }
    line.current = socket;
    socket.binaryType = "arraybuffer";
    let begun = false;
    socket.onopen = () => {
      begun = true;
      setState("open");
      note("line", "open");
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => note("in", typeof data === "string" ? data : `(${data.byteLength} bytes)`);
    socket.onclose = ({ code, reason }) => {
      if (line.current !== socket) return;
      line.current = null;
      setState("off");
      note("line", begun ? `closed: ${code}${reason && ` ${reason}`}` : "refused: check the parameters, and that the key may do this");
    };
  };
  const send = (text: string) => {
    line.current?.send(text);
    note("out", text);
  };
  return { frames, state, connect, send, close: () => line.current?.close(), clear: () => setFrames([]) };
}
