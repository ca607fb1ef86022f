//! A call's recording, as somebody who downloads it can judge it: who made sound when.

use std::io::Cursor;

use api::wire::events::Turn;
use api::wire::words::Speaker;

/// Level from which 20 ms count as sound; the lines of these tests carry digital silence otherwise.
const LOUD_DBFS: f32 = -46.0;
/// Samples of 20 ms at 8 kHz.
const FRAME: usize = 160;
/// How far sound and transcript may lie apart: a turn's times are those of the voice detector.
pub const NEAR_MS: u64 = 300;
/// Length of such a frame.
const FRAME_MS: u64 = 20;

/// Both channels of a recording.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Samples a second.
    pub rate: u32,
    /// Channels in the file.
    pub channels: u16,
    /// What the agent said.
    pub agent: Vec<i16>,
    /// What the callee said.
    pub callee: Vec<i16>,
}

impl Recording {
    /// Reads a WAV file of two channels; panics at anything else.
    pub fn parse(wav: &[u8]) -> Self {
        let mut reader = hound::WavReader::new(Cursor::new(wav)).expect("the recording is a WAV file");
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.bits_per_sample), (2, 16), "stereo, 16 bit");
        let samples: Vec<i16> = reader.samples().collect::<Result<_, _>>().expect("the file is as long as it says");
        Self {
            rate: spec.sample_rate,
            channels: spec.channels,
            agent: samples.iter().copied().step_by(2).collect(),
            callee: samples.iter().copied().skip(1).step_by(2).collect(),
        }
    }

    /// Length in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.agent.len() as u64 * 1_000 / u64::from(self.rate)
    }
}

impl Recording {
    /// For each turn of the agent that a turn of the callee cut short: first sound of the callee to last sound of the
    /// agent, in milliseconds.
    pub fn stops_ms(&self, turns: &[&Turn]) -> Vec<u64> {
        let (agent, callee) = (sounds(&self.agent), sounds(&self.callee));
        let cuts = turns.windows(2).filter(|pair| pair[0].interrupted && pair[1].speaker == Speaker::Callee);
        cuts.map(|pair| {
            let (cut, cutter) = (pair[0], pair[1]);
            let onset = callee.iter().find(|at| **at + NEAR_MS >= cutter.start_ms).expect("the callee is recorded");
            let last = agent.iter().rfind(|at| **at <= cut.end_ms + NEAR_MS).expect("the agent is recorded");
            (last + FRAME_MS).saturating_sub(*onset)
        })
        .collect()
    }
}

/// Starts of the 20 ms frames that hold sound, in milliseconds.
pub fn sounds(channel: &[i16]) -> Vec<u64> {
    let frames = channel.chunks(FRAME).enumerate();
    frames.filter(|(_, frame)| rms_dbfs(frame) > LOUD_DBFS).map(|(n, _)| n as u64 * FRAME_MS).collect()
}

fn rms_dbfs(frame: &[i16]) -> f32 {
    let power: f64 = frame.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / frame.len().max(1) as f64;
    (20.0 * (power.sqrt() / 32_768.0).max(1e-6).log10()) as f32
}
