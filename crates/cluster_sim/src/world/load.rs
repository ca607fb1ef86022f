//! Whose calls come how often.

use super::{Event, World};
use crate::agenda::{SECOND, Us};
use crate::rows::NodeIx;

/// Shares of the calls by tenant, summed up: the n-th has a share that falls with 1/n.
pub(super) fn shares(organizations: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (1..=organizations)
        .map(|n| {
            sum += 1.0 / n as f64;
            sum
        })
        .collect();
    sums.into_iter().map(|share| share / sum).collect()
}

impl World {
    /// Calls that start a second when the load neither grows nor falls.
    pub(super) fn steady_rate(&self) -> f64 {
        self.scenario.calls as f64 / self.scenario.costs.call_s()
    }

    /// Pace of the biggest tenant's trunk: a quarter above what it needs, so that it binds while the load grows.
    pub(super) fn biggest_pace(&self) -> f64 {
        self.shares[0] * self.steady_rate() * 1.25
    }

    /// Calls that start a second at this moment: first as many as lead to `calls` at once by the end of the ramp.
    fn rate(&self) -> f64 {
        let (ramp, call) = (self.scenario.ramp_s as f64, self.scenario.costs.call_s());
        if self.now < self.scenario.ramp_s * SECOND {
            self.steady_rate() / (1.0 - (-ramp / call).exp())
        } else {
            self.steady_rate()
        }
    }

    pub(super) fn plan_create(&mut self) {
        if self.creating {
            let wait: Us = self.random.exponential(SECOND as f64 / self.rate());
            self.agenda.plan(self.now + wait, Event::Create);
        }
    }

    pub(super) fn some_organization(&mut self) -> u16 {
        let drawn = self.random.unit();
        self.shares.partition_point(|share| *share < drawn) as u16
    }

    /// A node that answers its health checks.
    pub(super) fn some_node(&mut self) -> Option<NodeIx> {
        for _ in 0..4 * self.nodes.len() {
            let node = self.random.below(self.nodes.len());
            if self.nodes[node].alive && self.nodes[node].paused_until <= self.now {
                return Some(node as NodeIx);
            }
        }
        None
    }
}
