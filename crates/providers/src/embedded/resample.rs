//! From the telephone's 8 kHz to the recogniser's 16 kHz (and from other leg rates), by windowed-sinc interpolation.
//!
//! Law: no delay and no state. It always sees the whole segment, so that growing it never changes what was before.

use std::f32::consts::PI;

/// Zero crossings of the kernel on each side; 16 gives better than 60 dB in the passband of speech.
const HALF_WIDTH: usize = 16;

/// PCM at `rate` to samples of -1 to 1 at `target` Hz. The rates must divide one another.
pub(crate) fn to_float_at(samples: &[i16], rate: u32, target: u32) -> Vec<f32> {
    let input: Vec<f32> = samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
    if rate == target {
        return input;
    }
    // Cut-off relative to the input's rate: its own band when going up, the target's when going down.
    let cutoff = (target as f32 / rate as f32).min(1.0);
    let reach = (HALF_WIDTH as f32 / cutoff) as isize;
    let step = f64::from(rate) / f64::from(target);
    let length = (input.len() as u64 * u64::from(target) / u64::from(rate)) as usize;
    let phases = if target > rate { (target / rate).max(1) as usize } else { 1 };
    let kernels: Vec<Vec<f32>> = (0..phases)
        .map(|phase| {
            let part = (phase as f64 * step).fract() as f32;
            (-reach + 1..=reach).map(|tap| kernel(tap as f32 - part, cutoff, reach as f32)).collect()
        })
        .collect();
    (0..length)
        .map(|i| {
            let centre = (i as f64 * step) as isize;
            let kernel = &kernels[i % phases];
            let first = centre - reach + 1;
            let from = first.clamp(0, input.len() as isize) as usize;
            let to = (centre + reach + 1).clamp(0, input.len() as isize) as usize;
            let skipped = (from as isize - first) as usize;
            input[from..to].iter().zip(&kernel[skipped..]).map(|(sample, tap)| sample * tap).sum()
        })
        .collect()
}

/// Hann-windowed sinc at distance `x` input samples.
fn kernel(x: f32, cutoff: f32, reach: f32) -> f32 {
    if x.abs() >= reach {
        return 0.0;
    }
    let window = 0.5 + 0.5 * (PI * x / reach).cos();
    let angle = PI * x * cutoff;
    let sinc = if angle.abs() < 1e-6 { 1.0 } else { angle.sin() / angle };
    cutoff * sinc * window
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hertz: f32) -> Vec<i16> {
        (0..rate).map(|i| ((2.0 * PI * hertz * i as f32 / rate as f32).sin() * 16_384.0) as i16).collect()
    }

    #[test]
    fn keeps_a_tone_of_the_telephone_band() {
        let up = to_float_at(&tone(8000, 1000.0), 8000, 16_000);
        assert_eq!(up.len(), 16_000);
        let worst = (200..15_800)
            .map(|i| (up[i] - 0.5 * (2.0 * PI * 1000.0 * i as f32 / 16_000.0).sin()).abs())
            .fold(0.0, f32::max);
        assert!(worst < 2e-3, "differs by {worst}");
    }

    #[test]
    fn halving_the_rate_removes_what_would_alias() {
        let down = to_float_at(&tone(48_000, 11_000.0), 48_000, 16_000);
        let energy: f32 = down[200..15_800].iter().map(|x| x * x).sum::<f32>() / 15_600.0;
        assert!(energy < 1e-5, "{energy}");
    }
}
