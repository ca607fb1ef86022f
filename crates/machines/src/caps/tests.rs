//! Tables of windows and names, and what any caps come to.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const ORGANIZATION: OrganizationId = OrganizationId(Uuid::from_u128(1));
const KEY: ApiKeyId = ApiKeyId(Uuid::from_u128(2));

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn uses_of(organization: &Caps, key: Option<&Caps>, to: &str, now: &str, estimate: Option<i64>) -> Vec<CapUse> {
    let (to, from) = (Callee::parse(to, None).unwrap(), number("+15550001000"));
    let asking = Asking {
        organization: ORGANIZATION,
        caps: organization,
        key: key.map(|caps| (KEY, caps)),
        to: &to,
        from: &from,
        estimate: estimate.map(Money::from_micros),
        now: time(now),
    };
    uses(asking, |_| 30)
}

#[test]
fn nothing_is_counted_where_nothing_is_capped_and_the_call_stays_at_home() {
    assert_eq!(uses_of(&Caps::default(), Some(&Caps::default()), "+15550100001", "2026-03-01T00:00:00Z", Some(5)), []);
}

#[test]
fn windows_are_those_of_the_utc_clock() {
    let caps = Caps {
        calls_per_minute: Some(1),
        calls_per_hour: Some(2),
        calls_per_day: Some(3),
        money_per_day: Some(Money::from_micros(400)),
        money_per_month: Some(Money::from_micros(500)),
        queued_calls: Some(6),
        ..Caps::default()
    };
    let found = uses_of(&caps, None, "+15550100001", "2028-02-29T23:59:58.5Z", Some(7));
    let rows: BTreeMap<String, _> = found
        .iter()
        .map(|u| (u.name(), (u.window.to_string(), u.until.to_string(), u.amount, u.most, u.at_end)))
        .collect();
    let row = |from: &str, to: &str, amount, most, end| (from.to_owned(), to.to_owned(), amount, most, end);
    let next = "2028-03-01T00:00:00Z";
    let expected = [
        ("calls_per_day", row("2028-02-29T00:00:00Z", next, 1, 3, AtEnd::Stays)),
        ("calls_per_hour", row("2028-02-29T23:00:00Z", next, 1, 2, AtEnd::Stays)),
        ("calls_per_minute", row("2028-02-29T23:59:00Z", next, 1, 1, AtEnd::Stays)),
        ("money_per_day", row("2028-02-29T00:00:00Z", next, 7, 400, AtEnd::Corrected)),
        ("money_per_month", row("2028-02-01T00:00:00Z", next, 7, 500, AtEnd::Corrected)),
        ("queued_calls", row("1970-01-01T00:00:00Z", "2028-03-01T00:00:03Z", 1, 6, AtEnd::Returns)),
    ];
    let expected = expected.map(|(name, row)| (format!("organization.{name}"), row));
    assert_eq!(rows, BTreeMap::from(expected));
}

#[test]
fn brakes_count_what_leaves_the_country_and_nothing_else() {
    let (caps, now) = (Caps::default(), "2026-03-01T10:30:00Z");
    let braked = uses_of(&caps, Some(&caps), "+442071838750", now, None);
    let names: Vec<_> = braked.iter().map(|u| (u.name(), u.most, u.brake)).collect();
    let of = |owner: &str| {
        [("calls_abroad_per_hour", 300), ("new_countries_per_hour", 10), ("range_calls_per_hour", 60)]
            .map(|(name, most)| (format!("{owner}.{name}"), most, true))
    };
    assert_eq!(names, [of("key"), of("organization")].concat());
    let new = braked.iter().find(|u| u.name() == "key.new_countries_per_hour").unwrap();
    assert!(new.mark.as_ref().is_some_and(|mark| mark.scope.ends_with("/new_country/GB")));
    let range = braked.iter().find(|u| u.name() == "key.range_calls_per_hour").unwrap();
    assert!(range.scope.ends_with("/442071838"), "{}", range.scope);
    let off = Caps { brakes: Brakes { on: false, ..Brakes::default() }, ..Caps::default() };
    assert_eq!(uses_of(&off, Some(&off), "+442071838750", now, None), []);
}

#[test]
fn a_country_is_counted_and_marked_for_the_hour() {
    let caps = Caps {
        calls_per_country_per_hour: Some(4),
        countries_per_hour: Some(2),
        brakes: Brakes { on: false, ..Brakes::default() },
        ..Caps::default()
    };
    let found = uses_of(&caps, None, "+442079460000", "2026-03-01T10:30:00Z", None);
    assert_eq!(found.len(), 2);
    assert!(found[0].scope.ends_with("/calls_per_country_per_hour/GB") && found[0].mark.is_none());
    let mark = found[1].mark.as_ref().unwrap();
    assert!(mark.scope.ends_with("/country/GB"));
    assert_eq!((mark.window, mark.until), (time("2026-03-01T10:00:00Z"), time("2026-03-01T11:00:00Z")));
}

proptest! {
    /// Locks are taken in one order, no row twice, and now lies in every window but that of the queue.
    #[test]
    fn uses_come_in_one_order_and_now_lies_in_their_windows(
        second in 1_700_000_000_i64..2_000_000_000,
        bits in 0_u32..256,
        to in prop_oneof![Just("+15550100001"), Just("+442071838750"), Just("+37120000000")],
        with_key in any::<bool>(),
    ) {
        let pick = |bit: u32| (bits >> bit & 1 == 1).then_some(bit + 1);
        let caps = Caps {
            calls_per_minute: pick(0),
            calls_per_hour: pick(1),
            calls_per_day: pick(2),
            money_per_day: pick(3).map(|n| Money::from_micros(n.into())),
            money_per_month: pick(4).map(|n| Money::from_micros(n.into())),
            calls_per_country_per_hour: pick(5),
            countries_per_hour: pick(6),
            queued_calls: pick(7),
            ..Caps::default()
        };
        let now = Timestamp::from_second(second).unwrap();
        let found = uses_of(&caps, with_key.then_some(&caps), to, &now.to_string(), Some(9));
        for pair in found.windows(2) {
            prop_assert!(pair[0].scope < pair[1].scope);
        }
        for use_ in &found {
            prop_assert!(use_.window <= now && now < use_.until, "{use_:?}");
        }
    }
}
