//! Tables and properties of `tones`.

use super::*;
use crate::dtmf::KEYS;
use crate::level::rms_dbfs;

fn share(samples: &[i16], frequency: f32) -> f32 {
    goertzel(samples, frequency) / mean_square(samples)
}

#[test]
fn goertzel_finds_all_of_a_tone_and_none_elsewhere() {
    let beep = ToneGenerator::beep(1_000.0, 1_000).render(usize::MAX);
    assert_eq!(beep.len(), 8_000);
    assert!((share(&beep[400..1_200], 1_000.0) - 1.0).abs() < 0.01);
    assert!(share(&beep[400..1_200], 1_100.0) < 0.001);
    assert_eq!(goertzel(&[], 1_000.0), 0.0);
    assert!((rms_dbfs(&beep) + 15.0).abs() < 0.2);
}

#[test]
fn cadences_repeat_to_the_sample() {
    let ringback = ToneGenerator::ringback().render(8_000 * 8);
    assert_eq!(ringback.len(), 64_000);
    assert!(ringback[16_000..48_000].iter().all(|&sample| sample == 0));
    assert_eq!(ringback[..16_000], ringback[48_000..]);
    for frequency in [440.0, 480.0] {
        assert!((share(&ringback[800..8_800], frequency) - 0.5).abs() < 0.02);
    }
}

#[test]
fn every_key_has_its_row_and_column() {
    let keypad = ["123A", "456B", "789C", "*0#D"];
    for (row, keys) in keypad.iter().enumerate() {
        for (column, key) in keys.chars().enumerate() {
            let samples = ToneGenerator::dtmf(&key.to_string(), 100).unwrap().render(800);
            assert!((share(&samples, DTMF_ROWS[row]) - 0.5).abs() < 0.05, "{key}");
            assert!((share(&samples, DTMF_COLUMNS[column]) - 0.5).abs() < 0.05, "{key}");
        }
    }
    assert_eq!(keypad.concat().len(), KEYS.len());
    assert!(ToneGenerator::dtmf("1x", 100).is_none());
}

#[test]
fn does_not_click() {
    for tone in [ToneGenerator::busy(), ToneGenerator::hold(), ToneGenerator::special_information()] {
        let samples = tone.render(40_000);
        let step = samples.windows(2).map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs()).max().unwrap();
        assert!(step < 9_000, "{step}");
        assert!(samples[0].abs() < 100);
    }
}

#[test]
fn filling_past_the_end_is_silence_and_nothing_never_ends() {
    let mut out = [7; 200];
    assert_eq!(ToneGenerator::beep(500.0, 20).fill(&mut out), 160);
    assert_eq!(out[160..], [0; 40]);
    assert_eq!(ToneGenerator::new(vec![], true, 0.0).fill(&mut out), 0);
    assert_eq!(ToneGenerator::new(vec![Stretch::silence(0)], true, 0.0).fill(&mut out), 0);
}
