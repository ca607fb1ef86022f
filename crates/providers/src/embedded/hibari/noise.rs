//! Seeded, nearly Gaussian noise for the breath in a voice.

/// A generator of noise with deviation 1. `SplitMix64` (Steele, Lea, Flood 2014) underneath: good enough for sound,
/// and the same everywhere.
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The sum of four uniform numbers (Irwin-Hall) is close to Gaussian, and each sample heard is a sum over
    /// hundreds of bins on top; a fraction of the cost of an exact method.
    pub(super) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let sum = (z & 0xffff) + ((z >> 16) & 0xffff) + ((z >> 32) & 0xffff) + (z >> 48);
        // Four uniforms on 0..1 have mean 2 and variance 4/12.
        (sum as f32 / 65_535.0 - 2.0) * 1.732_050_8
    }
}
