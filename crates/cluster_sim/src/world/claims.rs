//! Claims: a node with room takes what is due, and the pace of a trunk is kept by a row that claims lock in turn.

use domain::time::Timestamp;
use machines::pacing::Grant;

use super::World;
use super::transactions::{Cost, Work};
use crate::agenda::{MS, Us};
use crate::rows::{CallIx, NodeIx, Row, State};
use crate::scenario::Pace;

/// Only the biggest tenant has a pace that can bind.
pub(super) const PACED: u16 = 0;
/// When calls that were left to another claim are looked at again.
const LEFT: Us = 20 * MS;
/// Due time of a call that stands in line.
const STANDING: Us = Us::MAX;
/// Calls of a line that one claim looks at (the product's `PER_LINE`).
const PER_LINE: usize = 4;

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
        if !self.rows.has_due(self.now) && !self.line_is_ready() && self.database.is_up() {
            // A read that finds nothing; it costs the database a statement and nobody waits for it.
            self.counters.empty_claims += 1;
            self.database.used.processor_us += self.scenario.costs.statement_us;
            return;
        }
        self.claim(node, room.min(self.scenario.rules.claim_batch));
    }

    fn line_is_ready(&self) -> bool {
        !self.line.is_empty() && self.line_ready_at <= self.now
    }

    fn claim(&mut self, node: NodeIx, limit: usize) {
        self.nodes[node as usize].claiming = true;
        self.nodes[node as usize].woken = false;
        let calls = if self.database.is_up() { self.lock_calls(limit) } else { Vec::new() };
        // Lines and due calls, their calls, trunks and limits; then under the pace row: itself, put in line, take, save,
        // when to look again.
        let cost = Cost { statements: 11, rows: 3 * (calls.len() as u64).saturating_sub(1), unlocked: 5 };
        let mut locks: Vec<u32> = calls.iter().map(|call| u32::from(self.organizations[*call as usize])).collect();
        locks.retain(|organization| *organization == u32::from(PACED));
        self.begin(node, Work::Claim(calls), cost, locks);
    }

    /// Rows that nobody else's claim has: from the line, and those that are due.
    fn lock_calls(&mut self, limit: usize) -> Vec<CallIx> {
        let skip = self.scenario.rules.pace == Pace::LineSkipLocked && self.database.is_locked(u32::from(PACED));
        let mut calls = Vec::new();
        if self.line_is_ready() && !skip {
            calls.extend(self.line.drain(..self.line.len().min(PER_LINE)));
        }
        calls.extend(self.rows.lock_due(self.now, limit));
        if skip {
            let (left, taken) = calls.into_iter().partition(|call| self.organizations[*call as usize] == PACED);
            self.leave(left);
            return taken;
        }
        calls
    }

    /// Calls that somebody else's claim decides about are looked at again a moment later.
    fn leave(&mut self, calls: Vec<CallIx>) {
        for call in calls {
            let row = self.rows.get(call);
            self.rows.set(self.now, call, Row { due: self.now + LEFT, ..row });
        }
    }

    /// What the claim gets: calls with their new epochs. The others wait for their trunk's pace.
    pub(super) fn claimed(&mut self, node: NodeIx, calls: &[CallIx]) -> Vec<(CallIx, u32)> {
        let lease_until = self.now + self.scenario.lease();
        let (mut claimed, mut wait) = (Vec::with_capacity(calls.len()), Vec::new());
        for call in calls {
            let row = self.rows.get(*call);
            if row.state != State::Queued {
                continue;
            }
            if let Some(until) = self.paced_until(*call) {
                self.counters.postponed += 1;
                self.line_ready_at = until;
                wait.push(*call);
                continue;
            }
            let epoch = row.epoch + 1;
            self.rows.set(self.now, *call, Row { state: State::Held, owner: node, epoch, lease_until, ..row });
            claimed.push((*call, epoch));
        }
        self.wait_for_pace(&wait);
        claimed
    }

    /// `None` when the call may start by its trunk's pace, which then counts it.
    fn paced_until(&mut self, call: CallIx) -> Option<Us> {
        if self.organizations[call as usize] != PACED {
            return None;
        }
        match self.pace?.check(self.arrival, timestamp(self.now)) {
            Grant::Now { new_tat } => {
                self.arrival = Some(new_tat);
                None
            }
            Grant::WaitUntil(at) => Some(u64::try_from(at.as_microsecond()).unwrap_or(0).max(self.now + 1)),
        }
    }

    fn wait_for_pace(&mut self, calls: &[CallIx]) {
        // From behind, so that those who stood in line before stand first again, in their order.
        for call in calls.iter().rev() {
            let row = self.rows.get(*call);
            if self.scenario.rules.pace == Pace::DueAgain {
                self.rows.set(self.now, *call, Row { due: self.line_ready_at, ..row });
            } else if row.due == STANDING {
                self.line.push_front(*call);
            }
        }
        for call in calls {
            let row = self.rows.get(*call);
            if self.scenario.rules.pace != Pace::DueAgain && row.due != STANDING {
                self.rows.set(self.now, *call, Row { due: STANDING, ..row });
                self.line.push_back(*call);
            }
        }
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
        let (standing, due): (Vec<_>, Vec<_>) = calls.iter().partition(|call| self.rows.get(**call).due == STANDING);
        self.rows.unlock(&due);
        for call in standing.into_iter().rev().filter(|call| self.rows.get(*call).state == State::Queued) {
            self.line.push_front(call);
        }
        // It may have been done; the poll, a second away at most, asks again.
        self.nodes[node as usize].claiming = false;
    }
}

fn timestamp(at: Us) -> Timestamp {
    Timestamp::from_microsecond(i64::try_from(at).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
}
