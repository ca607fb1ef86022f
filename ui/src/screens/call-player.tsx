/** Both channels of a recording; tells where it plays and goes where it is told. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import WaveSurfer from "wavesurfer.js";
import { Pause, Play } from "lucide-react";
import { Button, Select, Skeleton, Trouble } from "~/components/basics";
import type { Schemas } from "~/data/client";
import { peaksQuery } from "~/data/queries";
import { useDark } from "~/data/theme";
import { duration } from "~/data/words";

const scaled = (peaks: number[]) => Float32Array.from(peaks, (peak) => peak / 100);
const colour = (name: string, alpha = 1) => `rgb(${getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)} / ${alpha})`;

const channel = (name: string) => ({ waveColor: colour(name, 0.45), progressColor: colour(name) });
const paint = () => ({ cursorColor: colour("ink"), splitChannels: [channel("agent"), channel("callee")] });

/** More bars than a screen is wide. */
const MOST_PEAKS = 6_000;

interface Props {
  call: string;
  /** Of the talk, where it is known. */
  length?: number | null;
  seek: { ms: number } | null;
  onTime: (ms: number) => void;
}

/** Loads the waveform from the server's peaks, so that an hour's sound is not decoded here; decodes it where they cannot be had. */
export default function Player({ call, length, seek, onTime }: Props) {
  const perSecond = Math.max(1, Math.min(50, Math.floor(MOST_PEAKS / Math.max(1, (length ?? 0) / 1000))));
  const peaks = useQuery(peaksQuery(call, perSecond));
  if (peaks.isPending) return <Skeleton rows={3} />;
  return <Wave url={`/v1/calls/${encodeURIComponent(call)}/recording`} peaks={peaks.data} seek={seek} onTime={onTime} />;
}

function Wave({ url, peaks, seek, onTime }: { url: string; peaks?: Schemas["Peaks"] } & Pick<Props, "seek" | "onTime">) {
  const box = useRef<HTMLDivElement>(null);
  const wave = useRef<WaveSurfer | null>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const [error, setError] = useState<unknown>();
  const dark = useDark();
  useEffect(() => {
    if (!box.current) return;
    const made = WaveSurfer.create({
      container: box.current,
      url,
      ...(peaks && { peaks: [scaled(peaks.agent), scaled(peaks.callee)], duration: peaks.agent.length / peaks.per_second }),
      height: 46,
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      ...paint(),
    });
    wave.current = made;
    made.on("ready", (seconds) => setLength(seconds));
    made.on("play", () => setPlaying(true));
    made.on("pause", () => setPlaying(false));
    made.on("error", () => setError(new Error("The recording could not be played. Load the page anew, or download it as WAV.")));
    made.on("timeupdate", (seconds) => {
      setAt(seconds);
      onTime(seconds * 1000);
    });
    return () => made.destroy();
  }, [url, onTime, peaks]);
  useEffect(() => wave.current?.setOptions(paint()), [dark]);
  useEffect(() => {
    if (!seek || !wave.current) return;
    wave.current.setTime(seek.ms / 1000);
    void wave.current.play();
  }, [seek]);
  return (
    <div className="space-y-2 p-3" data-ready={length > 0}>
      <Trouble error={error} />
      <div ref={box} className="rounded-md bg-bg" />
      <div className="flex items-center gap-3">
        <Button kind="primary" aria-label={playing ? "Pause" : "Play"} disabled={!length} onClick={() => void wave.current?.playPause()}>{playing ? <Pause /> : <Play />}</Button>
        <span className="text-sm text-dim" data-testid="clock">{duration(at * 1000)} / {duration(length * 1000)}</span>
        <Select aria-label="Speed" className="ml-auto !w-24" defaultValue="1" onChange={(event) => wave.current?.setPlaybackRate(Number(event.target.value))}>
          {[0.75, 1, 1.25, 1.5, 2].map((speed) => <option key={speed} value={speed}>{speed}×</option>)}
        </Select>
      </div>
    </div>
  );
}
