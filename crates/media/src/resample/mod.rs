//! Sample rate conversion between telephone audio and what models speak: 8 → 16, 16 → 8, 24 → 8 kHz and any
//! other ratio of whole rates.
//!
//! Law: streaming; the cut of the input into slices does not change one sample of the output. A windowed-sinc
//! polyphase filter keeps the telephone band (to 3.4 kHz at 8 kHz) flat and holds images and aliases 60 dB down.
//!
//! On the call's way: up to 16 kHz before recognition and [`crate::vad`]; down to 8 kHz after synthesis.

#[cfg(test)]
mod tests;

/// What a filter must do; edges are shares of the lower rate.
#[derive(Debug, Clone, Copy)]
struct Demand {
    pass_edge: f64,
    stop_edge: f64,
    attenuation_db: f64,
}

/// For ears and recognisers: an alias may fall on the last 5 % of the band. 66 dB leaves a reserve for rounding.
const FULL: Demand = Demand { pass_edge: 0.43, stop_edge: 0.525, attenuation_db: 66.0 };

/// For detectors: half the work of [`FULL`].
const LIGHT: Demand = Demand { pass_edge: 0.40, stop_edge: 0.58, attenuation_db: 50.0 };

/// A converter of one stream from one rate to another.
#[derive(Debug, Clone)]
pub struct Resampler {
    up: usize,
    down: usize,
    /// One filter per phase, each of `taps` coefficients in the order of the input.
    phases: Vec<f32>,
    taps: usize,
    /// The last inputs, `taps - 1` before the next output's newest.
    window: Vec<f32>,
    /// Position of the next output in steps of `1 / up` input samples, counted from the newest of the window.
    step: usize,
}

impl Resampler {
    /// A converter from `from` to `to` samples per second. Rates of zero are taken as one.
    #[must_use]
    pub fn new(from: u32, to: u32) -> Self {
        Self::with(from, to, FULL)
    }

    /// A cheaper converter for detectors: flat to 3.2 kHz of 8, images and aliases 48 dB down beyond 4.6 kHz.
    #[must_use]
    pub fn light(from: u32, to: u32) -> Self {
        Self::with(from, to, LIGHT)
    }

    fn with(from: u32, to: u32, demand: Demand) -> Self {
        let (from, to) = (from.max(1) as usize, to.max(1) as usize);
        let divisor = greatest_common_divisor(from, to);
        let (up, down) = (to / divisor, from / divisor);
        if up == down {
            return Self { up, down, phases: vec![1.0], taps: 1, window: Vec::new(), step: 0 };
        }
        let (phases, taps) = design(from, to, up, demand);
        Self { up, down, phases, taps, window: vec![0.0; taps - 1], step: 0 }
    }

    /// Converts a slice and appends the result to `out`.
    pub fn process(&mut self, input: &[i16], out: &mut Vec<i16>) {
        self.window.extend(input.iter().map(|&sample| f32::from(sample)));
        let mut at = self.step / self.up;
        while at + self.taps <= self.window.len() {
            let phase = self.step % self.up;
            let filter = &self.phases[phase * self.taps..(phase + 1) * self.taps];
            out.push(dot(filter, &self.window[at..at + self.taps]).round() as i16);
            self.step += self.down;
            at = self.step / self.up;
        }
        let consumed = at.min(self.window.len());
        self.step -= consumed * self.up;
        self.window.drain(..consumed);
    }

    /// Pushes out what the filter still holds of the stream, for the end of a clip, and starts anew.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        let zeros = vec![0; self.taps / 2];
        self.process(&zeros, out);
        self.window.clear();
        self.window.resize(self.taps - 1, 0.0);
        self.step = 0;
    }

    /// How much later a sample comes out, in output samples, rounded.
    #[must_use]
    pub fn delay(&self) -> usize {
        (self.taps * self.up).saturating_sub(1).div_ceil(2 * self.down)
    }
}

/// Converts a whole clip; the result is aligned with the input and as long as the ratio says.
#[must_use]
pub fn resample_clip(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to);
    let length = samples.len() * resampler.up / resampler.down;
    let mut out = Vec::with_capacity(length + resampler.delay() + 1);
    resampler.process(samples, &mut out);
    let delay = resampler.delay();
    resampler.finish(&mut out);
    out.drain(..delay.min(out.len()));
    out.resize(length, 0);
    out
}

/// Sum of products in eight lanes, so that the compiler may use vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 8];
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += x * y;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}

/// A low-pass at the rate `from * up`, cut into `up` phases whose sums are each one (no ripple on a constant).
fn design(from: usize, to: usize, up: usize, demand: Demand) -> (Vec<f32>, usize) {
    let rate = (from * up) as f64;
    let lower = from.min(to) as f64;
    let width = std::f64::consts::TAU * (demand.stop_edge - demand.pass_edge) * lower / rate;
    let wanted = (demand.attenuation_db - 8.0) / (2.285 * width);
    // Whole vectors of eight per phase.
    let taps = (wanted / up as f64).ceil().max(8.0) as usize;
    let taps = taps.next_multiple_of(8);
    let length = taps * up;
    let cutoff = (demand.pass_edge + demand.stop_edge) / 2.0 * lower / rate;
    let beta = 0.1102 * (demand.attenuation_db - 8.7);
    let centre = (length - 1) as f64 / 2.0;
    let prototype: Vec<f64> = (0..length)
        .map(|n| {
            let t = n as f64 - centre;
            let ratio = t / (centre + 0.5);
            sinc(2.0 * cutoff * t) * bessel_i0(beta * (1.0 - ratio * ratio).sqrt())
        })
        .collect();
    let mut phases = Vec::with_capacity(length);
    for phase in 0..up {
        // Reversed: the window runs from the oldest input to the newest.
        let filter: Vec<f64> = (0..taps).rev().map(|tap| prototype[tap * up + phase]).collect();
        let sum: f64 = filter.iter().sum();
        phases.extend(filter.iter().map(|coefficient| (coefficient / sum) as f32));
    }
    (phases, taps)
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x.abs() < 1e-9 { 1.0 } else { x.sin() / x }
}

/// The modified Bessel function of order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..40 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
