//! Heartbeats and sweeps: who renews its leases holds its calls, and what others let lapse is resolved by evidence.
//!
//! Law: never dialed means queued again, may have rung means lost with its node. Two rules keep this right when the
//! database itself was gone; the scenario can take them away to show what they are for.

use std::time::Duration;

use domain::time::Mono;

use super::transactions::{Cost, Work};
use super::writers::Job;
use super::{Event, World};
use crate::agenda::{MS, Us};
use crate::rows::{CallIx, NodeIx, Row, State};
use crate::scenario::Heartbeat;

/// Calls that one sweep takes over (the product's `SWEEP`).
const SWEEP: usize = 500;

impl World {
    pub(super) fn beat(&mut self, node: NodeIx) {
        if self.anything_left() {
            let every = self.scenario.rules.heartbeat_ms * MS;
            self.agenda.plan(self.now + every, Event::Beat(node));
        }
        let rows = match self.scenario.rules.heartbeat {
            Heartbeat::EveryCall => self.rows.owned(node).saturating_sub(1) as u64,
            Heartbeat::Node => 0,
        };
        self.counters.rows_renewed += rows + 1;
        self.begin(
            node,
            Work::Beat(self.now + self.scenario.lease()),
            Cost { statements: 1, rows, ..Cost::default() },
            Vec::new(),
        );
    }

    /// The leases of the calls that the node knows are renewed; what it holds without knowing lapses.
    pub(super) fn beaten(&mut self, node: NodeIx, until: Us) {
        let known_only = self.scenario.rules.renew_known_only;
        let (holders, sessions) = (&self.holders, &self.sessions);
        self.rows.renew(node, until, |call, epoch| {
            !known_only || holders[call as usize].is_some_and(|session| sessions[session as usize].holds(node, epoch))
        });
    }

    fn queue_again(&mut self, call: CallIx, row: Row) {
        self.counters.queued_again += 1;
        self.rows.set(self.now, call, Row { state: State::Queued, due: self.now, ..row });
    }

    pub(super) fn beat_answered(&mut self, node: NodeIx) {
        let now = Mono(Duration::from_micros(self.now));
        let grace = &mut self.nodes[node as usize].grace;
        grace.beaten(now);
        let may_sweep = grace.may_sweep(now);
        if may_sweep || !self.scenario.rules.sweep_after_grace {
            self.sweep(node);
        }
    }

    fn sweep(&mut self, node: NodeIx) {
        let lapsed = self.rows.lapsed(self.now, SWEEP).len() as u64;
        // The look, and only if there is something the rest.
        let cost = if lapsed == 0 {
            Cost { statements: 1, rows: 0, ..Cost::default() }
        } else {
            Cost { statements: 5, rows: 3 * lapsed, ..Cost::default() }
        };
        self.begin(node, Work::Sweep, cost, Vec::new());
    }

    pub(super) fn swept(&mut self, node: NodeIx) -> Vec<(CallIx, u32)> {
        let lease_until = self.now + self.scenario.lease();
        let mut lost = Vec::new();
        for call in self.rows.lapsed(self.now, SWEEP) {
            let row = self.rows.get(call);
            if row.state == State::Held {
                self.queue_again(call, row);
                self.resolved();
            } else {
                let epoch = row.epoch + 1;
                self.rows.set(self.now, call, Row { owner: node, epoch, lease_until, ..row });
                lost.push((call, epoch));
            }
        }
        lost
    }

    pub(super) fn sweep_answered(&mut self, node: NodeIx, lost: &[(CallIx, u32)]) {
        self.end_all(node, lost);
        if lost.len() == SWEEP {
            self.sweep(node);
        }
    }

    fn end_all(&mut self, node: NodeIx, calls: &[(CallIx, u32)]) {
        for (call, epoch) in calls {
            self.submit(node, Job::End { call: *call, epoch: *epoch });
        }
    }
}
