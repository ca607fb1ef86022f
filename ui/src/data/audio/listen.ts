/** A live call in the loudspeaker: what comes down its line is played, and its loudness told. */
import { useEffect, useRef, useState } from "react";
import { socketAddress } from "../talk";
import { openContext, type Speaker, speaker } from "./sound";

interface Format {
  type: "format" | "end";
  rate_hz: number;
  channels: string[];
}

/** The loudness of each channel in a frame of interleaved samples. */
export function loudness(frame: Int16Array, channels: number): number[] {
  const power = new Array<number>(channels).fill(0);
  for (let index = 0; index < frame.length; index++) power[index % channels] = (power[index % channels] as number) + ((frame[index] as number) / 32_768) ** 2;
  return power.map((sum) => Math.sqrt((sum * channels) / Math.max(1, frame.length)));
}

export function useListening(call: string) {
  const [state, setState] = useState<"off" | "opening" | "open">("off");
  const [error, setError] = useState<Error | null>(null);
  const [levels, setLevels] = useState<number[]>([]);
  const held = useRef<{ socket?: WebSocket; context?: AudioContext }>({});
  const stop = () => {
    const { socket, context } = held.current;
    held.current = {};
    socket?.close();
    void context?.close();
    setState("off");
    setLevels([]);
  };
  useEffect(() => stop, []);
  const start = async () => {
    stop();
    setError(null);
    setState("opening");
    const mine: typeof held.current = {};
    held.current = mine;
    let context: AudioContext;
    try {
      context = await openContext();
    } catch (refused) {
      setError(refused as Error);
      return stop();
    }
    mine.context = context;
    if (held.current !== mine) return void context.close();
    const socket = new WebSocket(socketAddress(`/v1/calls/${encodeURIComponent(call)}/audio`));
    mine.socket = socket;
    socket.binaryType = "arraybuffer";
    let out: Speaker | undefined;
    let [channels, shown] = [2, 0];
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (typeof data === "string") {
        const said = JSON.parse(data) as Format;
        if (said.type !== "format") return;
        channels = said.channels.length;
        out = speaker(context, said.rate_hz, channels);
        return setState("open");
      }
      // Ten times a second is as often as a meter needs.
      if (++shown % 5 === 0) setLevels(loudness(new Int16Array(data), channels));
      out?.play(data);
    };
    socket.onclose = () => {
      if (held.current !== mine) return;
      if (!out) setError(new Error("There is nothing to hear: the call does not talk now, or you may not listen to it."));
      stop();
    };
  };
  return { state, error, levels, start, stop };
}
