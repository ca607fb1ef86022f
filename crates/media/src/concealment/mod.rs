//! Packet loss concealment for 8 kHz voice, in the spirit of G.711 Appendix I.
//!
//! Law: what is missing is replaced by the last pitch periods of what was heard, joined by overlapping slopes so
//! that neither side clicks; it fades to silence within 60 ms, because a longer hum is worse than a hole. Good
//! audio passes unchanged, except for the slope that joins it to a concealed stretch. No delay is added.
//!
//! On the call's way: after the decoder, told by [`crate::jitter_buffer`] what was lost.

#[cfg(test)]
mod tests;

/// Longest pitch period: 66 Hz.
const MAX_PITCH: usize = 120;
/// Shortest pitch period: 200 Hz. A higher voice is found at a multiple of its period.
const MIN_PITCH: usize = 40;
/// Samples compared at each candidate period: 20 ms.
const CORRELATION: usize = 160;
/// Samples of history: a comparison at the longest period.
const HISTORY: usize = CORRELATION + MAX_PITCH;
/// Samples at full level: 10 ms, then linear to zero at 60 ms.
const FULL_LEVEL: usize = 80;
/// Samples until silence.
const FADED: usize = 480;

/// The concealer of one received stream.
#[derive(Debug, Clone)]
pub struct Concealer {
    history: [i16; HISTORY],
    repeated: Repetition,
}

/// The stretch being repeated.
#[derive(Debug, Clone)]
struct Repetition {
    samples: [i16; MAX_PITCH],
    period: usize,
    at: usize,
    /// Samples concealed in a row; 0 while audio is good.
    concealed: usize,
}

impl Default for Concealer {
    fn default() -> Self {
        Self {
            history: [0; HISTORY],
            repeated: Repetition { samples: [0; MAX_PITCH], period: MIN_PITCH, at: 0, concealed: 0 },
        }
    }
}

impl Concealer {
    /// Notes decoded audio, and joins its beginning to what was concealed before it.
    pub fn heard(&mut self, samples: &mut [i16]) {
        if self.repeated.concealed > 0 {
            let overlap = self.repeated.overlap().min(samples.len());
            for (n, sample) in samples[..overlap].iter_mut().enumerate() {
                let concealed = self.repeated.next();
                *sample = cross_fade(concealed, *sample, n + 1, overlap + 1);
            }
            self.repeated.concealed = 0;
        }
        self.remember(samples);
    }

    /// Fills `out` with what was most likely said.
    pub fn conceal(&mut self, out: &mut [i16]) {
        if self.repeated.concealed == 0 {
            self.repeated = Repetition::from_history(&self.history);
        }
        for sample in out.iter_mut() {
            *sample = self.repeated.next();
        }
        self.remember(out);
    }

    /// Passes silence that the far end meant: no stretch is joined to it.
    pub fn silence(&mut self, out: &mut [i16]) {
        out.fill(0);
        self.heard(out);
    }

    fn remember(&mut self, samples: &[i16]) {
        let kept = samples.len().min(HISTORY);
        self.history.copy_within(kept.., 0);
        self.history[HISTORY - kept..].copy_from_slice(&samples[samples.len() - kept..]);
    }
}

impl Repetition {
    fn from_history(history: &[i16; HISTORY]) -> Self {
        let period = pitch(history);
        let mut samples = [0; MAX_PITCH];
        samples[..period].copy_from_slice(&history[HISTORY - period..]);
        // The end of the period runs into what preceded its beginning, so that each turn of the loop is smooth.
        let slope = period / 4;
        for n in 0..slope {
            let before = history[HISTORY - period - slope + n];
            let at = period - slope + n;
            samples[at] = cross_fade(samples[at], before, n + 1, slope + 1);
        }
        Self { samples, period, at: 0, concealed: 0 }
    }

    /// Samples over which good audio takes over: longer after longer losses, 5 to 10 ms.
    fn overlap(&self) -> usize {
        (self.period / 4 + self.concealed / 8).min(80)
    }

    fn next(&mut self) -> i16 {
        let sample = i32::from(self.samples[self.at]);
        self.at = (self.at + 1) % self.period;
        let left = FADED.saturating_sub(self.concealed).min(FADED - FULL_LEVEL) as i32;
        self.concealed = self.concealed.saturating_add(1);
        (sample * left / (FADED - FULL_LEVEL) as i32) as i16
    }
}

fn cross_fade(from: i16, to: i16, step: usize, steps: usize) -> i16 {
    let (step, steps) = (step as i32, steps as i32);
    ((i32::from(from) * (steps - step) + i32::from(to) * step) / steps) as i16
}

/// The period at which the end of the history is most like what preceded it: coarse at every second sample of
/// every second period, then fine around the best, as Appendix I does.
fn pitch(history: &[i16; HISTORY]) -> usize {
    let coarse = best_period(history, (MIN_PITCH..=MAX_PITCH).step_by(2), 2);
    best_period(history, coarse.saturating_sub(1).max(MIN_PITCH)..=(coarse + 1).min(MAX_PITCH), 1)
}

fn best_period(history: &[i16; HISTORY], periods: impl Iterator<Item = usize>, stride: usize) -> usize {
    let mut best = (MIN_PITCH, f32::MIN);
    for period in periods {
        let recent = history[HISTORY - CORRELATION..].iter().step_by(stride);
        let earlier = history[HISTORY - CORRELATION - period..].iter().step_by(stride);
        let (mut product, mut energy) = (0.0, 1.0);
        for (&a, &b) in recent.zip(earlier) {
            product += f32::from(a) * f32::from(b);
            energy += f32::from(b) * f32::from(b);
        }
        let likeness = product / energy.sqrt();
        if likeness > best.1 {
            best = (period, likeness);
        }
    }
    best.0
}
