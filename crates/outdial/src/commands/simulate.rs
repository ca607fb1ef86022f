//! `outdial simulate`: simulated callees against agents, with assertions. CI for conversations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use callee::scenario::{Report, Scenario, run_scenario};

use crate::cli::Simulate;
use crate::config;
use crate::output::Output;
use crate::stage::{self, Stage};
use crate::telemetry;

/// Numbers that scenarios are called on, one each, counting up.
const FIRST_NUMBER: u64 = 15_550_200_000;

/// Runs the scenarios one after the other. Succeeds when every check passed.
pub async fn run(args: &Simulate, output: Output) -> Result<ExitCode> {
    let config = config::load(&args.server.flags(), std::env::vars())?;
    telemetry::start(&config.log)?;
    let scenarios = args.scenarios.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
    let agents: BTreeMap<String, PathBuf> = scenarios
        .iter()
        .zip(&args.scenarios)
        .map(|(scenario, file)| (scenario.agent.clone(), stage::definition_beside(file)))
        .collect();
    let data_dir = config.data.dir.join("simulate");
    let stage = Stage::start(stage::configuration(config, data_dir), &agents).await?;
    let mut report = Report::default();
    for (number, scenario) in (FIRST_NUMBER..).zip(&scenarios) {
        let done = run_scenario(scenario, &format!("+{number}"), &stage.far_end, &stage).await;
        report.scenarios.push(done);
    }
    stage.stop(Duration::from_secs(2)).await;
    if let Some(path) = &args.junit {
        std::fs::write(path, report.junit()).with_context(|| path.display().to_string())?;
    }
    if output.json {
        output.value(&report.json())?;
    } else {
        output.line(report.terminal().trim_end())?;
    }
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(file: &Path) -> Result<Scenario> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Scenario::parse(&text).with_context(|| file.display().to_string())
}
