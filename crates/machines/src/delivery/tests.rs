//! Tables of answers, and whole lives of deliveries in virtual time.

use std::time::Duration;

use domain::time::Timestamp;
use domain::webhook::{DeadReason, DisabledReason, Health};
use proptest::prelude::*;

use super::{Answer, Lanes, Next, Schedule, retry_after};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

fn status(code: u16) -> Answer {
    Answer::Status { code, retry_after: None }
}

fn wait(next: Next) -> Option<Duration> {
    match next {
        Next::RetryAt(then) => Some(Duration::try_from(then.duration_since(at(0))).unwrap()),
        Next::Delivered | Next::Dead(_) => None,
    }
}

#[test]
fn every_answer_has_one_meaning() {
    let schedule = Schedule::default();
    for code in 100..600 {
        let next = schedule.after(1, at(0), status(code), 0.0);
        match code {
            200..=299 => assert_eq!(next, Next::Delivered, "{code}"),
            410 => assert_eq!(next, Next::Dead(DeadReason::Gone)),
            _ => assert_eq!(wait(next), Some(Duration::from_secs(5)), "{code}"),
        }
    }
    assert_eq!(wait(schedule.after(1, at(0), Answer::Nothing, 0.0)), Some(Duration::from_secs(5)));
    assert_eq!(schedule.after(1, at(0), Answer::Forbidden, 0.0), Next::Dead(DeadReason::Forbidden));
}

#[test]
fn tries_spread_over_hours_and_end() {
    let schedule = Schedule::default();
    let waits: Vec<u64> =
        (1..=8).map(|n| wait(schedule.after(n, at(0), Answer::Nothing, 0.0)).unwrap().as_secs()).collect();
    assert_eq!(waits, [5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000]);
    for round in [9, 10, u32::MAX] {
        assert_eq!(schedule.after(round, at(0), Answer::Nothing, 0.0), Next::Dead(DeadReason::Exhausted));
    }
    assert_eq!(wait(schedule.after(0, at(0), Answer::Nothing, 0.0)), Some(Duration::from_secs(5)));
    assert!(schedule.longest(Duration::from_secs(10)) < Duration::from_hours(24));
}

#[test]
fn retry_after_is_honoured_within_bounds() {
    let schedule = Schedule::default();
    let asked = |seconds| Answer::Status { code: 503, retry_after: Some(Duration::from_secs(seconds)) };
    for (seconds, want) in [(0, 5), (4, 5), (90, 90), (43_200, 43_200), (1_000_000, 43_200)] {
        let next = schedule.after(1, at(0), asked(seconds), 0.0);
        assert_eq!(wait(next), Some(Duration::from_secs(want)), "{seconds}");
    }
    assert_eq!(schedule.after(9, at(0), asked(60), 0.0), Next::Dead(DeadReason::Exhausted));
}

#[test]
fn retry_after_is_read_in_both_forms() {
    let now = "2026-11-26T01:00:00Z".parse().unwrap();
    let table = [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("Thu, 26 Nov 2026 01:02:00 GMT", Some(120)),
        ("Thu, 26 Nov 2026 00:00:00 GMT", Some(0)),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("99999999999999999999999", None),
    ];
    for (text, want) in table {
        assert_eq!(retry_after(text, now), want.map(Duration::from_secs), "{text:?}");
    }
}

#[test]
fn an_endpoint_is_switched_off_after_many_failures_over_a_day_or_by_410_at_once() {
    let schedule = Schedule::default();
    let mut health = Health::default();
    for n in 0..40 {
        let (next, disabled) = schedule.health(health, at(n * 3_600), Answer::Nothing);
        health = next;
        assert_eq!(disabled.is_some(), n >= 24, "failure {n}");
    }
    assert_eq!(schedule.health(health, at(0), status(204)), (Health::default(), None));
    // Many failures in a short time are one outage.
    let mut health = Health::default();
    for _ in 0..1_000 {
        let (next, disabled) = schedule.health(health, at(60), Answer::Nothing);
        (health, _) = (next, assert_eq!(disabled, None));
    }
    let (_, disabled) = schedule.health(Health::default(), at(0), status(410));
    assert_eq!(disabled.map(|d| d.reason), Some(DisabledReason::Gone));
}

