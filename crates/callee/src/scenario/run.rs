//! Runs a scenario: sets the far end up, places the call, waits for both ends, checks.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use domain::outcome::{AnsweredBy, CallStatus, EndReason, Outcome};
use domain::transcript::Turn;

use super::check::check;
use super::document::Scenario;
use super::report::{Check, ScenarioReport};
use crate::record::CallView;
use crate::server::Callee;

/// How long the far end may take to notice that the call is over, once the platform says so.
const FAR_END_LIMIT: Duration = Duration::from_secs(10);

/// What is to be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Agent that is to call.
    pub agent: String,
    /// Number to call.
    pub to: String,
    /// Values for the agent's variables.
    pub variables: BTreeMap<String, String>,
}

/// The platform's record of a call that is over.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedCall {
    /// Its id.
    pub id: String,
    /// Status.
    pub status: CallStatus,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// Who picked up.
    pub answered_by: AnsweredBy,
    /// What it came to.
    pub outcome: Option<Outcome>,
    /// Answer to end.
    pub duration_ms: u64,
    /// Who said what.
    pub turns: Vec<Turn>,
    /// Public names of its events, in order.
    pub events: Vec<String>,
}

/// The platform, as a scenario sees it. Errors are sentences for the report.
#[async_trait]
pub trait PlaceCalls: Send + Sync {
    /// Places a call and returns its id.
    async fn place(&self, order: &Order) -> Result<String, String>;
    /// Waits for its end and reads its record. Must give up after `limit`.
    async fn wait_end(&self, call: &str, limit: Duration) -> Result<EndedCall, String>;
}

/// Runs one scenario. `number` is called unless the scenario names one; it must be used by no other call meanwhile.
pub async fn run_scenario(
    scenario: &Scenario,
    number: &str,
    callee: &Callee,
    platform: &dyn PlaceCalls,
) -> ScenarioReport {
    let began = tokio::time::Instant::now();
    let number = scenario.to.as_deref().unwrap_or(number);
    let mut report = ScenarioReport::new(scenario);
    match place_and_wait(scenario, number, callee, platform).await {
        Err(why) => report.checks.push(Check::failed("call", why)),
        Ok((call, view)) => {
            report.checks = check(&scenario.expect, &call, view.as_ref());
            report.call = Some(call.id);
            report.turns = call.turns;
            report.far_end = view;
        }
    }
    report.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    report
}

async fn place_and_wait(
    scenario: &Scenario,
    number: &str,
    callee: &Callee,
    platform: &dyn PlaceCalls,
) -> Result<(EndedCall, Option<CallView>), String> {
    let persona = scenario.who_answers().map_err(|error| error.to_string())?;
    callee.assign(number, persona).map_err(|error| error.to_string())?;
    let invited = callee.counts(number).invites;
    let order = Order { agent: scenario.agent.clone(), to: number.to_owned(), variables: scenario.variables.clone() };
    let id = platform.place(&order).await?;
    let limit = Duration::from_secs(scenario.limit_s);
    // The platform is asked to keep the limit; this holds when it does not.
    let ended = tokio::time::timeout(limit + FAR_END_LIMIT, platform.wait_end(&id, limit)).await;
    let ended = ended.map_err(|_| format!("the call did not end within {} s", scenario.limit_s))??;
    if callee.counts(number).invites == invited {
        return Ok((ended, None));
    }
    let view = callee.wait_call(FAR_END_LIMIT, |view| view.number == number && view.ended_by.is_some()).await;
    Ok((ended, view))
}
