//! Beep detector: hears the tone after which a voicemail records.
//!
//! Law: a beep is one steady frequency between 350 and 2500 Hz, for 120 ms to 1.5 s, with silence after it and no
//! other tone just before it. Speech is not steady, keys and ringback are two frequencies (which beat), music and
//! information tones are several notes in a row; European ringback, one frequency at 425 Hz, is excluded by name.
//!
//! Each 5 ms block is fitted with one sinusoid: for a pure tone `x[n+1] + x[n-1] = 2 cos(w) x[n]` is exact, so
//! the best cosine gives the frequency and what is left over gives the purity, at a few operations a sample.
//! A Goertzel filter over two blocks confirms it.
//!
//! On the call's way: after the decoder, until answer detection has decided and the message is being left.

use std::collections::VecDeque;

use crate::SAMPLE_RATE;
use crate::tones::{goertzel, mean_square};

#[cfg(test)]
mod tests;

/// Samples of one block: 5 ms.
const BLOCK: usize = 40;
/// Blocks of the shortest beep, 120 ms, less the two that its ends may share with silence.
const MIN_BLOCKS: u32 = 22;
/// Blocks of the longest beep: 1.5 s.
const MAX_BLOCKS: u32 = 302;
/// Blocks of silence that end a beep: 60 ms.
const SILENT_BLOCKS: u32 = 12;
/// Blocks that tone and silence may take to separate: the tone's last slope, and an echo or a ringing filter.
const EDGE_BLOCKS: u32 = 8;
/// Blocks for which a tone makes the next one part of a tune: 200 ms.
const TUNE_BLOCKS: u64 = 40;
/// Blocks shorter than which a steady stretch is chance: 30 ms.
const NOTE_BLOCKS: u32 = 6;
/// Frequencies of a beep in Hz.
const BAND: std::ops::RangeInclusive<f32> = 350.0..=2_500.0;
/// European ringback and busy tone in Hz.
const NETWORK_TONE: std::ops::RangeInclusive<f32> = 413.0..=437.0;
/// Quietest beep: mean square of a sine at about -42 dBFS.
const QUIETEST: f32 = 68_000.0;
/// Largest share of a block that the sinusoid may leave unexplained, at the level of white noise: -12 dB.
const IMPURITY: f32 = 0.063;
/// Largest departure from the stretch's mean frequency.
const DRIFT: f32 = 0.03;
/// Largest departure from the stretch's mean power, as a factor: 2 dB.
const UNSTEADY: f32 = 1.6;
/// Least share of the power at the mean frequency, over 10 ms; allows it to be wrong by 35 Hz.
const CONCENTRATION: f32 = 0.6;
/// Silence is this far under the beep: 18 dB.
const DROP: f32 = 0.016;

/// A beep that was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beep {
    /// Frequency in Hz.
    pub frequency: f32,
    /// Where it began, in samples pushed so far, exact to about 5 ms.
    pub from_sample: u64,
    /// Where it ended.
    pub to_sample: u64,
}

/// A steady stretch.
#[derive(Debug, Clone, Copy)]
struct Run {
    from_block: u64,
    blocks: u32,
    cosine: f32,
    power: f32,
    silent: u32,
    other: u32,
}

/// The detector of one received stream.
#[derive(Debug, Clone, Default)]
pub struct BeepDetector {
    /// The block before and the one being filled.
    window: Vec<i16>,
    /// The last two samples of the block before.
    before: [f32; 2],
    block: u64,
    run: Option<Run>,
    note_ended: Option<u64>,
    heard: VecDeque<Beep>,
}

/// What the fit of one block says.
#[derive(Debug, Clone, Copy)]
struct Fit {
    power: f32,
    cosine: f32,
    pure: bool,
}

impl BeepDetector {
    /// Listens to more audio; then drain [`Self::poll`].
    pub fn push(&mut self, mut samples: &[i16]) {
        self.window.resize(self.window.len().max(BLOCK), 0);
        while !samples.is_empty() {
            let (head, rest) = samples.split_at(samples.len().min(2 * BLOCK - self.window.len()));
            self.window.extend_from_slice(head);
            samples = rest;
            if self.window.len() == 2 * BLOCK {
                let fit = self.fit();
                self.window.drain(..BLOCK);
                self.on_block(fit);
                self.block += 1;
            }
        }
    }

    /// The next beep; it is reported 60 ms after its end.
    pub fn poll(&mut self) -> Option<Beep> {
        self.heard.pop_front()
    }

