//! What came of scenarios: for people in a terminal, for programs as JSON, for CI as `JUnit` XML.

use std::fmt::Write as _;

use domain::transcript::{Speaker, Turn};
use serde::Serialize;

use super::document::Scenario;
use crate::record::CallView;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub name: String,
    /// Whether it is as expected.
    pub passed: bool,
    /// What was found.
    pub detail: String,
}

impl Check {
    pub(super) fn new(name: String, passed: bool, detail: String) -> Self {
        Self { name, passed, detail }
    }

    pub(super) fn failed(name: &str, detail: String) -> Self {
        Self { name: name.to_owned(), passed: false, detail }
    }
}

/// What came of one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioReport {
    /// Name of the scenario.
    pub scenario: String,
    /// Agent that called.
    pub agent: String,
    /// Id of the call, once there was one.
    pub call: Option<String>,
    /// Everything that was looked at.
    pub checks: Vec<Check>,
    /// Who said what, by the platform's record.
    pub turns: Vec<Turn>,
    /// The call as the far end saw it.
    pub far_end: Option<CallView>,
    /// How long it took.
    pub took_ms: u64,
}

impl ScenarioReport {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self {
            scenario: scenario.name.clone(),
            agent: scenario.agent.clone(),
            call: None,
            checks: Vec::new(),
            turns: Vec::new(),
            far_end: None,
            took_ms: 0,
        }
    }

    /// Whether everything is as expected.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// In the order they were run.
    pub scenarios: Vec<ScenarioReport>,
}

impl Report {
    /// Whether everything is as expected.
    pub fn passed(&self) -> bool {
        self.scenarios.iter().all(ScenarioReport::passed)
    }

    /// For a terminal: one line a scenario, and all that is known of those that failed.
    pub fn terminal(&self) -> String {
        let mut out = String::new();
        for scenario in &self.scenarios {
            let word = if scenario.passed() { "pass" } else { "FAIL" };
            let seconds = scenario.took_ms as f64 / 1_000.0;
            let good = scenario.checks.iter().filter(|check| check.passed).count();
            let all = scenario.checks.len();
            let _ = writeln!(
                out,
                "{word}  {} ({}; {good} of {all} checks, {seconds:.1} s)",
                scenario.scenario, scenario.agent
            );
            if !scenario.passed() {
                describe(&mut out, scenario);
            }
        }
        let failed = self.scenarios.iter().filter(|scenario| !scenario.passed()).count();
        let _ = writeln!(out, "{} scenarios, {failed} failed", self.scenarios.len());
        out
    }

    /// As JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "passed": self.passed(), "scenarios": self.scenarios })
    }

    /// As `JUnit` XML: a test case a scenario.
    pub fn junit(&self) -> String {
        let failed = self.scenarios.iter().filter(|scenario| !scenario.passed()).count();
        let all = self.scenarios.len();
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"outdial simulate\" tests=\"{all}\" failures=\"{failed}\">\n"
        );
        for scenario in &self.scenarios {
            let (name, agent) = (escape(&scenario.scenario), escape(&scenario.agent));
            let seconds = scenario.took_ms as f64 / 1_000.0;
            let _ = writeln!(out, "  <testcase name=\"{name}\" classname=\"{agent}\" time=\"{seconds:.3}\">");
            for check in scenario.checks.iter().filter(|check| !check.passed) {
                let message = escape(&format!("{}: {}", check.name, check.detail));
                let _ = writeln!(out, "    <failure message=\"{message}\"/>");
            }
            let _ = writeln!(out, "  </testcase>");
        }
        out.push_str("</testsuite>\n");
        out
    }
}

fn describe(out: &mut String, scenario: &ScenarioReport) {
    for check in scenario.checks.iter().filter(|check| !check.passed) {
        let _ = writeln!(out, "      {}: {}", check.name, check.detail);
    }
    for turn in &scenario.turns {
        let who = match turn.speaker {
            Speaker::Agent => "agent ",
            Speaker::Callee => "callee",
        };
        let cut = if turn.interrupted { " (cut short)" } else { "" };
        let _ = writeln!(out, "      {:>6.1} s  {who}  {}{cut}", turn.start_ms.0 as f64 / 1_000.0, turn.text);
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
