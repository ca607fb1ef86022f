//! Tones of the telephone network: making them, and measuring one frequency (Goertzel).
//!
//! Law: a generator is a list of stretches, played once or for ever; it needs no state but its position, and its
//! stretches begin and end on slopes of 2 ms, so that it never clicks.
//!
//! On the call's way: the simulated far ends speak these; the agent's hold tone and in-band digits come from here;
//! detectors are tested against them.

use crate::SAMPLE_RATE;
use crate::dtmf::event_of;

mod hold;
#[cfg(test)]
mod tests;

/// Samples of the slope at both ends of a stretch: 2 ms.
const SLOPE: u32 = 16;

/// Row and column frequencies of the keypad in Hz (ITU-T Q.23).
pub const DTMF_ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
/// See [`DTMF_ROWS`].
pub const DTMF_COLUMNS: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

/// A stretch of up to three simultaneous frequencies, or of silence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Frequencies in Hz; 0 for none.
    pub frequencies: [f32; 3],
    /// How long, in samples.
    pub samples: u32,
}

impl Stretch {
    /// Silence for `millis`.
    #[must_use]
    pub const fn silence(millis: u32) -> Self {
        Self { frequencies: [0.0; 3], samples: millis * (SAMPLE_RATE / 1_000) }
    }

    /// One frequency for `millis`.
    #[must_use]
    pub const fn single(frequency: f32, millis: u32) -> Self {
        Self { frequencies: [frequency, 0.0, 0.0], samples: millis * (SAMPLE_RATE / 1_000) }
    }

    /// Two frequencies for `millis`.
    #[must_use]
    pub const fn dual(low: f32, high: f32, millis: u32) -> Self {
        Self { frequencies: [low, high, 0.0], samples: millis * (SAMPLE_RATE / 1_000) }
    }
}

/// Plays stretches.
#[derive(Debug, Clone)]
pub struct ToneGenerator {
    stretches: Vec<Stretch>,
    repeat: bool,
    /// Peak of each frequency.
    amplitude: f32,
    index: usize,
    at: u32,
}

impl ToneGenerator {
    /// A generator of any stretches; each frequency peaks at `peak_dbfs`.
    #[must_use]
    pub fn new(stretches: Vec<Stretch>, repeat: bool, peak_dbfs: f32) -> Self {
        let repeat = repeat && stretches.iter().any(|stretch| stretch.samples > 0);
        Self { stretches, repeat, amplitude: 32_767.0 * crate::level::gain(peak_dbfs), index: 0, at: 0 }
    }

    /// North American dial tone.
    #[must_use]
    pub fn dial() -> Self {
        Self::new(vec![Stretch::dual(350.0, 440.0, 60_000)], true, -19.0)
    }

    /// North American ringback: two seconds in six.
    #[must_use]
    pub fn ringback() -> Self {
        Self::new(vec![Stretch::dual(440.0, 480.0, 2_000), Stretch::silence(4_000)], true, -19.0)
    }

    /// European ringback: 425 Hz, one second in five.
    #[must_use]
    pub fn ringback_europe() -> Self {
        Self::new(vec![Stretch::single(425.0, 1_000), Stretch::silence(4_000)], true, -16.0)
    }

    /// North American busy tone.
    #[must_use]
    pub fn busy() -> Self {
        Self::new(vec![Stretch::dual(480.0, 620.0, 500), Stretch::silence(500)], true, -19.0)
    }

    /// North American reorder tone ("fast busy").
    #[must_use]
    pub fn reorder() -> Self {
        Self::new(vec![Stretch::dual(480.0, 620.0, 250), Stretch::silence(250)], true, -19.0)
    }

    /// Special information tone (ITU-T E.180): three rising tones before an announcement.
    #[must_use]
    pub fn special_information() -> Self {
        let tones = [950.0, 1_400.0, 1_800.0].map(|frequency| Stretch::single(frequency, 330));
        Self::new(tones.to_vec(), false, -16.0)
    }

