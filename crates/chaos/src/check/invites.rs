//! What rang at the far end, held against what the platform committed before.

use std::collections::{BTreeMap, HashMap};

use super::Finding;
use crate::evidence::{At, CallRecord, Evidence, Invite, InviteKind};

/// Attempts by id, with their call and the time of `call.dialing`.
fn attempts(evidence: &Evidence) -> HashMap<&str, (&CallRecord, At)> {
    let dials = evidence.calls.iter().flat_map(|call| call.of("call.dialing").map(move |event| (call, event)));
    dials.filter_map(|(call, event)| Some((event.attempt.as_deref()?, (call, event.at)))).collect()
}

fn new_invites(evidence: &Evidence) -> impl Iterator<Item = &Invite> {
    evidence.invites.iter().filter(|invite| invite.kind == InviteKind::New)
}

pub(super) fn one_invite_an_attempt(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("at most one INVITE leaves for an attempt (retransmissions not counted)");
    let mut by_attempt: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for invite in new_invites(evidence) {
        by_attempt.entry(invite.attempt()).or_default().push(&invite.branch);
    }
    for (attempt, branches) in by_attempt {
        let wrong = branches.len() > 1;
        finding.look(wrong.then(|| format!("{attempt}: {} INVITEs, branches {branches:?}", branches.len())));
    }
    finding
}

pub(super) fn no_invite_without_a_committed_dial(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("no INVITE without a committed call.dialing of that attempt and number before it");
    let attempts = attempts(evidence);
    for invite in new_invites(evidence) {
        let wrong = match attempts.get(invite.attempt()) {
            None => Some(format!("{}: INVITE to {} and no call.dialing", invite.call_id, invite.number)),
            Some((call, _)) if call.to != invite.number => {
                Some(format!("{}: INVITE to {} for a call to {}", call.id, invite.number, call.to))
            }
            Some((call, dialing)) if *dialing > invite.at => {
                Some(format!("{}: INVITE {} us before call.dialing", call.id, dialing - invite.at))
            }
            Some(_) => None,
        };
        finding.look(wrong);
    }
    finding
}

pub(super) fn one_telephone_rings_once(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("no number that was asked for once rings twice");
    let mut by_number: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for invite in new_invites(evidence) {
        by_number.entry(&invite.number).or_default().push(invite.attempt());
    }
    for (number, rings) in by_number {
        finding.look((rings.len() > 1).then(|| format!("{number} rang {} times: {rings:?}", rings.len())));
    }
    finding
}

pub(super) fn no_invite_after_the_end(evidence: &Evidence) -> Finding {
    let mut finding = Finding::new("no INVITE leaves after the call's terminal event");
    let attempts = attempts(evidence);
    for invite in new_invites(evidence) {
        let Some((call, _)) = attempts.get(invite.attempt()) else { continue };
        let late = call.when("call.ended").filter(|end| *end < invite.at);
        finding.look(late.map(|end| {
            format!("{}: INVITE {} ms after the end ({})", call.id, (invite.at - end) / 1_000, call.end_reason)
        }));
    }
    finding
}
