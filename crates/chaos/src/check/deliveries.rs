//! Webhooks: every event arrives, under one id, and first in order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Finding;
use crate::evidence::{Delivery, Evidence, Subscription, Webhooks};

pub(crate) fn none_is_lost(evidence: &Evidence) -> Finding {
    const LAW: &str = "every event subscribed to is delivered to every endpoint and accepted at least once";
    let Some(Webhooks { subscriptions, deliveries }) = &evidence.webhooks else { return Finding::not_checked(LAW) };
    let mut finding = Finding::new(LAW);
    let accepted = deliveries.iter().filter(|one| one.accepted).map(|one| (one.endpoint.as_str(), one.event.as_str()));
    let accepted: HashSet<(&str, &str)> = accepted.collect();
    let events = evidence.calls.iter().flat_map(|call| call.events.iter().map(move |event| (call, event)));
    for (call, event) in events {
        for Subscription { endpoint, .. } in subscriptions.iter().filter(|one| one.wants(&event.kind)) {
            let lost = !accepted.contains(&(endpoint.as_str(), event.id.as_str()));
            let told = || format!("{} {} of {} never accepted at {endpoint}", event.sequence, event.kind, call.id);
            finding.look(lost.then(told));
        }
    }
    finding
}

pub(super) fn ids_are_stable(evidence: &Evidence) -> Finding {
    const LAW: &str = "a delivery keeps its id over repeats, no two events share one, none is made up or unasked for";
    let Some(Webhooks { subscriptions, deliveries }) = &evidence.webhooks else { return Finding::not_checked(LAW) };
    let mut finding = Finding::new(LAW);
    let mut ids: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut events: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for Delivery { endpoint, id, event, .. } in deliveries.iter().filter(|one| !one.event.is_empty()) {
        ids.entry((endpoint, event)).or_default().insert(id);
        events.entry((endpoint, id)).or_default().insert(event);
    }
    let log = evidence.calls.iter().flat_map(|call| &call.events);
    let known: HashMap<&str, &str> = log.map(|event| (&*event.id, &*event.kind)).collect();
    for ((endpoint, event), ids) in ids {
        let wanted = subscriptions.iter().find(|one| one.endpoint == endpoint);
        let kind = known.get(event).copied();
        let wrong = ids.len() > 1 || !kind.is_some_and(|kind| wanted.is_some_and(|one| one.wants(kind)));
        finding.look(wrong.then(|| format!("{event} ({kind:?}) at {endpoint}: ids {ids:?}")));
    }
    for ((endpoint, id), events) in events {
        finding.look((events.len() > 1).then(|| format!("id {id} at {endpoint} carried {events:?}")));
    }
    finding
}

pub(super) fn first_deliveries_are_in_order(evidence: &Evidence) -> Finding {
    const LAW: &str = "first deliveries of a call's events arrive in order";
    let Some(Webhooks { deliveries, .. }) = &evidence.webhooks else { return Finding::not_checked(LAW) };
    let mut finding = Finding::new(LAW);
    let mut last: HashMap<(&str, &str), u32> = HashMap::new();
    let mut seen = HashSet::new();
    for Delivery { endpoint, event, call, sequence, .. } in deliveries.iter().filter(|one| !one.event.is_empty()) {
        if !seen.insert((endpoint, event)) {
            continue;
        }
        let before = last.insert((endpoint, call), *sequence).unwrap_or(0);
        let wrong = *sequence <= before;
        finding.look(wrong.then(|| format!("{call} at {endpoint}: event {sequence} came after {before}")));
    }
    finding
}
