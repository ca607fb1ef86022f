//! How long calls that wait stand still after a fault.
//!
//! A call waits if it was accepted before the fault and not yet dialed. With one node the clock starts when the new
//! process is ready, and what it took from its start is told beside it (how long a start takes is a figure of the benchmarks); with
//! several nodes it starts at the fault, since the others go on. Two things are measured: the first
//! of all calls that wait, which shows that the queue moves; and every call of the agent without a pace, since a call of
//! the others may rightly wait for its turn.

use super::{Finding, Promise};
use crate::evidence::{At, CallRecord, Evidence, Fault, What};
use crate::world::setup::PROMPT_AGENT;

/// Waits by kind of fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resumes {
    /// Milliseconds, and the call.
    pub(crate) waits: Vec<(i64, String)>,
    /// The same from the start of the new process, where there is one node.
    pub(crate) from_start: Vec<(i64, String)>,
    /// Calls that were cut short by the next fault before they could be dialed.
    pub(crate) cut_short: usize,
}

/// What was measured.
pub(crate) fn resumes(evidence: &Evidence, promise: Promise) -> Resumes {
    let mut resumes = Resumes::default();
    for (n, fault) in evidence.faults.iter().enumerate().filter(|(_, fault)| fault.takes_a_node()) {
        let single = promise.nodes == 1;
        let Some(begin) = (if single { fault.back } else { Some(fault.at) }) else { continue };
        // What hits the dialing side again, or what it stands on, starts another measurement.
        let disturbs = |other: &&Fault| single || other.node.is_none() || other.takes_a_node();
        let next = evidence.faults[n + 1..].iter().find(disturbs).map_or(At::MAX, |other| other.at);
        let waiting = evidence.calls.iter().filter(|call| waited(call, fault.at));
        let mut waits: Vec<(i64, &CallRecord)> = waiting.map(|call| (dialed(call) - begin, call)).collect();
        waits.sort_by_key(|(wait, _)| *wait);
        // Dialed before the node was gone altogether: it did not wait.
        waits.retain(|(wait, _)| *wait >= 0);
        for (place, (wait, call)) in waits.into_iter().enumerate() {
            if place > 0 && call.agent != PROMPT_AGENT {
                continue;
            }
            if begin.saturating_add(wait) > next {
                resumes.cut_short += 1;
            } else {
                let to_ready = if single { fault.ready.map_or(0, |ready| ready - begin) } else { 0 };
                resumes.waits.push(((wait - to_ready).max(0) / 1_000, call.id.clone()));
                resumes.from_start.extend(single.then(|| (wait / 1_000, call.id.clone())));
            }
        }
    }
    resumes.waits.sort();
    resumes.from_start.sort();
    resumes
}

impl Fault {
    /// Whether a node stops dialing by it for longer than a moment.
    fn takes_a_node(&self) -> bool {
        matches!(self.what, What::Kill | What::Term | What::LongStop)
    }
}

/// When it was dialed, or ended without.
fn dialed(call: &CallRecord) -> At {
    call.when("call.dialing").or(call.when("call.ended")).unwrap_or(At::MAX / 2)
}

fn waited(call: &CallRecord, at: At) -> bool {
    call.when("call.queued").is_some_and(|queued| queued < at) && dialed(call) > at
}

pub(super) fn queued_calls_resume(evidence: &Evidence, promise: Promise) -> Finding {
    let mut finding = Finding::new("calls that wait are dialed within 3 s of a restart, 10 s of a node's loss");
    let most = if promise.nodes == 1 { promise.restart_ms } else { promise.loss_ms };
    for (waited, call) in resumes(evidence, promise).waits {
        finding.look((waited > most).then(|| format!("{call} waited {waited} ms")));
    }
    finding
}
