/** Sound at one rate as sound at another: a windowed sinc (Smith, "Digital Audio Resampling"), kept going over blocks. */

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 12;
/** Entries of the table between two crossings. */
const FINE = 64;
/** How much of the lower rate's band passes. */
const PASS = 0.92;

const TABLE = Float32Array.from({ length: CROSSINGS * FINE + 2 }, (_, index) => {
  const x = index / FINE;
  if (x >= CROSSINGS) return 0;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return sinc * Math.cos((Math.PI / 2) * (x / CROSSINGS)) ** 2;
});

export class Resampler {
  private readonly step: number;
  private readonly cut: number;
  private readonly reach: number;
  private past: Float32Array;
  /** Where the next sample is read, counted from the begin of `past`. */
  private at: number;

  constructor(from: number, to: number) {
    this.step = from / to;
    this.cut = PASS * Math.min(1, to / from);
    this.reach = Math.ceil(CROSSINGS / this.cut);
    this.past = new Float32Array(this.reach);
    this.at = this.reach;
  }

  /** All that can be said about the other rate after these samples. */
  push(samples: Float32Array): Float32Array {
    const all = new Float32Array(this.past.length + samples.length);
    all.set(this.past);
    all.set(samples, this.past.length);
    const room = Math.max(0, Math.ceil((all.length - this.reach - this.at) / this.step));
    const out = new Float32Array(room);
    for (let index = 0; index < room; index++) out[index] = this.read(all, this.at + index * this.step);
    this.at += room * this.step;
    const gone = Math.max(0, Math.floor(this.at) - this.reach);
    this.past = all.slice(gone);
    this.at -= gone;
    return out;
  }

  private read(all: Float32Array, at: number): number {
    const first = Math.max(0, Math.ceil(at - this.reach));
    const last = Math.min(all.length - 1, Math.floor(at + this.reach));
    let sum = 0;
    for (let index = first; index <= last; index++) {
      const place = Math.abs(index - at) * this.cut * FINE;
      const low = Math.floor(place);
      if (low >= CROSSINGS * FINE) continue;
      const weight = (TABLE[low] as number) + ((TABLE[low + 1] as number) - (TABLE[low] as number)) * (place - low);
      sum += (all[index] as number) * weight;
    }
    return sum * this.cut;
  }
}
