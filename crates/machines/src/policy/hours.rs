//! Calling hours by the clock on the callee's wall.
//!
//! Law: whether a moment is allowed depends on the civil time there and nothing else, so that a change of the clocks
//! can neither open a closed hour nor close an open one. With several zones it is allowed when it is in all of them.

use domain::call_policy::{CallingHours, Day, Window};
use domain::time::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, ToSpan};

/// How far ahead an opening is looked for; the near stretch nearly always has one and is cheap to search.
const LOOK_AHEAD_DAYS: [i32; 3] = [3, 15, 400];

/// Whether a call may be made at `at`. Without zones nothing is known, and nothing is allowed.
pub fn allowed(hours: &CallingHours, zones: &[TimeZone], at: Timestamp) -> bool {
    !zones.is_empty() && zones.iter().all(|zone| open(hours, zone.to_datetime(at)))
}

/// The earliest moment from `from` on at which a call may be made; `None` when there is none within 400 days.
pub fn next_opening(hours: &CallingHours, zones: &[TimeZone], from: Timestamp) -> Option<Timestamp> {
    if allowed(hours, zones, from) {
        return Some(from);
    }
    LOOK_AHEAD_DAYS.into_iter().find_map(|days| {
        let end = from + SignedDuration::from_hours(24 * i64::from(days));
        // What is allowed can only begin where some wall's clock reaches the begin of a window or of a day, or jumps.
        let mut begins: Vec<Timestamp> = zones.iter().flat_map(|zone| begins(hours, zone, from, end)).collect();
        begins.retain(|at| (from..=end).contains(at));
        begins.sort_unstable();
        begins.dedup();
        begins.into_iter().find(|at| allowed(hours, zones, *at))
    })
}

fn begins(hours: &CallingHours, zone: &TimeZone, from: Timestamp, end: Timestamp) -> Vec<Timestamp> {
    let mut times: Vec<u16> = hours.windows.iter().map(|window| window.from.minutes()).chain([0]).collect();
    times.sort_unstable();
    times.dedup();
    let jumps = zone.following(from).map(|transition| transition.timestamp()).take_while(|at| *at <= end);
    let mut found: Vec<Timestamp> = jumps.collect();
    let last = zone.to_datetime(end).date();
    let mut date = Some(zone.to_datetime(from).date());
    while let Some(day) = date.filter(|day| *day <= last) {
        for minutes in &times {
            let hour = i8::try_from(minutes / 60).unwrap_or_default();
            let minute = i8::try_from(minutes % 60).unwrap_or_default();
            found.extend(instants(zone, day.at(hour, minute, 0, 0)));
        }
        date = day.checked_add(1.day()).ok();
    }
    found
}

/// When the wall's clock shows `civil`: once, twice where it is set back, never where it is set forward.
fn instants(zone: &TimeZone, civil: DateTime) -> impl Iterator<Item = Timestamp> {
    let (first, second) = match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => (Some(offset), None),
        AmbiguousOffset::Fold { before, after } => (Some(before), Some(after)),
        AmbiguousOffset::Gap { .. } => (None, None),
    };
    first.into_iter().chain(second).filter_map(move |offset| offset.to_timestamp(civil).ok())
}

/// Whether people may be called when the clock on their wall shows `civil`.
pub(super) fn open(hours: &CallingHours, civil: DateTime) -> bool {
    let (date, minute) =
        (civil.date(), u16::from(civil.hour().unsigned_abs()) * 60 + u16::from(civil.minute().unsigned_abs()));
    !hours.closed.contains(&date) && hours.windows.iter().any(|window| covers(window, &hours.closed, date, minute))
}

fn covers(window: &Window, closed: &std::collections::BTreeSet<Date>, date: Date, minute: u16) -> bool {
    let begins_on = |date: Date| {
        !closed.contains(&date) && (window.days.is_empty() || window.days.contains(&Day::from(date.weekday())))
    };
    let (from, to) = (window.from.minutes(), window.to.minutes());
    if from < to {
        return begins_on(date) && (from..to).contains(&minute);
    }
    // It goes on past midnight.
    (begins_on(date) && minute >= from) || (minute < to && date.yesterday().is_ok_and(begins_on))
}