    /// A voicemail's beep.
    #[must_use]
    pub fn beep(frequency: f32, millis: u32) -> Self {
        Self::new(vec![Stretch::single(frequency, millis)], false, -12.0)
    }

    /// Digits as in-band DTMF, each for `millis` and as long a pause; `None` if one is no key.
    #[must_use]
    pub fn dtmf(digits: &str, millis: u32) -> Option<Self> {
        let mut stretches = Vec::new();
        for digit in digits.chars() {
            let (row, column) = keypad_position(event_of(digit)?);
            stretches.push(Stretch::dual(DTMF_ROWS[row], DTMF_COLUMNS[column], millis));
            stretches.push(Stretch::silence(millis));
        }
        Some(Self::new(stretches, false, -12.0))
    }

    /// A quiet tune for a caller on hold, repeated.
    #[must_use]
    pub fn hold() -> Self {
        Self::new(hold::tune(), true, -24.0)
    }

    /// Fills `out`; returns how much of it was made before the end, all of it for a repeated tone. The rest is
    /// silence.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        let mut made = 0;
        for sample in out.iter_mut() {
            *sample = match self.next_sample() {
                Some(value) => {
                    made += 1;
                    value
                }
                None => 0,
            };
        }
        made
    }

    /// All of a tone that ends, or the first `limit` samples.
    #[must_use]
    pub fn render(mut self, limit: usize) -> Vec<i16> {
        let mut samples = Vec::new();
        while samples.len() < limit
            && let Some(sample) = self.next_sample()
        {
            samples.push(sample);
        }
        samples
    }

    fn next_sample(&mut self) -> Option<i16> {
        while self.at >= self.stretches.get(self.index)?.samples {
            self.at = 0;
            self.index += 1;
            if self.index == self.stretches.len() && self.repeat {
                self.index = 0;
            }
        }
        let stretch = &self.stretches[self.index];
        let edge = (self.at + 1).min(stretch.samples - self.at).min(SLOPE);
        let slope = edge as f32 / SLOPE as f32;
        let time = f64::from(self.at) / f64::from(SAMPLE_RATE);
        self.at += 1;
        let sounding = stretch.frequencies.iter().filter(|&&frequency| frequency > 0.0);
        let sum: f32 = sounding.map(|&f| (std::f64::consts::TAU * f64::from(f) * time).sin() as f32).sum();
        Some((self.amplitude * slope * sum) as i16)
    }
}

/// Row and column of an event code below 16 on the keypad.
fn keypad_position(event: u8) -> (usize, usize) {
    match event {
        0 => (3, 1),
        10 => (3, 0),
        11 => (3, 2),
        12.. => (usize::from(event - 12).min(3), 3),
        digit => (usize::from(digit - 1) / 3, usize::from(digit - 1) % 3),
    }
}

/// Power of one frequency in Hz within `samples` (Goertzel): the mean square of the sine it finds, comparable with
/// [`mean_square`]. Resolves about `8000 / samples.len()` Hz.
#[must_use]
pub fn goertzel(samples: &[i16], frequency: f32) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    let step = std::f32::consts::TAU * frequency / SAMPLE_RATE as f32;
    let coefficient = 2.0 * step.cos();
    let (mut one, mut two) = (0.0f32, 0.0f32);
    for &sample in samples {
        let next = f32::from(sample) + coefficient * one - two;
        two = one;
        one = next;
    }
    let power = one * one + two * two - coefficient * one * two;
    let count = samples.len() as f32;
    2.0 * power.max(0.0) / (count * count)
}

/// Mean square of the samples; 0 for none.
#[must_use]
pub fn mean_square(samples: &[i16]) -> f32 {
    let energy: f32 = samples.iter().map(|&sample| f32::from(sample) * f32::from(sample)).sum();
    energy / samples.len().max(1) as f32
}
