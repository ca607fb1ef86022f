//! Caps are kept whatever is killed, and what a cap allows is not lost to a crash.
//!
//! A dialog is up from its first ring until BYE or CANCEL, as the far end saw it. Where a node was lost its telephones go
//! on ringing and talking for nobody, and no platform can end them: such a call counts until it was written that its node
//! is lost, and no longer.

use std::collections::{BTreeMap, HashMap};

use super::{Finding, Promise};
use crate::evidence::{Answer, At, CallRecord, Evidence, Expected, InviteKind, What};
use crate::world::setup::{DAY_CAP, LIVE_CAP, QUEUE_CAP, SCARCE_AGENT};

const DAY: At = 86_400_000_000;
/// Times of events are taken before they are committed, and answers arrive after.
const SLACK: At = 1_000_000;

pub(super) fn no_more_dialogs_than_the_cap(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("never more dialogs at the far end than the organization's calls at once");
    let mut calls: HashMap<&str, &CallRecord> = HashMap::new();
    for call in evidence.calls.iter().filter(|call| call.capped) {
        calls.extend(call.of("call.dialing").filter_map(|event| Some((event.attempt.as_deref()?, call))));
    }
    let mut moments: Vec<(At, i64, &str)> = Vec::new();
    for invite in evidence.invites.iter().filter(|invite| invite.kind == InviteKind::New) {
        let (Some(call), Some(dialog)) = (calls.get(invite.attempt()), invite.dialog) else { continue };
        let written = call.when("call.ended").unwrap_or(At::MAX);
        let seen = dialog.over.unwrap_or(written);
        let over = if call.end_reason == "node_lost" { seen.min(written) } else { seen };
        // An end that was written before the first ring came takes nothing.
        if over > dialog.from {
            moments.extend([(dialog.from, 1, call.id.as_str()), (over, -1, call.id.as_str())]);
        }
    }
    // Ends before beginnings of the same microsecond.
    moments.sort_unstable();
    let mut up = 0;
    let cap = i64::try_from(LIVE_CAP).unwrap_or(i64::MAX);
    for (at, change, call) in moments {
        up += change;
        if change > 0 && up >= cap {
            finding.look((up > cap).then(|| format!("{call}: {up} dialogs at {at}, {cap} are allowed")));
        }
    }
    finding
}

pub(super) fn no_more_calls_a_day_than_the_cap(evidence: &Evidence) -> Finding {
    let mut finding =
        Finding::new("a key places as many calls a day as its cap allows: never more, none lost to a crash");
    let mut days: BTreeMap<At, usize> = BTreeMap::new();
    for call in evidence.calls.iter().filter(|call| call.agent == SCARCE_AGENT) {
        *days.entry(call.when("call.queued").unwrap_or(0) / DAY).or_default() += 1;
    }
    for (day, calls) in &days {
        finding.look((*calls > DAY_CAP).then(|| format!("{calls} calls on day {day}, {DAY_CAP} are allowed")));
    }
    for (ask, sent, done) in refused(evidence, "key.calls_per_day") {
        let full = (sent / DAY..=done / DAY).any(|day| days.get(&day).is_some_and(|calls| *calls >= DAY_CAP));
        finding.look((!full).then(|| format!("ask {ask} was refused on a day of {days:?} calls")));
    }
    finding
}

/// When an end that was noted then is sure to have been written: what was noted while the database was away, or by a node
/// that had stood still and reaches for it again, is written in the time that calls may wait once that is whole again.
fn written(evidence: &Evidence, promise: Promise, noted: At) -> At {
    let hit = evidence.faults.iter().filter(|fault| holds_up_writing(fault.what));
    let whole = hit.filter_map(|fault| fault.ready.filter(|ready| (fault.at..=*ready).contains(&noted)));
    whole.max().map_or(noted, |ready| ready + promise.restart_ms * 1_000)
}

fn holds_up_writing(what: What) -> bool {
    what.is_database_outage() || matches!(what, What::Database | What::ShortStop | What::LongStop)
}

pub(super) fn a_queue_is_full_only_when_it_is(evidence: &Evidence, promise: Promise) -> Finding {
    let mut finding =
        Finding::new("a create is refused for a full queue only while it is full, and for no other limit");
    let spans = |call: &CallRecord| {
        let over = call.when("call.ended").map_or(At::MAX, |noted| written(evidence, promise, noted));
        Some((call.when("call.queued")?, over))
    };
    let spans: Vec<(At, At)> = evidence.calls.iter().filter(|call| call.capped).filter_map(spans).collect();
    for (ask, sent, done) in refused(evidence, "organization.queued_calls") {
        // The queue is fullest when some call enters it, or at the begin.
        let (from, to) = (sent - SLACK, done + SLACK);
        let moments = spans.iter().map(|(begin, _)| *begin).filter(|at| (from..=to).contains(at)).chain([from]);
        let at_once = |at: At| spans.iter().filter(|(begin, end)| *begin <= at && *end > at).count();
        let most = moments.map(at_once).max().unwrap_or(0);
        finding.look((most < QUEUE_CAP).then(|| format!("ask {ask} was refused while {most} calls waited or were up")));
    }
    for ask in evidence.asks.iter().filter(|ask| ask.expected == Expected::Bounded) {
        let known = ["key.calls_per_day", "organization.queued_calls"];
        let other = ask.tries.iter().find_map(|one| match &one.answer {
            Answer::Arrived { status: status @ 400..500, word, .. } if *status != 409 => {
                (!known.contains(&word.as_str())).then(|| format!("ask {}: {status} {word}", ask.number))
            }
            _ => None,
        });
        finding.violations.extend(other);
    }
    finding
}

/// Tries that a limit refused: ask, begin, end.
fn refused<'a>(evidence: &'a Evidence, limit: &'a str) -> impl Iterator<Item = (u64, At, At)> + 'a {
    let tries = evidence.asks.iter().flat_map(|ask| ask.tries.iter().map(move |one| (ask.number, one)));
    tries.filter_map(move |(ask, one)| match &one.answer {
        Answer::Arrived { status: 429, word, .. } if word == limit => Some((ask, one.sent, one.done)),
        _ => None,
    })
}
