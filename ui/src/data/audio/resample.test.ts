import { expect, test } from "vitest";
import { Resampler } from "./resample";

/** A tone through a resampler in blocks of 128, without its first tenth: its power, and how many samples came. */
function through(from: number, to: number, hertz: number) {
  const resampler = new Resampler(from, to);
  const out: number[] = [];
  for (let at = 0; at + 128 <= from; at += 128) {
    out.push(...resampler.push(Float32Array.from({ length: 128 }, (_, index) => Math.sin((2 * Math.PI * hertz * (at + index)) / from))));
  }
  const steady = out.slice(to / 10);
  return { power: Math.sqrt(steady.reduce((sum, value) => sum + value * value, 0) / steady.length), count: out.length };
}

test("a tone keeps its loudness, and what the lower rate cannot hold is gone", () => {
  for (const [from, to] of [[48_000, 16_000], [44_100, 16_000], [16_000, 48_000], [8_000, 44_100], [16_000, 16_000]] as const) {
    const { power, count } = through(from, to, 1_000);
    expect(Math.abs(power - Math.SQRT1_2), `${from} to ${to}`).toBeLessThan(0.02);
    expect(Math.abs(count - to), `${from} to ${to}`).toBeLessThan(to * 0.01 + 40);
  }
  expect(through(48_000, 16_000, 10_500).power).toBeLessThan(0.01);
});
