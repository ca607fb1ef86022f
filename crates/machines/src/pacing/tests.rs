//! Tables and properties of `pacing`.

use proptest::prelude::*;

use super::*;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(1_700_000_000_000_000 + micros).unwrap()
}

#[test]
fn a_burst_passes_at_once_and_the_next_waits_one_period() {
    let pace = Gcra::new(2.0, 3).unwrap();
    let mut tat = None;
    for _ in 0..3 {
        let Grant::Now { new_tat } = pace.check(tat, at(0)) else { panic!("within the burst") };
        tat = Some(new_tat);
    }
    assert_eq!(pace.check(tat, at(0)), Grant::WaitUntil(at(500_000)));
    assert!(matches!(pace.check(tat, at(500_000)), Grant::Now { .. }));
}

#[test]
fn half_a_call_a_second_is_one_every_two_seconds() {
    let pace = Gcra::new(0.5, 1).unwrap();
    let Grant::Now { new_tat } = pace.check(None, at(0)) else { panic!("the first is free") };
    assert_eq!(pace.check(Some(new_tat), at(1)), Grant::WaitUntil(at(2_000_000)));
}

#[test]
fn a_period_that_is_no_whole_microsecond_is_rounded_up() {
    assert_eq!(Gcra::new(3.0, 1).unwrap().check(None, at(0)), Grant::Now { new_tat: at(333_334) });
}

#[test]
fn impossible_paces_are_refused() {
    for (rate, burst) in [(0.0, 1), (-1.0, 1), (f64::NAN, 1), (f64::INFINITY, 1), (1e-9, 1), (2e6, 1), (1.0, 0)] {
        assert_eq!(Gcra::new(rate, burst), Err(InvalidPace), "{rate} {burst}");
    }
}

#[test]
fn a_clock_that_jumps_back_grants_nothing_early() {
    let pace = Gcra::new(1.0, 1).unwrap();
    let Grant::Now { new_tat } = pace.check(None, at(10_000_000)) else { panic!("the first is free") };
    assert_eq!(pace.check(Some(new_tat), at(0)), Grant::WaitUntil(at(11_000_000)));
}

proptest! {
    #[test]
    fn no_window_holds_more_than_rate_times_window_plus_burst(
        rate in 0.01f64..2_000.0,
        burst in 1u32..20,
        gaps in proptest::collection::vec(0i64..3_000_000, 1..200),
    ) {
        let pace = Gcra::new(rate, burst).unwrap();
        let (mut now, mut tat, mut grants) = (0i64, None, Vec::new());
        for gap in gaps {
            now += gap;
            if let Grant::Now { new_tat } = pace.check(tat, at(now)) {
                grants.push(now);
                tat = Some(new_tat);
            }
        }
        for first in 0..grants.len() {
            for last in first..grants.len() {
                let window = (grants[last] - grants[first]) as f64 / 1e6;
                prop_assert!((last - first + 1) as f64 <= rate * window + f64::from(burst) + 1e-6);
            }
        }
    }

    #[test]
    fn waiting_as_told_is_always_enough_and_never_too_long(rate in 0.01f64..2_000.0, burst in 1u32..20, n in 1usize..60) {
        let pace = Gcra::new(rate, burst).unwrap();
        let (mut now, mut tat) = (at(0), None);
        for _ in 0..n {
            if let Grant::WaitUntil(then) = pace.check(tat, now) {
                prop_assert!(then > now);
                let early = then - jiff::SignedDuration::from_micros(1);
                prop_assert!(matches!(pace.check(tat, early), Grant::WaitUntil(_)));
                now = then;
            }
            let Grant::Now { new_tat } = pace.check(tat, now) else { panic!("waited as told") };
            tat = Some(new_tat);
        }
    }
}
