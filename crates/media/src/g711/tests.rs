//! Tables and properties of `g711`.

use super::*;

/// The upper decision values of G.711's positive half, in units of the law's own scale (14 bits for µ-law,
/// 13 bits for A-law), computed from the recommendation's segment tables and nothing else.
fn decision_values(first_segment: &[i32], segments: u32, steps: i32, first_step: i32) -> Vec<i32> {
    let mut values = first_segment.to_vec();
    let mut step = first_step;
    for _ in 0..segments {
        for _ in 0..steps {
            values.push(values.last().unwrap() + step);
        }
        step *= 2;
    }
    values
}

/// Position of the interval that `magnitude` lies in: G.711's "decision value number" minus one.
fn interval(values: &[i32], magnitude: i32) -> u8 {
    let position = values.iter().take_while(|&&value| value <= magnitude).count();
    u8::try_from(position.min(127)).unwrap()
}

fn fold(sample: i16) -> i32 {
    i32::from(if sample < 0 { !sample } else { sample })
}

fn reference_ulaw(sample: i16) -> u8 {
    // Table 2a: x1 = 1, x2..x16 = 3, 5, .. 31, then segments of 16 intervals of width 4, 8, .. 256.
    let mut first = vec![1];
    first.extend((1..16).map(|n| 2 * n + 1));
    let values = decision_values(&first, 7, 16, 4);
    let code = !interval(&values, fold(sample) >> 2) & 0x7f;
    if sample < 0 { code } else { code | 0x80 }
}

fn reference_alaw(sample: i16) -> u8 {
    // Table 1a: 32 intervals of width 2 (segments 1 and 2), then 16 intervals of width 4, 8, .. 128.
    let first: Vec<i32> = (1..=32).map(|n| 2 * n).collect();
    let values = decision_values(&first, 6, 16, 4);
    let code = interval(&values, fold(sample) >> 3);
    (if sample < 0 { code } else { code | 0x80 }) ^ 0x55
}

#[test]
fn encodes_every_sample_as_the_recommendation_does() {
    for sample in i16::MIN..=i16::MAX {
        assert_eq!(encode_ulaw(sample), reference_ulaw(sample), "µ-law of {sample}");
        assert_eq!(encode_alaw(sample), reference_alaw(sample), "A-law of {sample}");
    }
}

#[test]
fn decodes_the_values_printed_in_the_recommendation() {
    // G.711 tables 1 and 2, column "quantized value", scaled to 16 bits.
    assert_eq!(decode_ulaw(0b1000_0000), 8031 * 4);
    assert_eq!(decode_ulaw(0b0000_0000), -8031 * 4);
    assert_eq!(decode_ulaw(0b1000_1111), 4191 * 4);
    assert_eq!(decode_ulaw(0b1111_1110), 2 * 4);
    assert_eq!(decode_ulaw(0b1111_1111), 0);
    assert_eq!(decode_ulaw(0b0111_1111), 0);
    assert_eq!(decode_alaw(0b1111_1111 ^ 0x55), 4032 * 8);
    assert_eq!(decode_alaw(0b1000_0000 ^ 0x55), 8);
    assert_eq!(decode_alaw(0x55), -8);
    assert_eq!(decode_alaw(0b1111_0000 ^ 0x55), 2112 * 8);
}

#[test]
fn every_code_survives_decoding_and_encoding() {
    for code in 0..=u8::MAX {
        assert_eq!(encode_alaw(decode_alaw(code)), code);
        // µ-law has two zeros; a sample has one.
        let expected = if code == 0x7f { 0xff } else { code };
        assert_eq!(encode_ulaw(decode_ulaw(code)), expected);
    }
}

#[test]
fn error_stays_within_half_a_step() {
    for sample in i16::MIN..=i16::MAX {
        let limit = |finest: i32| finest.max(i32::from(sample).abs() / 31 + 4);
        let ulaw = (i32::from(decode_ulaw(encode_ulaw(sample))) - i32::from(sample)).abs();
        let alaw = (i32::from(decode_alaw(encode_alaw(sample))) - i32::from(sample)).abs();
        assert!(ulaw <= limit(4), "µ-law of {sample} is off by {ulaw}");
        assert!(alaw <= limit(8), "A-law of {sample} is off by {alaw}");
    }
}

#[test]
fn slices_of_unlike_length_give_the_shorter() {
    let mut bytes = [0; 3];
    assert_eq!(Codec::Pcmu.encode(&[0; 8], &mut bytes), 3);
    assert_eq!(bytes, [0xff; 3]);
    let mut samples = [7; 4];
    assert_eq!(Codec::Pcma.decode(&bytes[..2], &mut samples), 2);
    assert_eq!(samples[2..], [7, 7]);
}

#[test]
fn names_and_payload_types_lead_back() {
    for codec in Codec::ALL {
        assert_eq!(Codec::from_name(&codec.name().to_lowercase()), Some(codec));
        assert_eq!(Codec::from_payload_type(codec.payload_type()), Some(codec));
        let frame = core::array::from_fn(|i| i16::try_from(i * 200).unwrap() - 16_000);
        let once = codec.decode_frame(&codec.encode_frame(&frame));
        assert_eq!(codec.decode_frame(&codec.encode_frame(&once)), once);
    }
    assert_eq!(Codec::from_name("opus"), None);
    assert_eq!(Codec::from_payload_type(101), None);
}
