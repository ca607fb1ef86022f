//! Webhooks: every event arrives, under one id, and first in order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Finding;
use crate::evidence::{Delivery, Evidence};

pub(super) fn none_is_lost(evidence: &Evidence) -> Finding {
    const LAW: &str = "every event subscribed to is delivered to every endpoint and accepted at least once";
    let Some(deliveries) = &evidence.deliveries else { return Finding::not_checked(LAW) };
    let mut finding = Finding::new(LAW);
    let endpoints: BTreeSet<&str> = deliveries.iter().map(|one| one.endpoint.as_str()).collect();
    let accepted = deliveries.iter().filter(|one| one.accepted).map(|one| (one.endpoint.as_str(), one.event.as_str()));
    let accepted: HashSet<(&str, &str)> = accepted.collect();
    let events = evidence.calls.iter().flat_map(|call| call.events.iter().map(move |event| (call, event)));
    for (call, event) in events {
        for endpoint in &endpoints {
            let lost = !accepted.contains(&(*endpoint, event.id.as_str()));
            let told = || format!("{} {} of {} never accepted at {endpoint}", event.sequence, event.kind, call.id);
            finding.look(lost.then(told));
        }
    }
    finding
}

pub(super) fn ids_are_stable(evidence: &Evidence) -> Finding {
    const LAW: &str = "a delivery keeps its id over repeats, and no two events share one; no event was made up";
    let Some(deliveries) = &evidence.deliveries else { return Finding::not_checked(LAW) };
    let mut finding = Finding::new(LAW);
    let mut ids: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut events: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for Delivery { endpoint, id, event, .. } in deliveries {
        ids.entry((endpoint, event)).or_default().insert(id);
        events.entry((endpoint, id)).or_default().insert(event);
    }
    let known: HashSet<&str> = evidence.calls.iter().flat_map(|call| &call.events).map(|event| &*event.id).collect();
    for ((endpoint, event), ids) in ids {
        let made_up = !known.contains(event);
        let wrong = ids.len() > 1 || made_up;
        finding.look(wrong.then(|| format!("{event} at {endpoint}: ids {ids:?}, in the log: {}", !made_up)));
    }
    for ((endpoint, id), events) in events {
        finding.look((events.len() > 1).then(|| format!("id {id} at {endpoint} carried {events:?}")));
    }
    finding
}

pub(super) fn first_deliveries_are_in_order(evidence: &Evidence) -> Finding {
    const LAW: &str = "first deliveries of a call's events arrive in order";
    let Some(deliveries) = &evidence.deliveries else { return Finding::not_checked(LAW) };
    let mut finding = Finding::new(LAW);
    let mut last: HashMap<(&str, &str), u32> = HashMap::new();
    let mut seen = HashSet::new();
    for Delivery { endpoint, event, call, sequence, .. } in deliveries {
        if !seen.insert((endpoint, event)) {
            continue;
        }
        let before = last.insert((endpoint, call), *sequence).unwrap_or(0);
        let wrong = *sequence <= before;
        finding.look(wrong.then(|| format!("{call} at {endpoint}: event {sequence} came after {before}")));
    }
    finding
}
