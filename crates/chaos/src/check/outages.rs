//! What outages of database and bus that are longer than a lease do to calls.

use super::{Finding, Promise};
use crate::evidence::{At, CallRecord, Evidence, Fault, InviteKind};

pub(super) fn no_call_is_placed_without_a_lease(evidence: &Evidence, promise: Promise) -> Finding {
    const LAW: &str = "no INVITE leaves while the database has been away for longer than a lease";
    if promise.nodes == 1 {
        return Finding::not_checked(LAW);
    }
    let mut finding = Finding::new(LAW);
    for outage in evidence.faults.iter().filter(|fault| fault.what.is_database_outage()) {
        let lapsed = outage.at + promise.lease_ms * 1_000;
        let late = evidence.invites.iter().filter(|invite| {
            invite.kind == InviteKind::New && (lapsed..outage.back.unwrap_or(At::MAX)).contains(&invite.at)
        });
        let late: Vec<i64> = late.map(|invite| (invite.at - outage.at) / 1_000).collect();
        finding.look((!late.is_empty()).then(|| format!("{:?}: INVITEs {late:?} ms into it", outage.what)));
    }
    finding
}

pub(super) fn live_calls_go_on(evidence: &Evidence, promise: Promise) -> Finding {
    const LAW: &str = "a call that is up when database or bus go away for longer than a lease is not lost by it";
    if promise.nodes == 1 {
        return Finding::not_checked(LAW);
    }
    let mut finding = Finding::new(LAW);
    for outage in evidence.faults.iter().filter(|fault| fault.what.is_outage()) {
        // Nodes have judged every lease by then.
        let until = outage.back.unwrap_or(At::MAX).saturating_add(promise.lease_ms * 1_500);
        for call in evidence.calls.iter().filter(|call| was_up(call, outage.at)) {
            let ended = call.when("call.ended").unwrap_or(At::MAX);
            let lost = call.end_reason == "node_lost" && ended < until;
            let told = || format!("{}: lost {} ms into {:?}", call.id, (ended - outage.at) / 1_000, outage.what);
            finding.look(lost.then(told));
        }
    }
    finding
}

pub(super) fn the_queue_goes_on(evidence: &Evidence, promise: Promise) -> Finding {
    const LAW: &str =
        "calls that waited when database or bus went away are dialed within 3 s of the first node's ready";
    if promise.nodes == 1 {
        return Finding::not_checked(LAW);
    }
    let mut finding = Finding::new(LAW);
    for outage in evidence.faults.iter().filter(|fault| fault.what.is_outage()) {
        if let Some((waited, call)) = first_dialed(evidence, outage) {
            let late = waited > promise.restart_ms;
            finding.look(late.then(|| format!("{}: {waited} ms after {:?}", call.id, outage.what)));
        }
    }
    finding
}

/// The first call that goes on, and its wait in milliseconds. The others may rightly wait for their turn.
fn first_dialed<'a>(evidence: &'a Evidence, outage: &Fault) -> Option<(i64, &'a CallRecord)> {
    let ready = outage.ready?;
    let waited = evidence.calls.iter().filter(|call| call.when("call.queued").is_some_and(|at| at < outage.at));
    let dialed = waited.filter_map(|call| Some((call.when("call.dialing").or(call.when("call.ended"))?, call)));
    let first = dialed.filter(|(at, _)| *at > ready).min_by_key(|(at, _)| *at);
    first.map(|(at, call)| ((at - ready) / 1_000, call))
}

fn was_up(call: &CallRecord, at: At) -> bool {
    let up = call.when("call.answered").is_some_and(|answered| answered < at);
    up && call.when("call.ended").is_none_or(|ended| ended > at)
}
