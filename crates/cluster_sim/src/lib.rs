//! A cluster on paper: a seeded discrete-event simulation of nodes, one database server and everything that fails.
//!
//! Law: the same scenario gives the same report on every machine. Time is an argument, chance comes from the seed, and
//! the laws of the product (at most one INVITE per call, every accepted call ends once) are held against a log that
//! the simulated far end keeps. What things cost is told in [`Costs`], each with its source in `docs/scaling.md`.
//!
//! It answers where the first bottleneck lies and what a rule is for. It cannot answer how fast the code is: that is
//! what benchmarks are for, and they feed it.

mod agenda;
mod audit;
mod costs;
mod database;
mod measures;
mod random;
mod report;
mod rows;
mod scenario;
mod study;
mod world;

pub use audit::Verdict;
pub use costs::Costs;
pub use measures::Phase;
pub use report::Report;
pub use scenario::{Append, Faults, Heartbeat, Pace, Replication, Rules, Scenario, Wake};
pub use study::{Relief, Study, reliefs};

use world::World;

/// Runs a scenario to its end.
pub fn simulate(scenario: Scenario) -> Report {
    let outcome = World::new(scenario.clone()).run();
    Report::new(scenario, outcome)
}
