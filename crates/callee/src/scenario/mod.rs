//! Scenarios: one simulated callee against one agent, with what must come of it. CI for agents.
//!
//! Law: a scenario knows nothing of how a call is placed; whoever runs it brings [`PlaceCalls`]. What is asserted is
//! looked up on both sides: the platform's record of the call, and the far end's own ears.

mod check;
mod document;
mod report;
mod run;
pub mod word_errors;

pub use document::{AgentHeard, Expect, Scenario, ScenarioError};
pub use report::{Check, Report, ScenarioReport};
pub use run::{EndedCall, Order, PlaceCalls, run_scenario};

#[cfg(test)]
mod tests;
