//! Tables and properties of `stereo_clock`.

use proptest::prelude::*;

use super::*;

fn drained(clock: &mut StereoClock, up_to: u64) -> Vec<i16> {
    let mut out = Vec::new();
    clock.drain(up_to, &mut out);
    out
}

#[test]
fn pairs_both_sides_and_fills_gaps_with_silence() {
    let mut clock = StereoClock::new(8_000);
    clock.anchor_callee(10);
    clock.push_agent(1, &[5; FRAME_SAMPLES]);
    clock.push_callee(0, &[7, 8]);
    clock.push_callee(152, &[9; 8]);
    let out = drained(&mut clock, 200);
    assert_eq!(out.len(), 400);
    assert_eq!(out[18..26], [0, 0, 0, 7, 0, 8, 0, 0]);
    assert_eq!(out[316..328], [0, 0, 0, 0, 5, 0, 5, 0, 5, 9, 5, 9]);
    assert_eq!((clock.drained(), clock.end(), clock.dropped()), (200, 320, 0));
}

#[test]
fn drops_what_is_late_or_far_ahead() {
    let mut clock = StereoClock::new(100);
    assert_eq!(drained(&mut clock, 50), [0; 100]);
    clock.push_callee(48, &[1, 2, 3]);
    clock.push_callee(149, &[4, 5]);
    clock.push_callee(u64::MAX, &[6]);
    assert_eq!(clock.dropped(), 4);
    let out = drained(&mut clock, 10_000);
    assert_eq!((out.len(), out[1], out[199]), (200, 3, 4));
}

proptest! {
    #[test]
    fn is_bounded_and_never_out_of_step(
        steps in prop::collection::vec((0u8..3, 0u64..5_000, 0usize..400), 1..100),
    ) {
        let mut clock = StereoClock::new(2_000);
        let mut total = 0;
        for (what, position, length) in steps {
            match what {
                0 => clock.push_agent(position / 160, &[1; FRAME_SAMPLES]),
                1 => clock.push_callee(position, &vec![2; length]),
                _ => {
                    let out = drained(&mut clock, position);
                    prop_assert!(out.iter().step_by(2).all(|&left| left <= 1));
                    total += out.len() as u64 / 2;
                }
            }
            prop_assert!(clock.end() - clock.drained() <= 2_000);
            prop_assert_eq!(clock.drained(), total);
        }
    }
}
