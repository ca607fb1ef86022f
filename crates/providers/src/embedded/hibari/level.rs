//! Loudness for the telephone: where speech begins and ends, and how loud it is.

/// Frames this far below the loudest one are not speech: -40 dB.
const SILENCE: f32 = 0.01;

/// First and one-past-last sample of what can be heard, with `margin` samples left around it. Empty for silence.
pub(crate) fn speech_span(samples: &[f32], frame: usize, margin: usize) -> std::ops::Range<usize> {
    let levels: Vec<f32> = samples.chunks(frame).map(rms).collect();
    let loudest = levels.iter().copied().fold(0.0, f32::max);
    if loudest < 1e-4 {
        return 0..0;
    }
    let audible = |level: &f32| *level > loudest * SILENCE;
    let first = levels.iter().position(audible).unwrap_or(0) * frame;
    let last = levels.iter().rposition(audible).map_or(0, |i| (i + 1) * frame);
    first.saturating_sub(margin)..(last + margin).min(samples.len())
}

/// Root mean square.
pub(crate) fn rms(samples: &[f32]) -> f32 {
    let energy: f32 = samples.iter().map(|sample| sample * sample).sum();
    (energy / samples.len().max(1) as f32).sqrt()
}

/// To 16 bit. Peaks above -3 dBFS are bent, never cut: a hard edge would splatter over the whole band.
pub(crate) fn to_pcm(samples: &[f32]) -> Vec<i16> {
    const KNEE: f32 = 0.7;
    let bend = |x: f32| {
        let over = x.abs() - KNEE;
        if over <= 0.0 { x } else { (KNEE + (1.0 - KNEE) * (over / (1.0 - KNEE)).tanh()).copysign(x) }
    };
    samples.iter().map(|&sample| (bend(sample) * 32_000.0) as i16).collect()
}
