//! A request that is repeated with its key makes one call; a request without one at most one a try.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::evidence::{Ask, Evidence};

fn calls_by_ask(evidence: &Evidence) -> BTreeMap<u64, Vec<&str>> {
    let mut calls: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for call in &evidence.calls {
        if let Some(ask) = call.ask {
            calls.entry(ask).or_default().push(&call.id);
        }
    }
    calls
}

pub(super) fn one_call_a_key(evidence: &Evidence) -> Finding {
    const LAW: &str = "an Idempotency-Key makes one call however often it is sent, and one answer";
    if evidence.asks.iter().all(|ask| ask.key.is_none()) {
        return Finding::not_checked(LAW);
    }
    let mut finding = Finding::new(LAW);
    let calls = calls_by_ask(evidence);
    for ask in evidence.asks.iter().filter(|ask| ask.key.is_some() && ask.tries.len() > 1) {
        let made = calls.get(&ask.number).map_or(0, Vec::len);
        let told: BTreeSet<&str> = ask.accepted().collect();
        let wrong = made > 1 || told.len() > 1 || (told.len() == 1 && made != 1);
        let text = || format!("ask {}: {} tries, {made} calls, answers name {told:?}", ask.number, ask.tries.len());
        finding.look(wrong.then(text));
    }
    finding
}

pub(super) fn no_call_that_nobody_asked_for(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("no call that nobody asked for, and no more calls than tries");
    let asks: BTreeMap<u64, &Ask> = evidence.asks.iter().map(|ask| (ask.number, ask)).collect();
    for call in &evidence.calls {
        let ask = call.ask.and_then(|number| asks.get(&number));
        let wrong = ask.is_none_or(|ask| ask.to != call.to || ask.agent != call.agent);
        finding.look(wrong.then(|| format!("{} to {} fits no request that was sent", call.id, call.to)));
    }
    for (number, made) in calls_by_ask(evidence) {
        let tries = asks.get(&number).map_or(0, |ask| ask.tries.len());
        finding.look((made.len() > tries).then(|| format!("ask {number}: {tries} tries and {} calls", made.len())));
    }
    finding
}
