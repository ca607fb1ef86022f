//! Claims: a node with room takes what is due, and the pace of a trunk is kept by a row that claims lock in turn.

use domain::time::Timestamp;
use machines::pacing::Grant;

use super::World;
use super::transactions::{Cost, Work};
use crate::agenda::{MS, SECOND, Us};
use crate::rows::{CallIx, NodeIx, Row, State};
use crate::scenario::Pace;

/// Only the biggest tenant has a pace that can bind.
const PACED: u16 = 0;
/// When calls that were left to another claim are looked at again.
const LEFT: Us = 20 * MS;

impl World {
    /// Rings a node's bell: it claims, or claims once more when the claim under way is answered.
    pub(super) fn wake(&mut self, node: NodeIx) {
        let waking = &mut self.nodes[node as usize];
        if !waking.alive || waking.paused_until > self.now {
            return;
        }
        let room = self.scenario.calls_per_node.saturating_sub(waking.sessions);
        if room == 0 {
            return;
        }
        if waking.claiming {
            waking.woken = true;
            return;
        }
        if !self.rows.has_due(self.now) && self.database.is_up() {
            // A read that finds nothing; it costs the database a statement and nobody waits for it.
            self.counters.empty_claims += 1;
            self.database.used.processor_us += self.scenario.costs.statement_us;
            return;
        }
        self.claim(node, room.min(self.scenario.rules.claim_batch));
    }

    fn claim(&mut self, node: NodeIx, limit: usize) {
        self.nodes[node as usize].claiming = true;
        self.nodes[node as usize].woken = false;
        let mut calls = if self.database.is_up() { self.rows.lock_due(self.now, limit) } else { Vec::new() };
        if self.scenario.rules.pace == Pace::OwnSlotSkipLocked && self.database.is_locked(u32::from(PACED)) {
            let (left, taken) = calls.into_iter().partition(|call| self.organizations[*call as usize] == PACED);
            self.leave(left);
            calls = taken;
        }
        // Look, take, calls, trunks, limits, pace, lease.
        let cost = Cost { statements: 7, rows: 3 * (calls.len() as u64).saturating_sub(1) };
        let mut locks: Vec<u32> = calls.iter().map(|call| u32::from(self.organizations[*call as usize])).collect();
        locks.retain(|organization| *organization == u32::from(PACED));
        self.begin(node, Work::Claim(calls), cost, locks);
    }

    /// Calls that somebody else's claim decides about are looked at again a moment later.
    fn leave(&mut self, calls: Vec<CallIx>) {
        for call in calls {
            let row = self.rows.get(call);
            self.rows.set(self.now, call, Row { due: self.now + LEFT, ..row });
        }
    }

    /// What the claim gets: calls with their new epochs. The others are due when their trunk's pace lets them.
    pub(super) fn claimed(&mut self, node: NodeIx, calls: &[CallIx]) -> Vec<(CallIx, u32)> {
        let now = timestamp(self.now);
        let lease_until = self.now + self.scenario.lease();
        let period = (SECOND as f64 / self.biggest_pace()) as Us;
        let mut in_line = 0;
        let mut claimed = Vec::with_capacity(calls.len());
        for call in calls {
            let row = self.rows.get(*call);
            if row.state != State::Queued {
                continue;
            }
            if self.organizations[*call as usize] == PACED
                && let Some(pace) = self.pace
            {
                match pace.check(self.arrival, now) {
                    Grant::Now { new_tat } => self.arrival = Some(new_tat),
                    Grant::WaitUntil(at) => {
                        self.counters.postponed += 1;
                        let due = u64::try_from(at.as_microsecond()).unwrap_or(self.now).max(self.now + 1);
                        let due = due + in_line * period;
                        in_line += u64::from(self.scenario.rules.pace != Pace::NextSlot);
                        self.rows.set(self.now, *call, Row { due, ..row });
                        continue;
                    }
                }
            }
            let epoch = row.epoch + 1;
            self.rows.set(self.now, *call, Row { state: State::Held, owner: node, epoch, lease_until, ..row });
            claimed.push((*call, epoch));
        }
        claimed
    }

    pub(super) fn claim_answered(&mut self, node: NodeIx, begun: Us, calls: &[(CallIx, u32)], more: bool) {
        self.counters.claims += 1;
        self.counters.claimed += calls.len() as u64;
        self.counters.claim.add(self.now - begun);
        let claiming = &mut self.nodes[node as usize];
        claiming.claiming = false;
        let again = more || claiming.woken;
        for (call, epoch) in calls {
            self.begin_session(node, *call, *epoch);
        }
        if again {
            self.wake(node);
        }
    }

    pub(super) fn claim_failed(&mut self, node: NodeIx, calls: &[CallIx]) {
        self.rows.unlock(calls);
        let claiming = &mut self.nodes[node as usize];
        claiming.claiming = false;
        // It may have been done; the poll, a second away at most, asks again.
        claiming.unsure = true;
    }
}

fn timestamp(at: Us) -> Timestamp {
    Timestamp::from_microsecond(i64::try_from(at).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
}
