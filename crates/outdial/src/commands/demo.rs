//! `outdial demo`: from nothing to two telephone calls and their records, on this machine and by nothing else.
//!
//! Everything in it is the real thing: a server with its database, models and API, a far end that hears SIP and RTP on
//! loopback, and calls that are created over HTTP.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use api::wire::calls::Call;
use api::wire::events::{CallEvent, Fact};
use callee::Persona;
use callee::scenario::Scenario;
use domain::outcome::{AnsweredBy, CallStatus, EndReason};
use serde_json::{Value, json};

use super::{follow, summary};
use crate::cli::Demo;
use crate::config::{self, Config};
use crate::output::Output;
use crate::signals::Signals;
use crate::stage::{self, Stage};
use crate::telemetry;

/// A person who answers, asks back into the agent's words, and says yes in the end.
const PERSON: &str = "+15550100001";
/// A voicemail with a beep.
const VOICEMAIL: &str = "+15550100002";
const AGENT: &str = "lead-callback";

/// Runs the demo.
pub async fn run(args: &Demo, output: Output) -> Result<ExitCode> {
    let begun = Instant::now();
    let config = configuration(args)?;
    telemetry::start(&config.log)?;
    let example = args.root.join("examples").join(AGENT);
    let agents = BTreeMap::from([(AGENT.to_owned(), example.join("agent.yaml"))]);
    let stage = Stage::start(config, &agents)
        .await
        .context("run the demo from the project's folder, or name it with --root")?;
    for (number, scenario) in [(PERSON, "interruption.yaml"), (VOICEMAIL, "voicemail.yaml")] {
        stage.far_end.assign(number, persona(&example.join("scenarios").join(scenario))?)?;
    }
    let address = stage.server.address;
    headline(&format!("server ready in {:.1} s at http://{address}", begun.elapsed().as_secs_f32()), output)?;

    let mut well = true;
    let variables = json!({ "name": "Maria", "product": "solar panels" });
    headline("first call: a person, who interrupts", output)?;
    well &= call(&stage, PERSON, &variables, output, went_well_with_a_person).await?;
    headline("second call: a voicemail", output)?;
    well &= call(&stage, VOICEMAIL, &variables, output, went_well_with_a_machine).await?;

    headline(&format!("two calls in {:.0} s", begun.elapsed().as_secs_f32()), output)?;
    if args.keep {
        keep_running(&stage, output).await?;
    }
    stage.stop(Duration::from_secs(2)).await;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn configuration(args: &Demo) -> Result<Config> {
    let config = config::load(&config::Flags::default(), std::env::vars())?;
    let mut config = stage::configuration(config, args.root.join("data").join("demo"));
    config.server.listen = args.listen;
    config.speech.models_dir = args.root.join("models");
    config.log.level = "warn".into();
    Ok(config)
}

fn persona(scenario: &Path) -> Result<Persona> {
    let text = std::fs::read_to_string(scenario).with_context(|| scenario.display().to_string())?;
    let scenario = Scenario::parse(&text).with_context(|| scenario.display().to_string())?;
    Ok(scenario.who_answers()?)
}

async fn call(
    stage: &Stage,
    to: &str,
    variables: &Value,
    output: Output,
    went_well: fn(&Call, &[CallEvent]) -> Result<(), String>,
) -> Result<bool> {
    let body = json!({ "agent": AGENT, "to": to, "variables": variables });
    let placed: Call = stage.client.post("/v1/calls", &body).await?;
    follow::show(&stage.client, &placed.id, output).await?;
    let (call, events) = stage.record(&placed.id).await?;
    summary::print(&call, &events, &stage.config.recordings_dir(), output)?;
    if let Err(why) = went_well(&call, &events) {
        output.line(&format!("  this did not go as it should: {why}"))?;
        return Ok(false);
    }
    Ok(true)
}

fn went_well_with_a_person(call: &Call, events: &[CallEvent]) -> Result<(), String> {
    expect(call.status.0 == CallStatus::Completed, "status is not completed")?;
    expect(call.answered_by.0 == AnsweredBy::Human, "the person was not taken for one")?;
    expect(call.outcome.is_some(), "there is no outcome")?;
    let interrupted = events.iter().any(|e| matches!(&e.fact, Fact::Turn(turn) if turn.interrupted));
    expect(interrupted, "nobody was interrupted")?;
    expect(call.recording_url.is_some(), "there is no recording")
}

fn went_well_with_a_machine(call: &Call, _: &[CallEvent]) -> Result<(), String> {
    expect(call.status.0 == CallStatus::Completed, "status is not completed")?;
    expect(call.answered_by.0 == AnsweredBy::Machine, "the machine was not taken for one")?;
    let left = call.end_reason.as_ref().is_some_and(|r| r.0 == EndReason::VoicemailMessageLeft);
    expect(left, "no message was left")
}

fn expect(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn headline(text: &str, output: Output) -> Result<()> {
    if output.json {
        return Ok(());
    }
    output.line("")?;
    Ok(output.line(&format!("── {text} {}", "─".repeat(72_usize.saturating_sub(text.chars().count()))))?)
}

async fn keep_running(stage: &Stage, output: Output) -> Result<()> {
    let (address, key) = (stage.server.address, stage.config.admin_key_file());
    output.line(&format!("still listening on http://{address}; the key is in {}", key.display()))?;
    output.line("place another call from a second terminal:")?;
    output.line(&format!("  export OUTDIAL_URL=http://{address} OUTDIAL_API_KEY=$(cat {})", key.display()))?;
    output.line(&format!(
        "  ./target/debug/outdial calls create --agent {AGENT} --to {PERSON} --var name=Sam --var product=lamps --follow"
    ))?;
    output.line("stop the server with Ctrl-C")?;
    Signals::listen()?.next().await;
    Ok(())
}
