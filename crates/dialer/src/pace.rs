//! Pace of call starts on this node, by trunk and by agent.
//!
//! Kept in memory: one node with SQLite is the whole platform. Across nodes the same algorithm runs on a row of the
//! database (design, section 5).

use std::collections::HashMap;

use app::ports::store::ClaimedCall;
use domain::time::Timestamp;
use domain::{AgentId, TrunkId};
use machines::pacing::{Gcra, Grant};

/// What a limit holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// All calls over one trunk.
    Trunk(TrunkId),
    /// All calls of one agent.
    Agent(AgentId),
}

/// Theoretical arrival times by scope.
#[derive(Debug, Default)]
pub struct Pace {
    arrivals: HashMap<Scope, Timestamp>,
}

impl Pace {
    /// `None` when the call may start now, and then it counts; otherwise when to ask again. Either every limit takes
    /// the call or none does, so that a call which waits for its agent does not eat the trunk's pace.
    pub fn wait_until(&mut self, claimed: &ClaimedCall, now: Timestamp) -> Option<Timestamp> {
        let limits = [
            (Scope::Trunk(claimed.trunk.id), claimed.trunk.calls_per_second),
            (Scope::Agent(claimed.call.agent), claimed.agent_calls_per_second),
        ];
        let mut granted = Vec::with_capacity(limits.len());
        for (scope, rate) in limits {
            // Rates are checked when trunk and agent are saved; one that cannot be kept limits nothing.
            let Some(gcra) = rate.and_then(|rate| Gcra::new(rate, 1).ok()) else { continue };
            match gcra.check(self.arrivals.get(&scope).copied(), now) {
                Grant::Now { new_tat } => granted.push((scope, new_tat)),
                Grant::WaitUntil(until) => return Some(until),
            }
        }
        self.arrivals.extend(granted);
        None
    }
}
