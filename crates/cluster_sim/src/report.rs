//! What a run came to, for people and for programs.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::audit::Verdict;
use crate::measures::{Phase, round};
use crate::scenario::Scenario;
use crate::world::Outcome;

/// Report of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was simulated.
    pub scenario: Scenario,
    /// Phases in order.
    pub phases: Vec<Phase>,
    /// The laws.
    pub verdict: Verdict,
    /// Seconds from the loss of nodes until the last of their calls was queued again or ended.
    pub resumed_after_nodes_s: f64,
    /// Seconds from the database's return to the first create that succeeded.
    pub first_create_after_database_s: f64,
    /// Seconds from the database's return until no node had more waiting than one transaction takes.
    pub caught_up_after_database_s: f64,
    /// The resource that was used most while the load was steady, and how much.
    pub bottleneck: (&'static str, f64),
    /// Calls at once at which it would be used up, if its use grows with the calls.
    pub bottleneck_at_calls: f64,
}

impl Report {
    pub(crate) fn new(scenario: Scenario, outcome: Outcome) -> Self {
        let steady = outcome.phases.iter().find(|phase| phase.name == "steady");
        let bottleneck = steady.and_then(|phase| phase.used.first().copied()).unwrap_or(("none", 0.0));
        let calls = steady.map_or(0, |phase| phase.most_calls) as f64;
        Self {
            bottleneck_at_calls: if bottleneck.1 > 0.0 { round(calls / bottleneck.1) } else { 0.0 },
            bottleneck,
            phases: outcome.phases,
            verdict: outcome.verdict,
            resumed_after_nodes_s: round(outcome.resumed_after_nodes_s),
            first_create_after_database_s: round(outcome.first_create_after_database_s),
            caught_up_after_database_s: round(outcome.caught_up_after_database_s),
            scenario,
        }
    }

    /// The phase of that name.
    pub fn phase(&self, name: &str) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.name == name)
    }

    /// As JSON, one object.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

type Row = (&'static str, fn(&Phase) -> String);

const ROWS: &[Row] = &[
    ("seconds", |p| p.seconds.to_string()),
    ("creates/s", |p| p.creates_per_second.to_string()),
    ("creates refused", |p| p.refused.to_string()),
    ("create, p50 / p99 ms", |p| pair(p.create_ms)),
    ("create to INVITE, unpaced, ms", |p| pair(p.invite_ms)),
    ("claim, ms", |p| pair(p.claim_ms)),
    ("fact to disk, ms", |p| pair(p.append_ms)),
    ("INVITEs/s", |p| p.invites_per_second.to_string()),
    ("facts/s", |p| p.facts_per_second.to_string()),
    ("calls taken by a claim", |p| p.rows_per_claim.to_string()),
    ("put back for each taken", |p| p.postponed_per_call.to_string()),
    ("claims that found nothing/s", |p| p.empty_claims_per_second.to_string()),
    ("jobs in a transaction", |p| p.jobs_per_transaction.to_string()),
    ("transactions/s", |p| p.transactions_per_second.to_string()),
    ("transactions in a flush", |p| p.transactions_per_flush.to_string()),
    ("most calls at once", |p| p.most_calls.to_string()),
    ("most on one node", |p| p.most_calls_on_a_node.to_string()),
    ("calls lost with a node", |p| p.node_lost.to_string()),
    ("calls queued again", |p| p.queued_again.to_string()),
    ("sessions fenced", |p| p.fenced.to_string()),
    ("deliveries/s", |p| p.deliveries_per_second.to_string()),
    ("most deliveries waiting", |p| p.most_deliveries_waiting.to_string()),
];

fn pair((median, tail): (f64, f64)) -> String {
    format!("{median} / {tail}")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scenario = &self.scenario;
        writeln!(
            f,
            "{} nodes, {} calls at once, {} organizations, seed {}\n",
            scenario.nodes, scenario.calls, scenario.organizations, scenario.seed
        )?;
        let names = self.phases.iter().fold(String::new(), |mut names, phase| {
            // Writing to a string cannot fail.
            let _ = write!(names, " {} |", phase.name);
            names
        });
        writeln!(f, "| |{names}\n| --- |{}", " --- |".repeat(self.phases.len()))?;
        for (name, cell) in ROWS {
            write!(f, "| {name} |")?;
            for phase in &self.phases {
                write!(f, " {} |", cell(phase))?;
            }
            writeln!(f)?;
        }
        self.resources(f)?;
        let verdict = &self.verdict;
        writeln!(
            f,
            "\n{} calls: {} rang twice, {} never ended, {} ended twice, {} forgotten; {} INVITEs after the end",
            verdict.calls,
            verdict.double_dials,
            verdict.never_ended,
            verdict.ended_twice,
            verdict.forgotten,
            verdict.invites_after_the_end
        )?;
        if scenario.faults.killed + scenario.faults.paused > 0 {
            writeln!(
                f,
                "after the loss of nodes the last of their calls was resolved in {} s",
                self.resumed_after_nodes_s
            )?;
        }
        if scenario.faults.database_gone_s > 0 {
            writeln!(
                f,
                "after the database came back: first create {} s, writers caught up {} s",
                self.first_create_after_database_s, self.caught_up_after_database_s
            )?;
        }
        writeln!(
            f,
            "first bottleneck: {} at {:.0} %; used up at about {:.0} calls at once",
            self.bottleneck.0,
            self.bottleneck.1 * 100.0,
            self.bottleneck_at_calls
        )
    }
}

impl Report {
    /// Use of every resource by phase, in the order of the steady phase.
    fn resources(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(order) = self.phase("steady").or(self.phases.first()) else { return Ok(()) };
        for (name, _) in &order.used {
            write!(f, "| used: {name} |")?;
            for phase in &self.phases {
                let share = phase.used.iter().find(|(other, _)| other == name).map_or(0.0, |(_, share)| *share);
                write!(f, " {:.1} % |", share * 100.0)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
