//! `cargo xtask simulate-cluster`: runs the simulation and prints its report.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use cluster_sim::{Replication, Scenario, Study, simulate};

/// A hundred nodes and a hundred thousand calls at once, on paper.
#[derive(Parser, Debug)]
#[command(name = "simulate-cluster")]
struct Args {
    /// Same seed, same report.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Nodes, each with its share of the calls.
    #[arg(long, default_value_t = 100)]
    nodes: usize,
    /// Nothing fails.
    #[arg(long)]
    calm: bool,
    /// Seconds that the database is gone.
    #[arg(long)]
    database_gone_s: Option<u64>,
    /// The replica lags this many milliseconds behind what was answered, instead of not at all.
    #[arg(long)]
    replica_lag_ms: Option<u64>,
    /// Nodes sweep as soon as the database is there again.
    #[arg(long)]
    no_grace: bool,
    /// Many runs side by side instead of one with misfortunes.
    #[arg(long, value_enum)]
    study: Option<Kind>,
    /// JSON instead of tables.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// What each change of the rules brings.
    Reliefs,
    /// 1 to 200 nodes.
    Nodes,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut scenario = Scenario::large(args.seed).with_nodes(args.nodes.clamp(1, 1_000));
    if args.calm {
        scenario = scenario.calm();
    }
    scenario.faults.database_gone_s = args.database_gone_s.unwrap_or(scenario.faults.database_gone_s);
    scenario.rules.sweep_after_grace = !args.no_grace;
    if let Some(lag_ms) = args.replica_lag_ms {
        scenario.rules.replication = Replication::Asynchronous { lag_ms };
    }
    let study = match args.study {
        Some(Kind::Reliefs) => Study::of_reliefs(&scenario),
        Some(Kind::Nodes) => Study::of_nodes(&scenario, &[1, 3, 10, 30, 100, 200]),
        None => return one(scenario, args.json),
    };
    say(&if args.json { study.json() } else { study.to_string() });
    ExitCode::SUCCESS
}

/// A failure when a law was broken.
fn one(scenario: Scenario, json: bool) -> ExitCode {
    let report = simulate(scenario);
    say(&if json { report.json() } else { report.to_string() });
    if report.verdict.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "the report is this program's output")]
fn say(text: &str) {
    println!("{text}");
}