    fn fit(&mut self) -> Fit {
        let [mut older, mut old] = self.before;
        let (mut energy, mut product, mut outer) = (0.0f32, 0.0f32, 0.0f32);
        for &sample in &self.window[BLOCK..] {
            let new = f32::from(sample);
            energy += old * old;
            product += (new + older) * old;
            outer += (new + older) * (new + older);
            (older, old) = (old, new);
        }
        self.before = [older, old];
        let cosine = product / (2.0 * energy.max(1.0));
        let left_over = outer - 2.0 * cosine * product;
        // White noise of power p leaves (2 + 4 cos^2) p over.
        let noise = left_over.max(0.0) / (2.0 + 4.0 * cosine * cosine);
        let power = energy / BLOCK as f32;
        let single = noise < IMPURITY * energy && power > QUIETEST && in_band(cosine) && self.is_concentrated();
        Fit { power, cosine, pure: single }
    }

    /// Whether the last 10 ms hold one frequency: two at equal distance from the mean, as keys have, leave little
    /// over in a short fit, but have no power at the mean itself.
    fn is_concentrated(&self) -> bool {
        let Some(run) = self.run.filter(|run| run.blocks > 1) else { return true };
        goertzel(&self.window, frequency_of(run.cosine)) > CONCENTRATION * mean_square(&self.window)
    }

    fn on_block(&mut self, fit: Fit) {
        let Some(run) = &mut self.run else {
            self.begin(fit);
            return;
        };
        if run.silent == 0 && run.other == 0 && run.continues(&fit) {
            run.take(&fit);
            return;
        }
        if fit.power < DROP * run.power || fit.power < QUIETEST / 16.0 {
            run.silent += 1;
            if run.silent == SILENT_BLOCKS {
                self.end();
            }
            return;
        }
        run.other += 1;
        if run.silent > 0 || run.other > EDGE_BLOCKS || fit.pure && run.blocks < NOTE_BLOCKS {
            // Something else goes on where silence should be.
            if run.blocks >= NOTE_BLOCKS {
                self.note_ended = Some(run.from_block + u64::from(run.blocks));
            }
            self.run = None;
            self.begin(fit);
        }
    }

    fn begin(&mut self, fit: Fit) {
        if fit.pure {
            let run =
                Run { from_block: self.block, blocks: 1, cosine: fit.cosine, power: fit.power, silent: 0, other: 0 };
            self.run = Some(run);
        }
    }

    /// The stretch was followed by silence: it is a beep, or a note at the end of something else.
    fn end(&mut self) {
        let Some(run) = self.run.take() else { return };
        let frequency = frequency_of(run.cosine);
        let in_tune = self.note_ended.is_some_and(|ended| run.from_block < ended + TUNE_BLOCKS);
        if run.blocks >= NOTE_BLOCKS {
            self.note_ended = Some(run.from_block + u64::from(run.blocks));
        }
        if (MIN_BLOCKS..=MAX_BLOCKS).contains(&run.blocks) && !in_tune && !NETWORK_TONE.contains(&frequency) {
            let from_sample = run.from_block * BLOCK as u64;
            let to_sample = from_sample + u64::from(run.blocks) * BLOCK as u64;
            // Whoever does not drain hears the latest: a beep that nobody asked about is of no use.
            self.heard.truncate(7);
            self.heard.push_back(Beep { frequency, from_sample, to_sample });
        }
    }
}

impl Run {
    fn continues(&mut self, fit: &Fit) -> bool {
        if !fit.pure {
            return false;
        }
        // The first block may hold the beep's beginning: the second sets the level.
        if self.blocks == 1 && fit.power > self.power {
            (self.power, self.cosine) = (fit.power, fit.cosine);
        }
        let drift = (frequency_of(fit.cosine) / frequency_of(self.cosine) - 1.0).abs();
        drift < DRIFT && fit.power < UNSTEADY * self.power && self.power < UNSTEADY * fit.power
    }

    fn take(&mut self, fit: &Fit) {
        self.blocks += 1;
        let weight = 1.0 / self.blocks.min(16) as f32;
        self.cosine += weight * (fit.cosine - self.cosine);
        self.power += weight * (fit.power - self.power);
    }
}

fn frequency_of(cosine: f32) -> f32 {
    cosine.clamp(-1.0, 1.0).acos() * SAMPLE_RATE as f32 / std::f32::consts::TAU
}

fn in_band(cosine: f32) -> bool {
    // One block is a coarse judge of low tones: 15 Hz of grace.
    cosine.abs() < 1.0 && (BAND.start() - 15.0..=BAND.end() + 15.0).contains(&frequency_of(cosine))
}
