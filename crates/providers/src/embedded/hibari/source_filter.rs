//! From predicted spectra to a waveform: a band-limited pulse train at the pitch, filtered by the harmonic branch in
//! the short-time Fourier domain, plus shaped noise, plus a branch with free phase; then one inverse transform.
//!
//! `S = exp(lh)·e^{iπ·tanh(theta)}·STFT(pulses) + exp(ln)·noise + exp(lr)·e^{i·phi}`, Hann window of 50 ms, hop 12.5 ms.
//!
//! The model speaks in bins of 20 Hz. At 8 kHz only the lower 201 of its 601 bins can be heard, so the synthesis runs
//! at the rate of the leg itself: a third of the work, and no resampler behind it.

use std::f32::consts::PI;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::noise::Noise;
use super::voice::Voice;

/// Bins the model predicts, 20 Hz apart: 0 to 12 kHz.
pub(crate) const BINS: usize = 601;
const BIN_HZ: f32 = 20.0;
/// Transform length at the model's own rate; magnitudes are meant for it.
const MODEL_TRANSFORM: f32 = 1200.0;
const FRAMES_PER_SECOND: usize = 80;
/// Below this a frame is unvoiced.
const VOICED_ABOVE_HZ: f32 = 40.0;
const HIGHEST_HARMONIC_HZ: f32 = 11_000.0;
/// Log magnitudes are cut here: the model's own limit against blow-ups.
const LOG_CEILING: f32 = 7.0;

/// What the acoustic model predicts. Each of the five parts is `BINS` rows of one number per frame.
pub(crate) struct Spectra {
    pub(crate) lh: Vec<f32>,
    pub(crate) theta: Vec<f32>,
    pub(crate) ln: Vec<f32>,
    pub(crate) lr: Vec<f32>,
    pub(crate) phi: Vec<f32>,
    /// Pitch in Hz per frame.
    pub(crate) f0: Vec<f32>,
}

/// Transforms and window for one sample rate.
pub(crate) struct Synthesis {
    rate: usize,
    size: usize,
    hop: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    window: Vec<f32>,
}

impl Synthesis {
    /// For a rate that is a multiple of 80 Hz, so that a frame is a whole number of samples.
    pub(crate) fn at(rate: u32) -> Self {
        let rate = rate as usize;
        let size = rate / BIN_HZ as usize;
        let mut planner = RealFftPlanner::new();
        let window = (0..size).map(|i| 0.5 - 0.5 * (2.0 * PI * i as f32 / size as f32).cos()).collect();
        Self {
            rate,
            size,
            hop: rate / FRAMES_PER_SECOND,
            forward: planner.plan_fft_forward(size),
            inverse: planner.plan_fft_inverse(size),
            window,
        }
    }

    /// Samples per frame of the model.
    pub(crate) fn hop(&self) -> usize {
        self.hop
    }

    /// Renders a clause as samples in about -1 to 1.
    pub(crate) fn render(&self, spectra: &Spectra, voice: &Voice) -> Vec<f32> {
        let frames = spectra.f0.len();
        let pulses = self.pulses(&spectra.f0, voice.pitch);
        let half = self.size / 2;
        let mut sum = vec![0.0; frames * self.hop + self.size];
        let mut weight = vec![0.0; sum.len()];
        let mut noise = Noise::new(frames as u64);
        let mut frame_samples = self.forward.make_input_vec();
        let mut spectrum = self.forward.make_output_vec();
        let mut scratch = self.forward.make_scratch_vec();
        let mut inverse_scratch = self.inverse.make_scratch_vec();
        let analysis = 4.0 / self.size as f32;
        for frame in 0..frames {
            for (i, sample) in frame_samples.iter_mut().enumerate() {
                let at = (frame * self.hop + i) as isize - half as isize;
                *sample = reflected(&pulses, at) * self.window[i] * analysis;
            }
            self.forward
                .process_with_scratch(&mut frame_samples, &mut spectrum, &mut scratch)
                .expect("buffers come from the plan");
            shape(&mut spectrum, spectra, frame, voice, &mut noise);
            self.inverse
                .process_with_scratch(&mut spectrum, &mut frame_samples, &mut inverse_scratch)
                .expect("buffers come from the plan and the edge bins are real");
            let start = frame * self.hop;
            for (i, (sample, window)) in frame_samples.iter().zip(&self.window).enumerate() {
                sum[start + i] += sample * window;
                weight[start + i] += window * window;
            }
        }
        // realfft does not divide by the length; magnitudes are meant for the model's own length.
        let scale = voice.gain / MODEL_TRANSFORM;
        (half..half + frames * self.hop).map(|i| sum[i] * scale / weight[i].max(1e-11)).collect()
    }

