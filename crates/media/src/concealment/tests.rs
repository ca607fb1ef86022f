//! Tables and properties of `concealment`.

use proptest::prelude::*;

use super::*;
use crate::level::rms_dbfs;

/// A vowel: harmonics of `pitch` Hz that fall by half.
fn vowel(pitch: f64, from: usize, count: usize) -> Vec<i16> {
    let sample = |n: usize| {
        let phase = std::f64::consts::TAU * pitch * n as f64 / 8_000.0;
        (1..=6).map(|h| 8_000.0 / f64::from(1 << h) * (phase * f64::from(h)).sin()).sum::<f64>() as i16
    };
    (from..from + count).map(sample).collect()
}

fn snr(clean: &[i16], other: &[i16]) -> f32 {
    let error: Vec<i16> = clean.iter().zip(other).map(|(a, b)| a.saturating_sub(*b)).collect();
    rms_dbfs(clean) - rms_dbfs(&error)
}

#[test]
fn good_audio_passes_unchanged() {
    let mut concealer = Concealer::default();
    let original = vowel(120.0, 0, 800);
    let mut passed = original.clone();
    passed.chunks_mut(160).for_each(|frame| concealer.heard(frame));
    assert_eq!(passed, original);
}

#[test]
fn one_lost_frame_of_a_vowel_is_hardly_heard() {
    for pitch in [80.0, 100.0, 125.0, 160.0, 220.0, 300.0] {
        let clean = vowel(pitch, 0, 1_600);
        let mut out = clean.clone();
        let mut concealer = Concealer::default();
        for (n, frame) in out.chunks_mut(160).enumerate() {
            if n == 6 { concealer.conceal(frame) } else { concealer.heard(frame) }
        }
        let first_10_ms = snr(&clean[960..1_040], &out[960..1_040]);
        assert!(first_10_ms > 12.0, "{pitch} Hz: {first_10_ms} dB");
        let step =
            |samples: &[i16]| samples.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs()).max();
        assert!(step(&out[900..1_300]) <= step(&clean).map(|largest| largest * 3 / 2), "{pitch} Hz clicks");
    }
}

#[test]
fn fades_to_silence_within_60_ms() {
    let mut concealer = Concealer::default();
    concealer.heard(&mut vowel(120.0, 0, 800));
    let mut out = [0; 800];
    out.chunks_mut(160).for_each(|frame| concealer.conceal(frame));
    let levels: Vec<_> = out.chunks(80).map(rms_dbfs).collect();
    assert!(levels[0] > -20.0 && levels[3] < levels[0] - 2.0, "{levels:?}");
    assert_eq!(out[480..], [0; 320]);
}

proptest! {
    #[test]
    fn takes_any_sequence(steps in prop::collection::vec((any::<bool>(), 0usize..500, any::<i16>()), 1..40)) {
        let mut concealer = Concealer::default();
        for (lost, length, sample) in steps {
            let mut frame: Vec<i16> = (0..length).map(|n| if n % 3 == 0 { sample } else { !sample }).collect();
            if lost { concealer.conceal(&mut frame) } else { concealer.heard(&mut frame) }
        }
    }
}
