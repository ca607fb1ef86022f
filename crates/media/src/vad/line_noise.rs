//! The noise of a line, from which the energy gate follows.
//!
//! Law: the estimate falls at once to any quieter window and rises slowly, so it finds the noise in the shortest
//! pauses of a voice; speech dips by 20 dB several times a second, steady noise and held tones never do.

/// What the estimate rises by in a window of 16 ms: 10 dB/s.
const RISE: f32 = 0.16;
/// The gate above the noise, in dB: white noise varies by 2 dB from window to window.
const ABOVE_NOISE: f32 = 6.0;
/// Before anything is heard, in dBFS: a word in the first window is above the gate, a very noisy line below it.
const FIRST: f32 = -35.0;
/// Never below this, in dBFS, so that digital silence (lost packets, silence suppression) is soon forgotten.
const FLOOR: f32 = -60.0;

#[derive(Debug, Clone)]
pub(super) struct LineNoise {
    level: f32,
}

impl Default for LineNoise {
    fn default() -> Self {
        Self { level: FIRST }
    }
}

impl LineNoise {
    /// Notes the level of one window, in dBFS.
    pub(super) fn hear(&mut self, level: f32) {
        self.level = level.min(self.level + RISE).max(FLOOR);
    }

    /// The level under which a window is noise, in dBFS.
    pub(super) fn gate(&self) -> f32 {
        self.level + ABOVE_NOISE
    }
}
