//! Levels in dBFS: 0 dB is a square wave at full scale.
//!
//! On the call's way: meters, the energy gate of [`crate::vad`], silence checks in recordings and tests.

/// The level given for digital silence; 16-bit audio has nothing quieter than -90.3 dBFS.
pub const SILENCE_DBFS: f32 = -100.0;

/// Root mean square of the samples in dBFS; [`SILENCE_DBFS`] for none.
#[must_use]
pub fn rms_dbfs(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return SILENCE_DBFS;
    }
    let energy: u64 = samples.iter().map(|&sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
    decibels((energy as f64 / samples.len() as f64).sqrt())
}

/// The largest magnitude of the samples in dBFS; [`SILENCE_DBFS`] for none.
#[must_use]
pub fn peak_dbfs(samples: &[i16]) -> f32 {
    decibels(f64::from(samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0)))
}

/// The factor of a level change in dB.
#[must_use]
pub fn gain(decibels: f32) -> f32 {
    10f32.powf(decibels / 20.0)
}

fn decibels(magnitude: f64) -> f32 {
    if magnitude == 0.0 { SILENCE_DBFS } else { (20.0 * (magnitude / 32_768.0).log10()) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_levels() {
        assert_eq!(rms_dbfs(&[]), SILENCE_DBFS);
        assert_eq!(rms_dbfs(&[0; 160]), SILENCE_DBFS);
        assert!((rms_dbfs(&[i16::MIN; 160])).abs() < 1e-6);
        assert!((rms_dbfs(&[328, -328]) + 39.99).abs() < 0.01);
        assert!((peak_dbfs(&[0, -16_384, 3]) + 6.02).abs() < 0.01);
        assert!((gain(-6.02) - 0.5).abs() < 0.001);
    }
}
