//! Tables and properties of `resample`.

use proptest::prelude::*;

use super::*;
use crate::level::rms_dbfs;

fn tone(frequency: f64, rate: u32, count: usize) -> Vec<i16> {
    let step = std::f64::consts::TAU * frequency / f64::from(rate);
    (0..count).map(|n| (16_000.0 * (step * n as f64).sin()).round() as i16).collect()
}

/// Level of what a least-squares fit of `frequency` leaves over, relative to the tone, in dB.
fn impurity(samples: &[i16], frequency: f64, rate: u32) -> f32 {
    let step = std::f64::consts::TAU * frequency / f64::from(rate);
    let sum = |f: &dyn Fn(f64) -> f64| -> f64 {
        samples.iter().enumerate().map(|(n, &x)| f64::from(x) * f(step * n as f64)).sum::<f64>() * 2.0
            / samples.len() as f64
    };
    let (sine, cosine) = (sum(&f64::sin), sum(&f64::cos));
    let rest: Vec<i16> = samples
        .iter()
        .enumerate()
        .map(|(n, &x)| {
            let phase = step * n as f64;
            (f64::from(x) - sine * phase.sin() - cosine * phase.cos()).round() as i16
        })
        .collect();
    rms_dbfs(&rest) - rms_dbfs(samples)
}

/// The middle of a converted tone, a whole number of seconds long so that the fit is orthogonal.
fn converted(frequency: f64, from: u32, to: u32) -> Vec<i16> {
    let out = resample_clip(&tone(frequency, from, 2 * from as usize), from, to);
    let start = to as usize / 2;
    out[start..start + to as usize].to_vec()
}

#[test]
fn tones_of_the_telephone_band_stay_pure_and_keep_their_level() {
    let original = rms_dbfs(&tone(1_000.0, 8_000, 8_000));
    for (from, to) in
        [(8_000, 16_000), (16_000, 8_000), (24_000, 8_000), (8_000, 24_000), (48_000, 8_000), (22_050, 8_000)]
    {
        for frequency in [50.0, 300.0, 1_000.0, 2_000.0, 3_400.0] {
            let out = converted(frequency, from, to);
            let (level, impurity) = (rms_dbfs(&out) - original, impurity(&out, frequency, to));
            assert!(level.abs() < 0.1, "{from} -> {to}, {frequency} Hz: level {level}");
            assert!(impurity < -60.0, "{from} -> {to}, {frequency} Hz: impurity {impurity}");
        }
    }
}

#[test]
fn what_the_lower_rate_cannot_hold_is_removed() {
    for (from, frequencies) in [(16_000, [4_300.0, 5_000.0, 7_500.0]), (24_000, [4_300.0, 7_900.0, 11_000.0])] {
        for frequency in frequencies {
            let level = rms_dbfs(&converted(frequency, from, 8_000)) - rms_dbfs(&tone(frequency, from, 8_000));
            assert!(level < -60.0, "{from} Hz, {frequency} Hz: {level}");
        }
    }
}

#[test]
fn the_light_filter_does_what_it_says() {
    for frequency in [100.0, 1_000.0, 3_000.0] {
        let mut out = Vec::new();
        Resampler::light(8_000, 16_000).process(&tone(frequency, 8_000, 16_000), &mut out);
        let impurity = impurity(&out[8_000..24_000], frequency, 16_000);
        assert!(impurity < -48.0, "{frequency} Hz: {impurity}");
    }
    let mut out = Vec::new();
    Resampler::light(16_000, 8_000).process(&tone(5_000.0, 16_000, 16_000), &mut out);
    assert!(rms_dbfs(&out[400..]) < -9.0 - 48.0);
}

#[test]
fn a_constant_stays_constant() {
    let out = resample_clip(&[10_000; 4_000], 8_000, 16_000);
    assert!(out[200..7_800].iter().all(|&sample| sample == 10_000));
    assert_eq!(out.len(), 8_000);
}

#[test]
fn an_impulse_stays_where_it_was() {
    for (from, to) in [(8_000, 16_000), (16_000, 8_000), (24_000, 8_000)] {
        let mut clip = vec![0i16; from as usize / 2];
        clip[from as usize / 4] = 20_000;
        let out = resample_clip(&clip, from, to);
        let peak = out.iter().enumerate().max_by_key(|(_, sample)| sample.unsigned_abs()).unwrap().0;
        assert!(peak.abs_diff(to as usize / 4) <= 1, "{from} -> {to}: {peak}");
    }
}

#[test]
fn full_scale_saturates_without_wrapping() {
    let square: Vec<i16> = (0..4_000).map(|n| if n / 20 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
    let out = resample_clip(&square, 8_000, 16_000);
    for n in (400..7_600).filter(|n| n % 40 == 20) {
        assert!(i32::from(out[n]).abs() > 20_000);
        assert_eq!(out[n] > 0, n / 40 % 2 == 0);
    }
}

proptest! {
    #[test]
    fn slicing_changes_nothing(
        input in prop::collection::vec(any::<i16>(), 0..2_000), cuts in prop::collection::vec(0usize..300, 1..20),
        rates in prop::sample::select(vec![(8_000, 16_000), (16_000, 8_000), (24_000, 8_000), (8_000, 8_000), (44_100, 8_000)]),
    ) {
        let mut whole = Vec::new();
        Resampler::new(rates.0, rates.1).process(&input, &mut whole);
        let (mut pieces, mut resampler, mut rest) = (Vec::new(), Resampler::new(rates.0, rates.1), &input[..]);
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            resampler.process(piece, &mut pieces);
            rest = after;
        }
        resampler.process(rest, &mut pieces);
        prop_assert_eq!(pieces, whole);
    }
}
