//! Tables and properties of `policy`.

use std::collections::BTreeSet;

use domain::call_policy::{Day, TimeOfDay, Window};
use domain::suppression::SuppressionSource;
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Callee {
    Callee::parse(text, None).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn time(text: &str) -> TimeOfDay {
    TimeOfDay::try_from(text.to_owned()).unwrap()
}

fn hours_of(days: &[Day], from: &str, to: &str) -> CallingHours {
    let window = Window { days: days.iter().copied().collect(), from: time(from), to: time(to) };
    CallingHours { windows: vec![window], ..CallingHours::of_solicitation() }
}

fn judged(rules: &Rules, to: &Callee, now: Timestamp, facts: &Facts<'_>) -> Verdict {
    rules.judge(Asked { to, origin: CallOrigin::Single, at: now }, facts)
}

fn refused(verdict: Verdict) -> (RefusalCode, &'static str) {
    match verdict {
        Verdict::Refuse(reason) | Verdict::Later(_, reason) => (reason.code, reason.rule),
        Verdict::Allow => panic!("was allowed"),
    }
}

#[test]
fn every_kind_of_number_gets_what_the_table_says() {
    let lines: Vec<&str> = include_str!("numbers.txt").lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.len() >= 300, "{}", lines.len());
    let mut wrong = Vec::new();
    for line in lines {
        let [text, region, want] = *line.splitn(4, ' ').take(3).collect::<Vec<_>>() else { panic!("{line}") };
        let region = (region != "-").then_some(region);
        let got = match PhoneNumber::parse(&text.replace('_', " "), region) {
            Err(_) => "invalid",
            Ok(number) => match number.line_kind() {
                LineKind::Ordinary | LineKind::Unknown => "ok",
                LineKind::Premium => "premium",
                LineKind::Satellite => "satellite",
                LineKind::Emergency => "emergency",
                LineKind::Short => "short",
            },
        };
        if got != want && (want != "never" || got == "ok") {
            wrong.push(format!("{line}: {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_hosts_that_the_policy_names_are_called_by_sip() {
    let named = |hosts: &[&str]| {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let policy = CallPolicy { sip_hosts: Some(hosts), ..CallPolicy::default() };
        assert_eq!(policy.check(), Ok(()));
        policy
    };
    let (organization, agent) = (named(&["pbx.example.org", "*.Example.net", "127.0.0.1"]), named(&[]));
    let rules = |agent| Rules::of(&organization, agent, CallOrigin::Single);
    let table = [
        ("sip:bob@pbx.example.org", true),
        ("sip:bob@PBX.example.org:5080", true),
        ("sip:bob@a.b.example.net", true),
        ("sip:bob@127.0.0.1:5060", true),
        ("sip:bob@example.net", false),
        ("sip:bob@badexample.net", false),
        ("sip:bob@example.org", false),
        ("sip:bob@pbx.example.org.evil.com", false),
        ("sip:pbx.example.org@evil.com", false),
    ];
    let (now, facts) = (at("2026-03-02T12:00:00Z"), Facts::default());
    for (to, allowed) in table {
        let verdict = judged(&rules(None), &read(to), now, &facts);
        assert_eq!(verdict == Verdict::Allow, allowed, "{to}");
        let of_agent = judged(&rules(Some(&agent)), &read(to), now, &facts);
        assert_eq!(refused(of_agent), (RefusalCode::NumberNotAllowed, "sip_host"), "an agent names none");
        let bare = judged(&Rules::default(), &read(to), now, &facts);
        assert_eq!(refused(bare).1, "sip_host", "without a policy none is called");
    }
    for wrong in ["*", "", "a b", "*.*.org", "host:5060"] {
        let policy = CallPolicy { sip_hosts: Some(vec![wrong.to_owned()]), ..CallPolicy::default() };
        assert!(policy.check().is_err(), "{wrong}");
    }
}

#[test]
fn a_number_is_judged_by_kind_country_list_consent_and_frequency() {
    let now = at("2026-03-02T12:00:00Z");
    let rules = Rules { frequency: Some(FrequencyCap { calls: 2, days: 7 }), ..Rules::default() };
    let us = ["US".to_owned()];
    let facts = Facts { allowed_countries: &us, ..Facts::default() };
    let ordinary = read("+12125550123");
    let code = |to: &str, facts: &Facts<'_>| refused(judged(&rules, &read(to), now, facts));
    assert_eq!(judged(&rules, &ordinary, now, &facts), Verdict::Allow);
    assert_eq!(code("+19005550199", &facts), (RefusalCode::NumberNotAllowed, "number"));
    assert_eq!(code("+34612345678", &facts), (RefusalCode::NumberNotAllowed, "country"));
    assert_eq!(code("+12125550123", &Facts { own: true, ..facts.clone() }), (RefusalCode::NumberNotAllowed, "number"));
    let dialed = vec![at("2026-03-01T12:00:00Z"), at("2026-02-27T12:00:00Z")];
    let often = Facts { dialed, ..facts.clone() };
    let Verdict::Refuse(reason) = judged(&rules, &ordinary, now, &often) else { panic!("is called too often") };
    assert_eq!((reason.code, reason.allowed_at), (RefusalCode::FrequencyCap, Some(at("2026-03-06T12:00:00Z"))));
    let asks = Rules { needs_consent: true, ..Rules::default() };
    assert_eq!(refused(judged(&asks, &ordinary, now, &facts)), (RefusalCode::ConsentMissing, "consent"));
    assert_eq!(judged(&asks, &ordinary, now, &Facts { consented: true, ..facts }), Verdict::Allow);
}

#[test]
fn an_entry_counts_until_it_lapses() {
    let mut entry = Suppression {
        id: "sup_018f0000000070008000000000000001".parse().unwrap(),
        organization: "org_018f0000000070008000000000000001".parse().unwrap(),
        number: read("+12125550123"),
        reason: "asked".into(),
        source: SuppressionSource::Api,
        call: None,
        note: None,
        created_at: at("2026-01-01T00:00:00Z"),
        expires_at: Some(at("2026-02-01T00:00:00Z")),
    };
    assert!(suppressed(Some(&entry), at("2026-01-31T23:59:59Z")).is_some());
    assert!(suppressed(Some(&entry), at("2026-02-01T00:00:00Z")).is_none());
    let later = Suppression { created_at: at("2026-03-01T00:00:00Z"), expires_at: None, ..entry.clone() };
    assert!(entry.gives_way_to(&later));
    assert!(!later.gives_way_to(&entry));
    entry.expires_at = None;
    assert!(!entry.gives_way_to(&later), "what was said first stays");
}

#[test]
fn agents_rules_stand_in_place_and_lists_keep_to_hours_unasked() {
    let organization = CallPolicy { frequency: Some(FrequencyCap { calls: 3, days: 7 }), ..CallPolicy::default() };
    let agent = CallPolicy { hours: Some(hours_of(&[], "09:00", "18:00")), ..CallPolicy::default() };
    let plain = Rules::of(&organization, None, CallOrigin::Single);
    assert!(!plain.needs_zones() && plain.frequency.is_some());
    let own = Rules::of(&organization, Some(&agent), CallOrigin::Single);
    assert!(own.hours == agent.hours && own.frequency.is_some() && !own.waits);
    let list = Rules::of(&organization, None, CallOrigin::List);
    assert_eq!((list.hours, list.waits), (Some(CallingHours::of_solicitation()), true));
}

#[test]
fn unknown_places_are_closed_unless_set_otherwise_and_several_zones_must_all_agree() {
    let hours = CallingHours::of_solicitation();
    let rules = |hours: CallingHours| Rules { hours: Some(hours), ..Rules::default() };
    let satellite_free = read("+12125550123");
    let noon = at("2026-06-01T16:00:00Z");
    let unknown = judged(&rules(hours.clone()), &satellite_free, noon, &Facts::default());
    assert_eq!(refused(unknown), (RefusalCode::OutsideHours, "hours"));
    let open = CallingHours { unknown_zone: UnknownZone::Allow, ..hours.clone() };
    assert_eq!(judged(&rules(open), &satellite_free, noon, &Facts::default()), Verdict::Allow);
    // 08:00 in New York is 05:00 in Los Angeles; 08:00 there is 11:00 here.
    let both = [zone("America/New_York"), zone("America/Los_Angeles")];
    assert!(!hours::allowed(&hours, &both, at("2026-06-01T12:00:00Z")));
    assert_eq!(hours::next_opening(&hours, &both, at("2026-06-01T12:00:00Z")), Some(at("2026-06-01T15:00:00Z")),);
    assert!(!hours::allowed(&hours, &both, at("2026-06-02T02:00:00Z")), "22:00 in New York");
}

#[test]
fn windows_past_midnight_closed_dates_and_jumps_of_the_clock() {
    let new_york = [zone("America/New_York")];
    let opening =
        |hours: &CallingHours, from: &str| hours::next_opening(hours, &new_york, at(from)).map(|t| t.to_string());
    let night = hours_of(&[Day::Friday], "22:00", "02:00");
    assert!(hours::allowed(&night, &new_york, at("2026-06-06T05:59:59Z")), "Saturday 01:59:59");
    assert!(!hours::allowed(&night, &new_york, at("2026-06-06T06:00:00Z")));
    // The clock jumps from 02:00 to 03:00 on 8 March 2026: a window that begins in the gap opens with the jump.
    let gap = hours_of(&[], "02:30", "04:00");
    assert_eq!(opening(&gap, "2026-03-08T06:00:00Z").as_deref(), Some("2026-03-08T07:00:00Z"));
    // 01:00 to 02:00 comes twice on 1 November 2026; the window is open both times.
    let fold = hours_of(&[], "01:00", "01:30");
    assert_eq!(opening(&fold, "2026-11-01T05:30:00Z").as_deref(), Some("2026-11-01T06:00:00Z"));
    let mut closed = hours_of(&[], "09:00", "17:00");
    closed.closed = BTreeSet::from([Date::constant(2026, 12, 25), Date::constant(2026, 12, 26)]);
    assert_eq!(opening(&closed, "2026-12-24T23:00:00Z").as_deref(), Some("2026-12-27T14:00:00Z"));
    closed.closed = (0..366).map(|day| Date::constant(2026, 1, 1).checked_add(day.days()).unwrap()).collect();
    closed.windows[0].days = BTreeSet::from([Day::Sunday]);
    assert_eq!(opening(&closed, "2026-01-01T00:00:00Z").as_deref(), Some("2027-01-03T14:00:00Z"));
}

#[test]
fn numbers_lie_where_their_plan_says() {
    let zones = |text: &str| zones::of_number(read(text).number().unwrap()).collect::<Vec<_>>();
    assert_eq!(zones("+12125550123"), ["America/New_York"]);
    assert_eq!(zones("+442079460123"), ["Europe/London"]);
    assert!(zones("+79161234567").len() > 5, "mobile numbers of a large country may be anywhere in it");
    assert!(zones("+15551234567").len() > 20, "an area that is not assigned may be anywhere in the plan");
    assert!(zones("+881612345678").is_empty());
    assert!(zones::table().is_sorted_by(|a, b| a.0 < b.0));
    let unknown: BTreeSet<&str> = zones::table()
        .iter()
        .flat_map(|(_, zones)| zones.split_ascii_whitespace())
        .filter(|name| TimeZone::get(name).is_err())
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Every zone of the tz database.
fn all_zones() -> Vec<TimeZone> {
    let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    let zones: Vec<TimeZone> = names.iter().filter_map(|name| TimeZone::get(name).ok()).collect();
    assert!(zones.len() > 300, "{}", zones.len());
    zones
}

/// By trying every minute: slow, and too simple to be wrong.
fn first_open_minute(hours: &CallingHours, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Option<Timestamp> {
    let mut at = from;
    while at <= to {
        if hours::open(hours, zone.to_datetime(at)) {
            return Some(at);
        }
        at += SignedDuration::from_mins(1);
    }
    None
}

#[test]
fn around_every_change_of_every_clock_the_opening_is_the_first_open_minute() {
    let windows = [
        hours_of(&[], "00:30", "02:15"),
        hours_of(&[], "02:30", "03:15"),
        hours_of(&[Day::Sunday, Day::Saturday], "22:00", "01:45"),
    ];
    let (begin, end) = (at("2023-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"));
    let mut seen = 0;
    for zone in all_zones() {
        for change in zone.following(begin).take_while(|change| change.timestamp() < end) {
            seen += 1;
            let hours = &windows[seen % windows.len()];
            let from =
                change.timestamp() - SignedDuration::from_hours(4) + SignedDuration::from_mins(7 * (seen as i64 % 60));
            let to = from + SignedDuration::from_hours(30);
            let slow = first_open_minute(hours, &zone, from, to);
            let quick = hours::next_opening(hours, std::slice::from_ref(&zone), from).filter(|at| *at <= to);
            assert_eq!(quick, slow, "{:?} from {from}", zone.iana_name());
        }
    }
    assert!(seen > 500, "{seen}");
}

fn any_window() -> impl Strategy<Value = Window> {
    let days = proptest::collection::btree_set(0_usize..7, 0..5);
    (days, 0_u16..1_440, 1_u16..=1_440).prop_filter_map("empty", |(days, from, to)| {
        let all = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday];
        let days = days.into_iter().map(|day| all[day]).collect();
        let (from, to) = (TimeOfDay::new(from / 60, from % 60)?, TimeOfDay::new(to / 60, to % 60)?);
        (from != to).then_some(Window { days, from, to })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// The opening is allowed, and nothing before it is: neither the minute before, nor anything tried at random.
    #[test]
    fn an_opening_is_allowed_and_the_earliest(
        windows in proptest::collection::vec(any_window(), 1..4),
        closed in proptest::collection::btree_set(0_i32..1_500, 0..20),
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 1..4),
        second in 1_672_531_200_i64..1_798_761_600,
        tries in proptest::collection::vec(0.0_f64..1.0, 40),
    ) {
        let all = all_zones();
        let zones: Vec<TimeZone> = picks.iter().map(|pick| pick.get(&all).clone()).collect();
        let first = Date::constant(2023, 1, 1);
        let closed = closed.into_iter().map(|day| first.checked_add(day.days()).unwrap()).collect();
        let hours = CallingHours { windows, closed, ..CallingHours::of_solicitation() };
        let from = Timestamp::from_second(second).unwrap();
        let opening = hours::next_opening(&hours, &zones, from);
        let until = opening.unwrap_or(from + SignedDuration::from_hours(24 * 30));
        if let Some(opening) = opening {
            prop_assert!(opening >= from);
            for zone in &zones {
                prop_assert!(hours::open(&hours, zone.to_datetime(opening)));
            }
            prop_assert!(opening == from || !hours::allowed(&hours, &zones, opening - SignedDuration::from_nanos(1)));
        }
        let gap = until.as_second() - from.as_second();
        for share in tries {
            let tried = Timestamp::from_second(from.as_second() + (gap as f64 * share) as i64).unwrap();
            prop_assert!(tried >= until || !hours::allowed(&hours, &zones, tried), "{tried} is open already");
        }
    }
}
