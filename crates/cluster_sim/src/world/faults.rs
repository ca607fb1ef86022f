//! The course of a run: load grows, holds, nodes are lost, the database is lost, and at the end everything ends.

use super::sessions::Stage;
use super::{Event, World};
use crate::agenda::{SECOND, Us};
use crate::measures::Counters;
use crate::rows::NodeIx;

/// Phases in order.
pub(super) const PHASES: [&str; 5] = ["ramp", "steady", "nodes lost", "database lost", "drain"];
/// A new node takes the place of a killed one after this long.
const REPLACED: Us = 10 * SECOND;
/// Longer than the longest call.
const DRAINED: Us = 2_000 * SECOND;
/// A paused node stands still for so many leases.
const PAUSED_LEASES: Us = 2;

impl World {
    pub(super) fn plan_phases(&mut self) {
        let (steady, gone) = (self.scenario.steady_s, self.scenario.faults.database_gone_s);
        let nodes_lost = self.scenario.faults.killed + self.scenario.faults.paused > 0;
        let lengths = [
            self.scenario.ramp_s,
            steady,
            if nodes_lost { steady } else { 0 },
            if gone > 0 { steady + gone } else { 0 },
        ];
        let mut begins = 0;
        for (phase, length) in lengths.into_iter().enumerate() {
            begins += length * SECOND;
            self.agenda.plan(begins, Event::Phase(phase as u8 + 1));
        }
    }

    pub(super) fn begin_phase(&mut self, phase: u8) {
        self.end_phase();
        self.counters = Counters::new(self.now);
        self.counters.most_calls = self.live;
        self.baseline = self.database.used(self.now);
        match PHASES[phase as usize] {
            "nodes lost" => self.lose_nodes(),
            "database lost" if self.scenario.faults.database_gone_s > 0 => self.lose_database_for_a_while(),
            "drain" => {
                self.creating = false;
                self.horizon = self.now + DRAINED;
            }
            _ => {}
        }
    }

    fn lose_nodes(&mut self) {
        self.moments.nodes_lost = self.now;
        let (killed, paused) = (self.scenario.faults.killed, self.scenario.faults.paused);
        for node in 0..killed {
            self.kill(node as NodeIx);
            self.agenda.plan(self.now + REPLACED, Event::Start);
        }
        for node in killed..killed + paused {
            self.nodes[node].paused_until = self.now + PAUSED_LEASES * self.scenario.lease();
        }
    }

    /// Everything in its memory is gone, and clients that waited for it have no answer.
    fn kill(&mut self, node: NodeIx) {
        let dying = &mut self.nodes[node as usize];
        dying.alive = false;
        self.live -= dying.sessions;
        dying.sessions = 0;
        dying.jobs.clear();
        for session in &mut self.sessions {
            if session.node == node {
                session.stage = Stage::Over;
            }
        }
    }

    fn lose_database_for_a_while(&mut self) {
        self.moments.database_lost = self.now;
        self.moments.first_create = None;
        self.lose_database();
        self.agenda.plan(self.now + self.scenario.faults.database_gone_s * SECOND, Event::DatabaseBack);
    }

    /// A call of a lost node has been dealt with.
    pub(super) fn resolved(&mut self) {
        if self.moments.database_lost == 0 {
            self.moments.last_resolved = self.now;
        }
    }

    pub(super) fn database_back(&mut self) {
        self.database.come_back();
        self.moments.database_back = self.now;
    }

    /// Whether nodes still have something to do.
    pub(super) fn anything_left(&self) -> bool {
        self.creating || self.live > 0 || self.nodes.iter().any(|node| !node.jobs.is_empty()) || self.rows.open() > 0
    }
}
