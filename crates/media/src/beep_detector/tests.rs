//! Tables and properties of `beep_detector`.

use proptest::prelude::*;

use super::*;
use crate::g711::Codec;
use crate::tones::{Stretch, ToneGenerator};

/// The samples as they arrive over a telephone line: companded, with a little noise.
fn line(samples: &[i16], noise: i32) -> Vec<i16> {
    let mut seed = 1u32;
    let noisy: Vec<i16> = samples
        .iter()
        .map(|&sample| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let random = (seed >> 16).cast_signed() % 2_001 - 1_000;
            (i32::from(sample) + random * noise / 1_000).clamp(-32_768, 32_767) as i16
        })
        .collect();
    let mut bytes = vec![0; noisy.len()];
    Codec::Pcmu.encode(&noisy, &mut bytes);
    let mut out = vec![0; noisy.len()];
    Codec::Pcmu.decode(&bytes, &mut out);
    out
}

fn beeps(samples: &[i16]) -> Vec<Beep> {
    let mut detector = BeepDetector::default();
    let mut heard = Vec::new();
    for slice in samples.chunks(160) {
        detector.push(slice);
        heard.extend(std::iter::from_fn(|| detector.poll()));
    }
    heard
}

fn play(stretches: Vec<Stretch>, level: f32) -> Vec<i16> {
    ToneGenerator::new(stretches, false, level).render(usize::MAX)
}

#[test]
fn hears_beeps_of_all_pitches_lengths_and_levels() {
    for frequency in [400.0, 440.0, 500.0, 850.0, 1_000.0, 1_400.0, 2_000.0, 2_400.0] {
        for millis in [130, 200, 500, 1_000, 1_400] {
            for level in [-3.0, -12.0, -30.0] {
                let stretches = vec![Stretch::silence(333), Stretch::single(frequency, millis), Stretch::silence(200)];
                let heard = beeps(&line(&play(stretches, level), 20));
                assert_eq!(heard.len(), 1, "{frequency} Hz for {millis} ms at {level} dB: {heard:?}");
                assert!((heard[0].frequency / frequency - 1.0).abs() < 0.02, "{frequency}: {heard:?}");
                assert!(heard[0].from_sample.abs_diff(333 * 8) <= 80, "{heard:?}");
                assert!(heard[0].to_sample.abs_diff((333 + u64::from(millis)) * 8) <= 80, "{heard:?}");
            }
        }
    }
}

#[test]
fn is_deaf_to_tones_that_are_no_beeps() {
    let pause = Stretch::silence(500);
    let cases: Vec<(&str, Vec<i16>)> = vec![
        ("too short", play(vec![Stretch::single(1_000.0, 90), pause], -12.0)),
        ("too long", play(vec![Stretch::single(1_000.0, 2_000), pause], -12.0)),
        ("too low", play(vec![Stretch::single(250.0, 500), pause], -12.0)),
        ("too high", play(vec![Stretch::single(3_000.0, 500), pause], -12.0)),
        ("too quiet", play(vec![Stretch::single(1_000.0, 500), pause], -50.0)),
        ("no silence after", play(vec![Stretch::single(1_000.0, 500), Stretch::dual(300.0, 700.0, 500), pause], -12.0)),
        ("ringback", ToneGenerator::ringback().render(64_000)),
        ("European ringback", ToneGenerator::ringback_europe().render(64_000)),
        ("busy", ToneGenerator::busy().render(32_000)),
        ("reorder", ToneGenerator::reorder().render(32_000)),
        ("dial", ToneGenerator::dial().render(16_000)),
        ("information", [ToneGenerator::special_information().render(usize::MAX), vec![0; 4_000]].concat()),
        ("hold", [ToneGenerator::hold().render(30_000), vec![0; 4_000]].concat()),
        ("keys", ToneGenerator::dtmf("0123456789*#ABCD", 150).unwrap().render(usize::MAX)),
        (
            "tune",
            play(
                vec![Stretch::single(500.0, 200), Stretch::single(600.0, 200), Stretch::single(750.0, 300), pause],
                -12.0,
            ),
        ),
        ("noise", line(&[0; 16_000], 3_000)),
    ];
    for (name, samples) in cases {
        for noise in [0, 20] {
            assert_eq!(beeps(&line(&samples, noise)), [], "{name}");
        }
    }
}

#[test]
fn hears_each_beep_once_and_after_speech_like_sound() {
    let beep = [Stretch::single(1_000.0, 300), Stretch::silence(400)];
    let mut stretches = vec![Stretch::dual(220.0, 440.0, 700), Stretch::silence(100)];
    stretches.extend(beep);
    stretches.extend(beep);
    assert_eq!(beeps(&line(&play(stretches, -12.0), 20)).len(), 2);
}

proptest! {
    #[test]
    fn slicing_changes_nothing_and_noise_is_no_beep(
        samples in prop::collection::vec(any::<i16>(), 0..4_000), slice in 1usize..500,
    ) {
        let mut detector = BeepDetector::default();
        samples.chunks(slice).for_each(|slice| detector.push(slice));
        prop_assert_eq!(detector.poll(), None);
        prop_assert_eq!(detector.block, (samples.len() / BLOCK) as u64);
    }
}