    /// Every harmonic below the limit at unit amplitude:
    /// `Σ cos(h·t) = sin((H + ½)·t) / (2·sin(t/2)) − ½`; silence where unvoiced.
    fn pulses(&self, f0: &[f32], pitch: f32) -> Vec<f32> {
        let limit = HIGHEST_HARMONIC_HZ.min(self.rate as f32 * 0.49);
        let at = |frame: isize| f0[frame.clamp(0, f0.len() as isize - 1) as usize];
        let mut phase = 0.0_f64;
        let mut pulses = Vec::with_capacity(f0.len() * self.hop);
        for i in 0..f0.len() * self.hop {
            // Frame k's value holds at the middle of its hop.
            let place = (i as f32 + 0.5) / self.hop as f32 - 0.5;
            let before = place.floor();
            let part = place - before;
            let hertz = at(before as isize) * (1.0 - part) + at(before as isize + 1) * part;
            let voiced = hertz > VOICED_ABOVE_HZ;
            let hertz = hertz.max(VOICED_ABOVE_HZ) * pitch;
            phase = (phase + f64::from(hertz) / self.rate as f64).fract();
            if !voiced {
                pulses.push(0.0);
                continue;
            }
            let t = phase as f32 * 2.0 * PI;
            let harmonics = (limit / hertz).floor() + 0.5;
            let below = 2.0 * (t * 0.5).sin();
            let pulse = if below.abs() <= 2e-3 { harmonics } else { (harmonics * t).sin() / below };
            pulses.push(pulse - 0.5);
        }
        pulses
    }
}

/// Sample `at` of a signal mirrored at both ends, as `numpy.pad(mode="reflect")` does.
fn reflected(signal: &[f32], at: isize) -> f32 {
    let last = signal.len() as isize - 1;
    let at = if at < 0 { -at } else { at };
    let at = if at > last { 2 * last - at } else { at };
    signal[at.clamp(0, last) as usize]
}

/// Turns the spectrum of the pulses into that of the voice, bin by bin.
fn shape(spectrum: &mut [Complex32], spectra: &Spectra, frame: usize, voice: &Voice, noise: &mut Noise) {
    let frames = spectra.f0.len();
    let last = spectrum.len() - 1;
    for (bin, value) in spectrum.iter_mut().enumerate() {
        let source = (bin as f32 / voice.formants).round() as usize;
        let (re, im) = (noise.next(), noise.next());
        if source >= BINS {
            *value = Complex32::default();
            continue;
        }
        let at = source * frames + frame;
        let magnitude = |log: f32| log.min(LOG_CEILING).exp();
        let harmonic = Complex32::from_polar(magnitude(spectra.lh[at]), PI * spectra.theta[at].tanh());
        let breath = Complex32::new(re, im) * magnitude(spectra.ln[at]);
        let free = Complex32::from_polar(magnitude(spectra.lr[at]), spectra.phi[at]);
        *value = *value * harmonic + breath + free;
        if bin == 0 || bin == last {
            value.im = 0.0;
        }
    }
}
