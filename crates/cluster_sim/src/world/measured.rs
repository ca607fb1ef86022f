//! What a phase came to.

use super::faults::PHASES;
use super::{Event, World};
use crate::agenda::SECOND;
use crate::measures::{Phase, round};

impl World {
    /// Once a second.
    pub(super) fn look(&mut self) {
        self.deliver();
        let busy = self.nodes.iter().any(|node| node.alive && node.jobs.len() > super::writers::BATCH);
        if self.moments.database_back > 0 && self.moments.writers_idle.is_none() && !busy {
            self.moments.writers_idle = Some(self.now);
        }
        if self.anything_left() || self.outbox > 0 {
            self.agenda.plan(self.now + SECOND, Event::Look);
        }
    }

    pub(super) fn end_phase(&mut self) {
        let name = PHASES[self.begun.min(PHASES.len() - 1)];
        self.begun += 1;
        let seconds = (self.now - self.counters.begun) as f64 / SECOND as f64;
        if seconds == 0.0 {
            return;
        }
        let counted = &self.counters;
        let each = |whole: u64, parts: u64| if parts == 0 { 0.0 } else { round(whole as f64 / parts as f64) };
        let rate = |count: u64| round(count as f64 / seconds);
        self.phases.push(Phase {
            name,
            seconds: round(seconds),
            creates_per_second: rate(counted.created),
            refused: counted.refused,
            create_ms: (counted.create.ms(50.0), counted.create.ms(99.0)),
            invite_ms: (counted.invite.ms(50.0), counted.invite.ms(99.0)),
            claim_ms: (counted.claim.ms(50.0), counted.claim.ms(99.0)),
            append_ms: (counted.append.ms(50.0), counted.append.ms(99.0)),
            invites_per_second: rate(counted.invites),
            facts_per_second: rate(counted.facts),
            rows_per_claim: each(counted.claimed, counted.claims),
            postponed_per_call: each(counted.postponed, counted.claimed),
            empty_claims_per_second: rate(counted.empty_claims),
            jobs_per_transaction: each(counted.jobs, counted.batches),
            transactions_per_second: rate(self.database.used.transactions - self.baseline.transactions),
            transactions_per_flush: each(
                self.database.used.transactions - self.baseline.transactions,
                self.database.used.flushes - self.baseline.flushes,
            ),
            most_calls_on_a_node: counted.most_calls_on_a_node,
            most_calls: counted.most_calls,
            node_lost: counted.node_lost,
            queued_again: counted.queued_again,
            fenced: counted.fenced,
            deliveries_per_second: rate(counted.deliveries),
            most_deliveries_waiting: counted.most_backlog,
            used: self.used(seconds),
        });
    }

    /// Share of each resource that was in use, the most used first.
    fn used(&self, seconds: f64) -> Vec<(&'static str, f64)> {
        let (costs, counted) = (&self.scenario.costs, &self.counters);
        let nodes = self.scenario.nodes as f64;
        let us = seconds * SECOND as f64;
        let database = self.database.used(self.now);
        let processor = (database.processor_us - self.baseline.processor_us) as f64;
        let on_a_node = counted.most_calls as f64 / nodes;
        let mut used = vec![
            ("database processors", processor / us / costs.database_cores as f64),
            ("pace row of the biggest trunk", (database.locked_us - self.baseline.locked_us) as f64 / us),
            ("writers of the nodes", counted.writer_us as f64 / us / nodes / self.scenario.rules.writers as f64),
            ("processors of a node", on_a_node * costs.call_cpu / costs.node_cores as f64),
            ("media ports of a node", on_a_node * 2.0 / costs.media_ports as f64),
            ("descriptors of a node", on_a_node * 4.0 / costs.descriptors as f64),
            ("bus messages", counted.bus_messages as f64 / seconds / costs.bus_messages),
            ("deliveries under way", self.deliveries_under_way(seconds)),
        ];
        for (_, share) in &mut used {
            *share = round(*share);
        }
        used.sort_by(|a, b| b.1.total_cmp(&a.1));
        used
    }

    /// By Little's law.
    fn deliveries_under_way(&self, seconds: f64) -> f64 {
        let costs = &self.scenario.costs;
        let under_way = self.counters.deliveries as f64 / seconds * costs.receiver_us as f64 / SECOND as f64;
        under_way / (self.scenario.nodes * costs.deliveries_at_once) as f64
    }
}
