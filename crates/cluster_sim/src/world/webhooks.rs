//! Deliveries: every node takes rows of the outbox, sends them, and notes what arrived.

use super::transactions::{Cost, Work};
use super::{Event, World};
use crate::rows::NodeIx;

impl World {
    /// Every node with room takes deliveries.
    pub(super) fn deliver(&mut self) {
        self.counters.most_backlog = self.counters.most_backlog.max(self.outbox);
        for node in 0..self.nodes.len() {
            self.take(node as NodeIx);
        }
    }

    fn take(&mut self, node: NodeIx) {
        let taking = &mut self.nodes[node as usize];
        let room = self.scenario.costs.deliveries_at_once as u32 - taking.delivering;
        let count = room.min(u32::try_from(self.outbox).unwrap_or(u32::MAX));
        let running = taking.alive && taking.paused_until <= self.now;
        if count == 0 || taking.taking || !running || !self.database.is_up() {
            return;
        }
        taking.taking = true;
        self.outbox -= u64::from(count);
        self.begin(
            node,
            Work::Take(count),
            Cost { statements: 2, rows: 2 * u64::from(count), ..Cost::default() },
            Vec::new(),
        );
    }

    pub(super) fn taken(&mut self, node: NodeIx, count: u32) {
        let taking = &mut self.nodes[node as usize];
        taking.taking = false;
        taking.delivering += count;
        let wait = self.random.exponential(self.scenario.costs.receiver_us as f64);
        self.agenda.plan(self.now + wait, Event::Delivered(node, count));
        self.take(node);
    }

    /// At least once: what may have been taken is taken again.
    pub(super) fn take_failed(&mut self, node: NodeIx, count: u32) {
        self.nodes[node as usize].taking = false;
        self.outbox += u64::from(count);
    }

    pub(super) fn delivered(&mut self, node: NodeIx, count: u32) {
        self.nodes[node as usize].delivering -= count;
        self.counters.deliveries += u64::from(count);
        self.begin(node, Work::Done, Cost { statements: 1, rows: u64::from(count), ..Cost::default() }, Vec::new());
        self.take(node);
    }
}
