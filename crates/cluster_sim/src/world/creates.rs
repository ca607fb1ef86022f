//! The way in: a create reaches a node, waits for its writer, and is answered once it is on disk.

use super::writers::Job;
use super::{Event, World};
use crate::rows::{NodeIx, Row, State};
use crate::scenario::Wake;

impl World {
    pub(super) fn create(&mut self) {
        self.plan_create();
        let organization = self.some_organization();
        let Some(node) = self.some_node() else {
            self.counters.refused += 1;
            return;
        };
        let call = self.rows.number();
        self.organizations.push(organization);
        self.created_at.push(self.now);
        self.accepted.push(false);
        self.holders.push(None);
        self.submit(node, Job::Create(call));
    }

    /// The row is written.
    pub(super) fn created(&mut self, call: u32) {
        let row = self.rows.get(call);
        if row.state == State::Absent && row.epoch == 0 {
            self.rows.set(self.now, call, Row { state: State::Queued, due: self.now, facts: 1, ..row });
            self.outbox += 1;
        }
    }

    /// The client has its answer.
    pub(super) fn create_answered(&mut self, call: u32, stored: bool) {
        if !stored {
            self.counters.refused += 1;
            return;
        }
        self.accepted[call as usize] = true;
        self.counters.created += 1;
        self.counters.create.add(self.now - self.created_at[call as usize]);
        if self.moments.database_back > 0 && self.moments.first_create.is_none() {
            self.moments.first_create = Some(self.now);
        }
        self.ring_the_bell();
    }

    /// Tells dialers that there is work.
    fn ring_the_bell(&mut self) {
        match self.scenario.rules.wake {
            Wake::All => {
                self.counters.bus_messages += self.nodes.len() as u64;
                for node in 0..self.nodes.len() {
                    self.wake(node as NodeIx);
                }
            }
            Wake::One => {
                self.counters.bus_messages += 1;
                self.turn = (self.turn + 1) % self.nodes.len();
                self.wake(self.turn as NodeIx);
            }
        }
    }

    pub(super) fn poll(&mut self, node: NodeIx) {
        if self.anything_left() {
            self.agenda.plan(self.now + crate::agenda::SECOND, Event::Poll(node));
        }
        self.wake(node);
    }
}
