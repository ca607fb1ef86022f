//! The arithmetic of what is due, in virtual time.

use std::time::Duration;

use domain::RecordingFolderId;
use domain::agent_definition::MOST_DURATION_S;
use domain::retention::{AgentRetention, Keep, MOST_DAYS, Retention};
use domain::time::Timestamp;
use uuid::Uuid;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn kept(recordings: Keep, transcripts: Keep) -> Retention {
    Retention { recordings_days: recordings, transcripts_days: transcripts, mask_numbers: false }
}

#[test]
fn for_ever_is_never_due_and_no_days_are_due_at_once() {
    let now = at("2026-11-26T12:00:00Z");
    let nothing = Due { recordings: None, contents: None };
    assert_eq!(due(Retention::default(), now), nothing);
    let at_once = due(kept(Keep::Days(0), Keep::Days(0)), now);
    assert_eq!(at_once.recordings, Some(now), "a call that ended this very moment is due");
    let contents = Contents { told: now, untold: at("2026-11-26T11:00:00Z") };
    assert_eq!(at_once.contents, Some(contents));
}

#[test]
fn days_have_24_hours_whatever_the_season() {
    // Clocks went back on 25 October 2026 in Europe and on 1 November in America; 28 February 2028 is no last day.
    let table = [
        ("2026-11-26T12:00:00Z", 1, "2026-11-25T12:00:00Z"),
        ("2026-11-26T12:00:00Z", 35, "2026-10-22T12:00:00Z"),
        ("2028-03-01T00:00:00Z", 1, "2028-02-29T00:00:00Z"),
        ("2026-11-26T12:00:00.000001Z", 365, "2025-11-26T12:00:00.000001Z"),
        ("2026-11-26T12:00:00Z", MOST_DAYS, "2016-11-28T12:00:00Z"),
    ];
    for (now, days, ended) in table {
        let due = due(kept(Keep::Days(days), Keep::ForEver), at(now));
        assert_eq!(due, Due { recordings: Some(at(ended)), contents: None }, "{days} days before {now}");
    }
    assert_eq!(due(kept(Keep::Days(1), Keep::ForEver), Timestamp::MIN).recordings, Some(Timestamp::MIN));
}

#[test]
fn time_passes_and_a_call_becomes_due_once_and_stays_so() {
    let ended = at("2026-01-31T23:59:59Z");
    let retention = kept(Keep::Days(2), Keep::Days(7));
    let hour = Duration::from_hours(1);
    let mut seen = Vec::new();
    for hours in 0..200_u32 {
        let now = ended + hour * hours;
        let due = due(retention, now);
        let is = |end: Option<Timestamp>| end.is_some_and(|end| ended <= end);
        seen.push((is(due.recordings), is(due.contents.map(|c| c.told)), is(due.contents.map(|c| c.untold))));
    }
    let first = |which: fn(&(bool, bool, bool)) -> bool| {
        assert!(seen.iter().skip_while(|due| !which(due)).all(which), "what is due stays due");
        seen.iter().position(which)
    };
    assert_eq!(first(|due| due.0), Some(48));
    assert_eq!(first(|due| due.1), Some(168));
    assert_eq!(first(|due| due.2), Some(169), "an hour more for webhooks that wait");
}

#[test]
fn a_rule_that_changes_holds_for_calls_of_before() {
    let (ended, now) = (at("2026-11-01T00:00:00Z"), at("2026-11-26T00:00:00Z"));
    let is_due = |own: AgentRetention, organization: Retention| {
        due(own.over(organization), now).recordings.is_some_and(|end| ended <= end)
    };
    let organization = kept(Keep::Days(90), Keep::ForEver);
    assert!(!is_due(AgentRetention::default(), organization));
    assert!(is_due(AgentRetention::default(), kept(Keep::Days(25), Keep::ForEver)));
    let own = |keep| AgentRetention { recordings_days: Some(keep), ..AgentRetention::default() };
    assert!(is_due(own(Keep::Days(7)), organization));
    assert!(!is_due(own(Keep::ForEver), kept(Keep::Days(7), Keep::ForEver)));
}

#[test]
fn no_live_recording_is_ever_taken_for_one_that_was_left_behind() {
    let started = at("2026-11-26T00:00:00Z");
    let end_of_the_longest = started + Duration::from_secs(MOST_DURATION_S);
    assert!(!is_left_behind(started, end_of_the_longest), "even if nothing was written since it began");
    assert!(!is_left_behind(started, at("2026-11-26T23:59:59Z")));
    assert!(is_left_behind(started, at("2026-11-27T00:00:00Z")));
}

#[test]
fn what_no_cap_can_count_is_a_year_and_a_day_old() {
    assert_eq!(uncounted_before(at("2026-11-26T00:00:00Z")), at("2025-11-25T00:00:00Z"));
}

#[test]
fn a_file_goes_only_when_its_call_is_over_and_names_none() {
    let (here, there) = (RecordingFolderId(Uuid::from_u128(1)), RecordingFolderId(Uuid::from_u128(2)));
    let named = |over, recording| Some(Named { over, recording });
    let table = [
        (None, Fate::Stays),
        (named(false, None), Fate::Stays),
        (named(true, None), Fate::Goes),
        (named(true, Some(Some(here))), Fate::Stays),
        (named(false, Some(Some(here))), Fate::Stays),
        (named(true, Some(Some(there))), Fate::Found),
        (named(true, Some(None)), Fate::Found),
    ];
    for (call, want) in table {
        assert_eq!(fate(call, here), want, "{call:?}");
    }
}