fn answers() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::Nothing),
        4 => (300..600_u16, proptest::option::of(0..100_000_u64)).prop_map(|(code, seconds)| Answer::Status {
            code,
            retry_after: seconds.map(Duration::from_secs)
        }),
        1 => Just(status(200)),
        1 => Just(Answer::Forbidden),
    ]
}

proptest! {
    /// Whatever an endpoint answers, a delivery ends after nine tries at most, and never waits less than its schedule.
    #[test]
    fn a_delivery_always_comes_to_an_end(answers in proptest::collection::vec((answers(), 0.0..1.0_f64), 9..12)) {
        let schedule = Schedule::default();
        let mut now = at(0);
        for (round, (answer, chance)) in (1..).zip(answers) {
            prop_assert!(round <= 9, "a tenth try");
            match schedule.after(round, now, answer, chance) {
                Next::Delivered => {
                    prop_assert!(answer.is_success());
                    return Ok(());
                }
                Next::Dead(DeadReason::Exhausted) => {
                    prop_assert_eq!(round, 9);
                    return Ok(());
                }
                Next::Dead(_) => return Ok(()),
                Next::RetryAt(then) => {
                    let base = schedule.waits[usize::try_from(round - 1).unwrap()];
                    let waited = Duration::try_from(then.duration_since(now)).unwrap();
                    prop_assert!(waited >= base && waited <= schedule.most_retry_after.max(base.mul_f64(1.2)));
                    now = then;
                }
            }
        }
        prop_assert!(false, "no end");
    }

    /// Neither the whole nor any endpoint ever has more under way than allowed, and what is full says so.
    #[test]
    fn lanes_keep_to_their_bounds(
        total in 1..12_usize,
        each in 1..5_usize,
        steps in proptest::collection::vec((0..6_u8, any::<bool>(), any::<bool>()), 0..200),
    ) {
        let mut lanes = Lanes::new(total, each);
        let mut model = [0_usize; 6];
        for (key, begin, success) in steps {
            if begin {
                let (room, begun) = (lanes.room_for(&key), lanes.begin(&key));
                prop_assert_eq!(begun, room > 0);
                model[usize::from(key)] += usize::from(begun);
            } else {
                lanes.end(&key, success);
                model[usize::from(key)] = model[usize::from(key)].saturating_sub(1);
            }
            prop_assert_eq!(lanes.under_way(), model.iter().sum::<usize>());
            prop_assert!(lanes.under_way() <= total && model.iter().all(|n| *n <= each));
            prop_assert!(lanes.rooms().iter().all(|(key, room)| lanes.room_for(key) == *room));
        }
    }
}

#[test]
fn an_endpoint_that_failed_gets_one_try_at_a_time_until_it_is_well_again() {
    let mut lanes = Lanes::new(100, 8);
    assert_eq!(lanes.room_for(&"a"), 8);
    for _ in 0..8 {
        assert!(lanes.begin(&"a"));
    }
    assert!(!lanes.begin(&"a"));
    assert_eq!((lanes.rooms(), lanes.room_for(&"b")), ([("a", 0)].into(), 8));
    for _ in 0..8 {
        lanes.end(&"a", false);
    }
    assert_eq!((lanes.room_for(&"a"), lanes.under_way()), (1, 0));
    assert!(lanes.begin(&"a") && !lanes.begin(&"a"));
    lanes.end(&"a", true);
    assert_eq!(lanes.room_for(&"a"), 8);
    lanes.end(&"a", true);
    assert_eq!(lanes.under_way(), 0);
}
