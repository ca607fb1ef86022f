//! An accepted call exists, ends once, and its log has no gap.

use std::collections::HashSet;

use super::Finding;
use crate::evidence::Evidence;

const END: &str = "call.ended";

pub(super) fn every_accepted_call_exists(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("every create answered 2xx is a call");
    let known: HashSet<&str> = evidence.calls.iter().map(|call| call.id.as_str()).collect();
    for ask in &evidence.asks {
        for id in ask.accepted() {
            let missing = !known.contains(id);
            finding.look(missing.then(|| format!("ask {}: {id} was answered and does not exist", ask.number)));
        }
    }
    finding
}

pub(super) fn one_end_and_nothing_after_it(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("every call ends in exactly one terminal event, the last");
    for call in &evidence.calls {
        let ends = call.of(END).count();
        let last = call.events.last().map_or("nothing", |event| event.kind.as_str());
        let live = ["queued", "dialing", "ringing", "in_progress"].contains(&call.status.as_str());
        let wrong = ends != 1 || last != END || live;
        let told = || format!("{}: {ends} terminal events, last event {last}, status {}", call.id, call.status);
        finding.look(wrong.then(told));
    }
    finding
}

pub(super) fn sequences_have_no_gap(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("events of a call are numbered from 1 without gaps, each id once");
    let mut ids = HashSet::new();
    for call in &evidence.calls {
        let numbers: Vec<u32> = call.events.iter().map(|event| event.sequence).collect();
        let wanted = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let repeated = call.events.iter().filter(|event| !ids.insert(event.id.as_str())).count();
        let wrong = !numbers.iter().copied().eq(1..=wanted) || numbers.is_empty() || repeated > 0;
        finding.look(wrong.then(|| format!("{}: sequence {numbers:?}, {repeated} ids seen before", call.id)));
    }
    finding
}
