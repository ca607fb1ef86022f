/** What runs on the browser's audio thread: frames of 20 ms from the microphone, and frames to the loudspeaker. */
import { Resampler } from "./resample";

declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: { processorOptions: Options }) => AudioWorkletProcessor): void;

interface Options {
  rate: number;
  channels: number;
}

/** Sends `{frame, level}` for every 20 ms at the wanted rate: signed 16 bit, one channel. */
class Microphone extends AudioWorkletProcessor {
  private readonly resampler: Resampler;
  private frame: Int16Array;
  private filled = 0;
  private power = 0;

  constructor({ processorOptions: { rate } }: { processorOptions: Options }) {
    super();
    this.resampler = new Resampler(sampleRate, rate);
    this.frame = new Int16Array(rate / 50);
  }

  process([input]: Float32Array[][]): boolean {
    const heard = input?.[0];
    for (const value of heard ? this.resampler.push(heard) : []) this.take(value);
    return true;
  }

  private take(value: number) {
    this.frame[this.filled++] = Math.round(Math.max(-1, Math.min(1, value)) * 32_767);
    this.power += value * value;
    if (this.filled < this.frame.length) return;
    const full = this.frame;
    this.frame = new Int16Array(full.length);
    // What is handed over is gone from here.
    this.port.postMessage({ frame: full.buffer, level: Math.sqrt(this.power / full.length) }, [full.buffer]);
    this.filled = 0;
    this.power = 0;
  }
}

/** Sound that is kept before it is played, so that a late frame leaves no hole. */
const AHEAD_S = 0.08;
/** More than this is let go: who hears a live call hears it live. */
const MOST_S = 1.5;

/** Plays frames of interleaved 16 bit samples as they come; two channels are laid apart, a little to each side. */
class Speaker extends AudioWorkletProcessor {
  private readonly resamplers: Resampler[];
  private waiting: Float32Array[];
  private playing = false;

  constructor({ processorOptions: { rate, channels } }: { processorOptions: Options }) {
    super();
    this.resamplers = Array.from({ length: channels }, () => new Resampler(rate, sampleRate));
    this.waiting = this.resamplers.map(() => new Float32Array(0));
    this.port.onmessage = ({ data }: MessageEvent<ArrayBuffer | "clear">) => (data === "clear" ? this.clear() : this.add(new Int16Array(data)));
  }

  private clear() {
    this.waiting = this.resamplers.map(() => new Float32Array(0));
    this.playing = false;
  }

  private add(frame: Int16Array) {
    const channels = this.resamplers.length;
    this.waiting = this.resamplers.map((resampler, channel) => {
      const samples = Float32Array.from({ length: Math.floor(frame.length / channels) }, (_, index) => (frame[index * channels + channel] as number) / 32_768);
      const old = this.waiting[channel] as Float32Array;
      const more = resampler.push(samples);
      const all = new Float32Array(old.length + more.length);
      all.set(old);
      all.set(more, old.length);
      return all.slice(Math.max(0, all.length - MOST_S * sampleRate));
    });
  }

  process(_: Float32Array[][], [output]: Float32Array[][]): boolean {
    const [left, right] = [output?.[0], output?.[1] ?? output?.[0]];
    if (!left || !right) return true;
    const held = (this.waiting[0] as Float32Array).length;
    this.playing = this.playing ? held > 0 : held >= AHEAD_S * sampleRate;
    if (!this.playing) return true;
    const block = this.waiting.map((channel) => channel.subarray(0, left.length));
    for (let index = 0; index < left.length; index++) {
      const [one, two] = [block[0]?.[index] ?? 0, block.at(-1)?.[index] ?? 0];
      left[index] = one * 0.65 + two * 0.35;
      right[index] = one * 0.35 + two * 0.65;
    }
    this.waiting = this.waiting.map((channel) => channel.slice(left.length));
    return true;
  }
}

registerProcessor("microphone", Microphone as never);
registerProcessor("speaker", Speaker as never);
