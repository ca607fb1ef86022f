//! What is counted while the simulation runs, by phase.

use serde::Serialize;

use crate::agenda::Us;

/// Neighbouring buckets differ by this factor; a quantile is right to within it.
const STEP: f64 = 1.08;
const BUCKETS: usize = 320;

/// Times in buckets that grow.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    buckets: Vec<u32>,
    count: u64,
}

impl Times {
    pub(crate) fn new() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0 }
    }

    pub(crate) fn add(&mut self, time: Us) {
        let bucket = (time.max(1) as f64).ln() / STEP.ln();
        self.buckets[(bucket as usize).min(BUCKETS - 1)] += 1;
        self.count += 1;
    }

    /// Milliseconds that so many of a hundred do not exceed; zero without any.
    pub(crate) fn ms(&self, percent: f64) -> f64 {
        let wanted = (self.count as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                return round(STEP.powf(bucket as f64 + 0.5) / 1_000.0);
            }
        }
        0.0
    }
}

/// Three digits are what a simulation is worth.
pub(crate) fn round(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

/// Counters of one phase.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    pub(crate) begun: Us,
    pub(crate) created: u64,
    pub(crate) refused: u64,
    pub(crate) invites: u64,
    pub(crate) ended: u64,
    pub(crate) node_lost: u64,
    pub(crate) queued_again: u64,
    pub(crate) fenced: u64,
    pub(crate) facts: u64,
    pub(crate) claims: u64,
    pub(crate) empty_claims: u64,
    pub(crate) claimed: u64,
    pub(crate) postponed: u64,
    pub(crate) deliveries: u64,
    pub(crate) bus_messages: u64,
    pub(crate) rows_renewed: u64,
    pub(crate) most_calls: usize,
    pub(crate) most_calls_on_a_node: usize,
    pub(crate) most_backlog: u64,
    pub(crate) writer_us: u64,
    pub(crate) jobs: u64,
    pub(crate) batches: u64,
    pub(crate) create: Times,
    pub(crate) invite: Times,
    pub(crate) append: Times,
    pub(crate) claim: Times,
}

impl Counters {
    pub(crate) fn new(begun: Us) -> Self {
        Self {
            begun,
            created: 0,
            refused: 0,
            invites: 0,
            ended: 0,
            node_lost: 0,
            queued_again: 0,
            fenced: 0,
            facts: 0,
            claims: 0,
            empty_claims: 0,
            claimed: 0,
            postponed: 0,
            deliveries: 0,
            bus_messages: 0,
            rows_renewed: 0,
            most_calls: 0,
            most_calls_on_a_node: 0,
            most_backlog: 0,
            writer_us: 0,
            jobs: 0,
            batches: 0,
            create: Times::new(),
            invite: Times::new(),
            append: Times::new(),
            claim: Times::new(),
        }
    }
}

/// One phase of a run, as it is reported.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Phase {
    /// Its name.
    pub name: &'static str,
    /// Seconds that it lasted.
    pub seconds: f64,
    /// Creates that were answered with success, a second.
    pub creates_per_second: f64,
    /// Creates that were answered with 503.
    pub refused: u64,
    /// Create to its answer, median and 99th percentile, in milliseconds.
    pub create_ms: (f64, f64),
    /// Create to INVITE, of calls that no pace holds back.
    pub invite_ms: (f64, f64),
    /// A claim, from asking to having.
    pub claim_ms: (f64, f64),
    /// A fact, from noting to having it on disk.
    pub append_ms: (f64, f64),
    /// INVITEs a second.
    pub invites_per_second: f64,
    /// Facts a second.
    pub facts_per_second: f64,
    /// Calls that a claim took, and calls whose turn had not come, for one claim.
    pub rows_per_claim: f64,
    /// Calls that a claim looked at and put back, for each that it took.
    pub postponed_per_call: f64,
    /// Claims that found nothing, a second.
    pub empty_claims_per_second: f64,
    /// Jobs in one transaction of a node's writer.
    pub jobs_per_transaction: f64,
    /// Transactions a second.
    pub transactions_per_second: f64,
    /// Transactions that share a flush of the log.
    pub transactions_per_flush: f64,
    /// Most calls at once.
    pub most_calls: usize,
    /// Most calls at once on one node.
    pub most_calls_on_a_node: usize,
    /// Calls that were declared lost with their node.
    pub node_lost: u64,
    /// Calls that came back to the queue because their node was lost before it dialed.
    pub queued_again: u64,
    /// Sessions that found their call in other hands.
    pub fenced: u64,
    /// Deliveries of webhooks a second.
    pub deliveries_per_second: f64,
    /// Most deliveries that waited.
    pub most_deliveries_waiting: u64,
    /// Use of each resource, the most used first: name and share.
    pub used: Vec<(&'static str, f64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_within_a_bucket() {
        let mut times = Times::new();
        (1..=1_000).for_each(|n| times.add(n * 1_000));
        assert!((times.ms(50.0) / 500.0 - 1.0).abs() < 0.08, "{}", times.ms(50.0));
        assert!((times.ms(99.0) / 990.0 - 1.0).abs() < 0.08, "{}", times.ms(99.0));
        assert_eq!(Times::new().ms(50.0), 0.0);
    }

    #[test]
    fn three_digits_are_kept() {
        assert_eq!(round(123_456.0), 123_000.0);
        assert_eq!(round(0.012_345), 0.012_3);
        assert_eq!(round(0.0), 0.0);
    }
}
