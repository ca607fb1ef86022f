//! A tape of both sides of a call. Law: bounded; a call that outlasts the tape is on it up to there.

use media::{Frame, SAMPLE_RATE};

/// Fifteen minutes.
const LONGEST: usize = 15 * 60 * SAMPLE_RATE as usize * 2;

/// Heard (left) and said (right), interleaved.
#[derive(Default)]
pub(crate) struct Tape {
    samples: Vec<i16>,
}

impl Tape {
    pub(crate) fn frame(&mut self, heard: &Frame, said: &Frame) {
        if self.samples.len() < LONGEST {
            self.samples.extend(heard.iter().zip(said).flat_map(|(heard, said)| [*heard, *said]));
        }
    }

    /// As a RIFF file: 2 channels, 8000 Hz, 16 bit.
    pub(crate) fn wav(&self) -> Vec<u8> {
        let data = u32::try_from(self.samples.len() * 2).expect("the tape is bounded");
        let mut out = Vec::with_capacity(44 + data as usize);
        out.extend(b"RIFF");
        out.extend((36 + data).to_le_bytes());
        out.extend(b"WAVEfmt ");
        out.extend(16u32.to_le_bytes());
        for value in [1u16, 2] {
            out.extend(value.to_le_bytes());
        }
        out.extend(SAMPLE_RATE.to_le_bytes());
        out.extend((SAMPLE_RATE * 4).to_le_bytes());
        for value in [4u16, 16] {
            out.extend(value.to_le_bytes());
        }
        out.extend(b"data");
        out.extend(data.to_le_bytes());
        out.extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        out
    }
}
