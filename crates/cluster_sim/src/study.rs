//! Many runs side by side: what each relief changes, and how the bottleneck moves with the number of nodes.

use std::fmt;

use serde::Serialize;

use crate::measures::Phase;
use crate::report::Report;
use crate::scenario::{Append, Heartbeat, Pace, Scenario, Wake};
use crate::simulate;

/// A change of the rules with its name.
pub struct Relief {
    /// What is changed.
    pub name: &'static str,
    /// The change.
    pub change: fn(&mut Scenario),
}

/// What can be done, one at a time and then together.
pub fn reliefs() -> Vec<Relief> {
    let relief = |name, change| Relief { name, change };
    vec![
        relief("as it is", |_| {}),
        relief("a create wakes every node", |s| s.rules.wake = Wake::All),
        relief("no lines: due again when pace allows one", |s| s.rules.pace = Pace::DueAgain),
        relief("a locked pace row is skipped", |s| s.rules.pace = Pace::LineSkipLocked),
        relief("one heartbeat row a node", |s| s.rules.heartbeat = Heartbeat::Node),
        relief("claims of 128", |s| s.rules.claim_batch = 128),
        relief("four writers a node", |s| s.rules.writers = 4),
        relief("facts in many-row statements", |s| s.rules.append = Append::ManyRows),
        relief("twice the database's processors", |s| s.costs.database_cores *= 2),
        relief("four cells", |s| *s = s.clone().with_nodes(s.nodes / 4)),
        relief("pace, heartbeat, claims, many rows", |s| {
            s.rules.pace = Pace::LineSkipLocked;
            s.rules.heartbeat = Heartbeat::Node;
            s.rules.claim_batch = 128;
            s.rules.append = Append::ManyRows;
        }),
    ]
}

/// Runs side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Study {
    /// Name and report of each.
    pub runs: Vec<(String, Report)>,
}

impl Study {
    /// The scenario under each relief, without misfortunes: what is asked is how much it carries.
    pub fn of_reliefs(scenario: &Scenario) -> Self {
        let runs = reliefs().into_iter().map(|relief| {
            let mut relieved = scenario.clone().calm();
            (relief.change)(&mut relieved);
            (relief.name.to_owned(), simulate(relieved))
        });
        Self { runs: runs.collect() }
    }

    /// The scenario with each number of nodes, each with its share of the load.
    pub fn of_nodes(scenario: &Scenario, nodes: &[usize]) -> Self {
        let runs = nodes.iter().map(|nodes| {
            let sized = scenario.clone().calm().with_nodes(*nodes);
            (format!("{nodes} nodes"), simulate(sized))
        });
        Self { runs: runs.collect() }
    }

    /// As JSON, one object.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl fmt::Display for Study {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| | calls at once | creates/s | create p50 / p99 ms | to INVITE p50 / p99 ms | fact to disk p50 / p99 ms | \
             database processors | writers | first bottleneck | used up at calls |"
        )?;
        writeln!(f, "|{}", " --- |".repeat(10))?;
        for (name, report) in &self.runs {
            let Some(phase) = report.phase("steady") else { continue };
            let used = |name: &str| {
                phase.used.iter().find(|(other, _)| *other == name).map_or(0.0, |(_, share)| share * 100.0)
            };
            let Phase { create_ms, invite_ms, append_ms, .. } = phase;
            writeln!(
                f,
                "| {name} | {} | {} | {} / {} | {} / {} | {} / {} | {:.1} % | {:.1} % | {} {:.0} % | {:.0} |",
                phase.most_calls,
                phase.creates_per_second,
                create_ms.0,
                create_ms.1,
                invite_ms.0,
                invite_ms.1,
                append_ms.0,
                append_ms.1,
                used("database processors"),
                used("writers of the nodes"),
                report.bottleneck.0,
                report.bottleneck.1 * 100.0,
                report.bottleneck_at_calls,
            )?;
        }
        Ok(())
    }
}
