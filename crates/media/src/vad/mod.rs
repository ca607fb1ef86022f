//! Voice activity: when the callee begins and stops to speak.
//!
//! Law: positions are on the receive clock, if everything the jitter buffer releases is pushed (lost and silent
//! stretches too). A start is placed where the speech began, not where it was believed; it is believed after
//! [`VadConfig::min_speech`] of speech without a break. An end is placed after the last sound and believed after
//! [`VadConfig::hangover`], which is short, because turn taking adds its own wait. Starts and ends alternate.
//! Drain [`Vad::poll`] after every [`Vad::push`].
//!
//! The classifier is the crate `earshot`, a small network that hears 256 samples at 16 kHz (16 ms) at a time;
//! audio is doubled in rate inside. In noise its score falls slowly after a word (400 ms at -46 dBFS of white
//! noise), so windows under an energy gate, which follows the line's noise, are never speech.
//!
//! On the call's way: after the decoder; feeds barge-in, end of turn, answer detection.

use std::collections::VecDeque;
use std::time::Duration;

use earshot::Detector;

use crate::level::{SILENCE_DBFS, rms_dbfs};
use crate::resample::Resampler;
use crate::samples_in;

mod line_noise;
#[cfg(test)]
mod tests;

use line_noise::LineNoise;

/// Samples of one window at 8 kHz: 16 ms.
const WINDOW: usize = 128;

/// The same window at the classifier's 16 kHz.
const CLASSIFIER_WINDOW: usize = 256;

/// How far a start is placed before the first sure window: weak consonants open many words. 48 ms.
const LONGEST_ONSET: u64 = 3 * WINDOW as u64;

/// Transitions kept for one who does not drain.
const MAX_TRANSITIONS: usize = 64;

/// Settings of one detector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VadConfig {
    /// Score, 0 to 1, from which a window may begin speech.
    pub start_score: f32,
    /// Score under which a window may end speech; below `start_score`, so that speech does not flutter.
    pub stop_score: f32,
    /// Speech shorter than this is not reported: clicks, coughs, line noise.
    pub min_speech: Duration,
    /// Silence after which speech is over.
    pub hangover: Duration,
    /// Windows quieter than this are silence, in dBFS, however quiet the line.
    pub gate_dbfs: f32,
}

impl Default for VadConfig {
    fn default() -> Self {
        Self {
            start_score: 0.6,
            stop_score: 0.35,
            min_speech: Duration::from_millis(80),
            hangover: Duration::from_millis(64),
            gate_dbfs: -52.0,
        }
    }
}

/// Speech began or ended. Positions are in samples pushed so far, that is on the receive clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VadTransition {
    /// The callee began to speak.
    SpeechStarted {
        /// First sample of speech.
        at_sample: u64,
    },
    /// The callee stopped.
    SpeechEnded {
        /// First sample after the speech.
        at_sample: u64,
    },
}

#[derive(Debug, Clone, Copy)]
enum State {
    Silent,
    /// Perhaps speech since `from`, surely since `sure`; not yet for long enough.
    Starting {
        from: u64,
        sure: Option<u64>,
    },
    Speaking,
    /// Silence since `from`, not yet long enough.
    Ending {
        from: u64,
    },
}

/// The detector of one received stream; about 12 KB.
pub struct Vad {
    config: VadConfig,
    classifier: Box<Detector>,
    resampler: Resampler,
    upsampled: Vec<i16>,
    window: Vec<i16>,
    /// Samples classified so far.
    classified: u64,
    state: State,
    score: f32,
    level: f32,
    noise: LineNoise,
    transitions: VecDeque<VadTransition>,
}

impl std::fmt::Debug for Vad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vad").field("state", &self.state).field("score", &self.score).finish_non_exhaustive()
    }
}

impl Vad {
    /// A detector at position 0.
    #[must_use]
    pub fn new(config: VadConfig) -> Self {
        Self {
            config,
            classifier: Detector::default_boxed(),
            resampler: Resampler::light(8_000, 16_000),
            upsampled: Vec::with_capacity(2 * CLASSIFIER_WINDOW),
            window: Vec::with_capacity(WINDOW),
            classified: 0,
            state: State::Silent,
            score: 0.0,
            level: SILENCE_DBFS,
            noise: LineNoise::default(),
            transitions: VecDeque::new(),
        }
    }

    /// Listens to more audio at 8 kHz.
    pub fn push(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let (head, rest) = samples.split_at(samples.len().min(WINDOW - self.window.len()));
            self.window.extend_from_slice(head);
            samples = rest;
            if self.window.len() == WINDOW {
                self.classify();
            }
        }
    }

    /// The next transition, oldest first.
    pub fn poll(&mut self) -> Option<VadTransition> {
        self.transitions.pop_front()
    }

    /// Whether the callee is speaking, as far as transitions were reported.
    #[must_use]
    pub fn is_speech(&self) -> bool {
        matches!(self.state, State::Speaking | State::Ending { .. })
    }

    /// The classifier's latest score, 0 to 1.
    #[must_use]
    pub fn score(&self) -> f32 {
        self.score
    }

    /// Level of the latest window in dBFS.
    #[must_use]
    pub fn level_dbfs(&self) -> f32 {
        self.level
    }

    fn classify(&mut self) {
        self.resampler.process(&self.window, &mut self.upsampled);
        self.level = rms_dbfs(&self.window);
        self.noise.hear(self.level);
        self.window.clear();
        if self.upsampled.len() >= CLASSIFIER_WINDOW {
            let score = self.classifier.predict_i16(&self.upsampled[..CLASSIFIER_WINDOW]);
            self.upsampled.drain(..CLASSIFIER_WINDOW);
            let gate = self.noise.gate().max(self.config.gate_dbfs);
            self.score = if self.level < gate { 0.0 } else { score };
        }
        self.advance();
        self.classified += WINDOW as u64;
    }

    fn advance(&mut self) {
        let begin = self.classified;
        let end = begin + WINDOW as u64;
        let weak = self.score >= self.config.stop_score;
        let strong = self.score >= self.config.start_score;
        self.state = match self.state {
            State::Silent | State::Starting { .. } if !weak => State::Silent,
            State::Silent => State::Starting { from: begin, sure: strong.then_some(begin) },
            State::Starting { from, sure: None } => {
                State::Starting { from: from.max(begin.saturating_sub(LONGEST_ONSET)), sure: strong.then_some(begin) }
            }
            State::Speaking if !weak => State::Ending { from: begin },
            State::Ending { .. } if weak => State::Speaking,
            state => state,
        };
        match self.state {
            State::Starting { from, sure: Some(sure) } if end - sure >= samples_in(self.config.min_speech) => {
                self.state = State::Speaking;
                self.report(VadTransition::SpeechStarted { at_sample: from });
            }
            State::Ending { from } if end - from >= samples_in(self.config.hangover) => {
                self.state = State::Silent;
                self.report(VadTransition::SpeechEnded { at_sample: from });
            }
            _ => {}
        }
    }

    fn report(&mut self, transition: VadTransition) {
        // One who does not drain loses the oldest pair, so that starts and ends still alternate.
        if self.transitions.len() >= MAX_TRANSITIONS {
            self.transitions.drain(..2);
        }
        self.transitions.push_back(transition);
    }
}
