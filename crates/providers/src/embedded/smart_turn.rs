//! Is the turn over? A score from the sound of its end (falling pitch, drawn-out words), by smart-turn v3.2.
//!
//! Law: a soft hint. Near the middle the score is unstable (a change of 5e-5 in a feature can move it by 0.4), so
//! nothing may hang on a sharp threshold. Stands beside endpointing.

use std::f32::consts::PI;
use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};
use rten::NodeId;
use rten_tensor::NdTensor;

use super::models::{InferenceError, Lane, LoadError, ModelDirectory, Network};

/// Samples a second of the sound taken.
pub(crate) const RATE: u32 = 16_000;
/// Seconds that count.
pub(crate) const SECONDS: usize = 8;
const WINDOW: usize = 400;
const HOP: usize = 160;
const BANDS: usize = 80;
const FRAMES: usize = SECONDS * RATE as usize / HOP;

/// The end-of-turn network and its log-mel front end, which is Whisper's.
pub(crate) struct SmartTurn {
    network: Network,
    features: NodeId,
    logits: NodeId,
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// Per band the first bin it covers and its weights from there on.
    bands: Vec<(usize, Vec<f32>)>,
}

impl SmartTurn {
    /// Loads the network.
    pub(crate) fn load(directory: &ModelDirectory) -> Result<Self, LoadError> {
        let network = directory.network("smart-turn/smart-turn-v3.2-cpu.onnx")?;
        Ok(Self {
            features: network.node("input_features")?,
            logits: network.node("logits")?,
            network,
            transform: RealFftPlanner::new().plan_fft_forward(WINDOW),
            window: (0..WINDOW).map(|i| 0.5 - 0.5 * (2.0 * PI * i as f32 / WINDOW as f32).cos()).collect(),
            bands: mel_bands(),
        })
    }

    /// Probability that the turn ends with the end of `samples` (mono, 16 kHz).
    pub(crate) fn score(&self, lane: &Lane, samples: &[f32]) -> Result<f32, InferenceError> {
        let features = NdTensor::from_data([1, BANDS, FRAMES], self.log_mel(samples));
        let [logits] = self.network.run(lane, vec![(self.features, features.into())], [self.logits])?;
        let (_, logits) = self.network.take::<2>(logits)?;
        Ok(logits.first().copied().unwrap_or(0.0).clamp(0.0, 1.0))
    }

    fn log_mel(&self, samples: &[f32]) -> Vec<f32> {
        let sound = normalised(samples);
        let half = (WINDOW / 2) as isize;
        let last = sound.len() as isize - 1;
        let mut input = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let mut mel = vec![0.0; BANDS * FRAMES];
        for frame in 0..FRAMES {
            for (i, value) in input.iter_mut().enumerate() {
                let at = ((frame * HOP + i) as isize - half).abs();
                let at = if at > last { 2 * last - at } else { at };
                *value = sound[at as usize] * self.window[i];
            }
            self.transform
                .process_with_scratch(&mut input, &mut spectrum, &mut scratch)
                .expect("buffers come from the plan");
            for (band, (first, weights)) in self.bands.iter().enumerate() {
                let energy: f32 = weights.iter().zip(&spectrum[*first..]).map(|(w, bin)| w * bin.norm_sqr()).sum();
                mel[band * FRAMES + frame] = energy.max(1e-10).log10();
            }
        }
        let floor = mel.iter().copied().fold(f32::MIN, f32::max) - 8.0;
        mel.iter_mut().for_each(|value| *value = (value.max(floor) + 4.0) / 4.0);
        mel
    }
}

/// The last eight seconds, zeros in front if there is less, at mean 0 and variance 1.
fn normalised(samples: &[f32]) -> Vec<f32> {
    let wanted = SECONDS * RATE as usize;
    let tail = &samples[samples.len().saturating_sub(wanted)..];
    let mut sound = vec![0.0; wanted - tail.len()];
    sound.extend_from_slice(tail);
    let count = wanted as f64;
    let mean = sound.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = sound.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    let scale = 1.0 / (variance + 1e-7).sqrt();
    sound.iter_mut().for_each(|x| *x = ((f64::from(*x) - mean) * scale) as f32);
    sound
}

/// Triangles on Slaney's mel scale (linear below 1 kHz, logarithmic above), each of unit area.
fn mel_bands() -> Vec<(usize, Vec<f32>)> {
    const LINEAR: f32 = 200.0 / 3.0;
    const BREAK_HZ: f32 = 1000.0;
    let log_step = 6.4_f32.ln() / 27.0;
    let break_mel = BREAK_HZ / LINEAR;
    let hertz = |mel: f32| {
        if mel < break_mel { mel * LINEAR } else { BREAK_HZ * (log_step * (mel - break_mel)).exp() }
    };
    let top = break_mel + (RATE as f32 / 2.0 / BREAK_HZ).ln() / log_step;
    let edges: Vec<f32> = (0..BANDS + 2).map(|i| hertz(top * i as f32 / (BANDS + 1) as f32)).collect();
    let bin_hz = RATE as f32 / WINDOW as f32;
    edges
        .windows(3)
        .map(|edge| {
            let weight = |bin: usize| {
                let f = bin as f32 * bin_hz;
                let rising = (f - edge[0]) / (edge[1] - edge[0]);
                let falling = (edge[2] - f) / (edge[2] - edge[1]);
                rising.min(falling).max(0.0) * 2.0 / (edge[2] - edge[0])
            };
            let covered: Vec<usize> = (0..=WINDOW / 2).filter(|&bin| weight(bin) > 0.0).collect();
            let first = covered.first().copied().unwrap_or(0);
            (first, covered.iter().map(|&bin| weight(bin)).collect())
        })
        .collect()
}
