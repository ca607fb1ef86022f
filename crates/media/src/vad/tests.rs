//! Tables and properties of `vad`.

use proptest::prelude::*;

use super::*;
use crate::g711::Codec;
use crate::tones::ToneGenerator;

/// A second of silence, "Hello, this is a test of the line" (espeak-ng), a second of silence.
fn speech() -> Vec<i16> {
    let bytes = include_bytes!("fixtures/espeak_hello.ulaw");
    let mut samples = vec![0; 8_000 + bytes.len() + 8_000];
    Codec::Pcmu.decode(bytes, &mut samples[8_000..]);
    samples
}

/// Where the fixture's two phrases begin and end, read off its samples (louder than -40 dBFS peak).
const PHRASES: [(u64, u64); 2] = [(8_000, 11_772), (13_309, 24_573)];

fn with_noise(samples: &[i16], amplitude: i32) -> Vec<i16> {
    let mut seed = 1u32;
    let noise = |&sample: &i16| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let random = ((seed >> 16).cast_signed() - 32_768) * amplitude / 32_768;
        (i32::from(sample) + random).clamp(-32_768, 32_767) as i16
    };
    samples.iter().map(noise).collect()
}

fn transitions(samples: &[i16], slice: usize) -> Vec<VadTransition> {
    let mut vad = Vad::new(VadConfig::default());
    let mut seen = Vec::new();
    for slice in samples.chunks(slice) {
        vad.push(slice);
        seen.extend(std::iter::from_fn(|| vad.poll()));
    }
    seen
}

#[test]
fn places_both_phrases_on_the_clock() {
    let seen = transitions(&speech(), 160);
    assert_eq!(seen.len(), 4, "{seen:?}");
    for (pair, (from, to)) in seen.chunks(2).zip(PHRASES) {
        let [VadTransition::SpeechStarted { at_sample: start }, VadTransition::SpeechEnded { at_sample: end }] = *pair
        else {
            panic!("not in turn: {seen:?}");
        };
        assert!(start.abs_diff(from) <= 320, "start {start}, spoken from {from}");
        assert!(end.abs_diff(to) <= 320, "end {end}, spoken to {to}");
    }
}

#[test]
fn noise_does_not_keep_speech_alive() {
    // White noise at -55 and -45 dBFS: without the following gate the end came 400 ms late.
    for amplitude in [100, 310] {
        let seen = transitions(&with_noise(&speech(), amplitude), 160);
        let Some(VadTransition::SpeechEnded { at_sample }) = seen.last() else { panic!("{seen:?}") };
        assert!(at_sample.abs_diff(PHRASES[1].1) <= 640, "{amplitude}: {at_sample}");
    }
}

#[test]
fn is_told_soon_after_speech_begins_and_ends() {
    let mut vad = Vad::new(VadConfig::default());
    for (n, frame) in (1u64..).zip(speech().chunks(160)) {
        vad.push(frame);
        while let Some(transition) = vad.poll() {
            let (at_sample, limit) = match transition {
                VadTransition::SpeechStarted { at_sample } => (at_sample, 1_120),
                VadTransition::SpeechEnded { at_sample } => (at_sample, 800),
            };
            assert!(n * 160 - at_sample <= limit, "{transition:?} told at {}", n * 160);
        }
    }
}

#[test]
fn silence_noise_and_clicks_are_not_speech() {
    assert_eq!(transitions(&[0; 24_000], 160), []);
    assert_eq!(transitions(&with_noise(&[0; 24_000], 1_000), 160), []);
    let mut clicks = vec![0i16; 24_000];
    for at in (4_000..20_000).step_by(3_000) {
        clicks[at..at + 40].fill(12_000);
    }
    assert_eq!(transitions(&clicks, 160), []);
    assert_eq!(transitions(&ToneGenerator::ringback().render(48_000), 160), [], "ringback");
}

#[test]
fn levels_and_speech_are_readable_at_any_time() {
    let mut vad = Vad::new(VadConfig::default());
    assert_eq!((vad.level_dbfs(), vad.is_speech()), (SILENCE_DBFS, false));
    vad.push(&speech()[..15_000]);
    assert!(vad.is_speech() && vad.score() > 0.6 && vad.level_dbfs() > -40.0, "{vad:?}");
}

#[test]
fn the_gate_follows_the_noise_and_forgets_digital_silence() {
    let mut noise = LineNoise::default();
    (0..10).for_each(|_| noise.hear(-50.0));
    assert!((noise.gate() + 44.0).abs() < 2.0);
    noise.hear(SILENCE_DBFS);
    (0..100).for_each(|_| noise.hear(-50.0));
    assert!((noise.gate() + 44.0).abs() < 0.1);
    (0..30).for_each(|_| noise.hear(-20.0));
    assert!(noise.gate() < -35.0, "half a second of voice is no noise");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn slicing_changes_nothing(slice in 1usize..700) {
        let samples = speech();
        prop_assert_eq!(transitions(&samples, slice), transitions(&samples, 160));
    }

    #[test]
    fn starts_and_ends_alternate_and_never_run_back(samples in prop::collection::vec(any::<i16>(), 0..20_000)) {
        let seen = transitions(&samples, 160);
        let mut last = 0;
        for (n, transition) in seen.iter().enumerate() {
            let (at, starts) = match *transition {
                VadTransition::SpeechStarted { at_sample } => (at_sample, true),
                VadTransition::SpeechEnded { at_sample } => (at_sample, false),
            };
            prop_assert!(at >= last && starts == (n % 2 == 0));
            last = at;
        }
    }
}
