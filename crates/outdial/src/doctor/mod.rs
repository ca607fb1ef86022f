//! `outdial doctor`: looks for what would keep the server from working, each with its remedy.
//!
//! Law: it changes nothing. Every check stands alone, so that one failure does not hide another.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use crate::cli::ServerFlags;
use crate::config;
use crate::output::Output;

mod cluster;
mod host;
mod models;
mod network;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, but not for everything.
    Warning,
    /// Keeps the server from working.
    Failure,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: String,
    /// How it went.
    pub verdict: Verdict,
    /// What was seen.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    fn ok(check: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { check: check.into(), verdict: Verdict::Ok, detail: detail.into(), remedy: None }
    }

    fn warning(check: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { check: check.into(), verdict: Verdict::Warning, detail: detail.into(), remedy }
    }

    fn failure(check: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failure, ..Self::warning(check, detail, remedy) }
    }
}

/// Runs the command: 0 when nothing keeps the server from working.
pub async fn run(flags: &ServerFlags, output: Output) -> Result<ExitCode> {
    let findings = examine(flags).await;
    if output.json {
        output.value(&findings)?;
    } else {
        for finding in &findings {
            output.line(&text(finding))?;
        }
    }
    let failed = findings.iter().any(|finding| finding.verdict == Verdict::Failure);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Every check in order. A configuration that will not do is the only finding where there is one.
pub async fn examine(flags: &ServerFlags) -> Vec<Finding> {
    let config = match config::load(&flags.flags(), std::env::vars()) {
        Ok(config) => config,
        Err(error) => return vec![Finding::failure("configuration", error.to_string(), "see docs/configuration.md")],
    };
    let mut findings = vec![Finding::ok("configuration", "understood")];
    findings.push(network::http(&config).await);
    findings.push(network::sip(&config));
    findings.push(network::rtp(&config));
    findings.push(host::data_dir(&config));
    findings.push(host::disk(&config));
    findings.push(host::clock());
    findings.push(host::time_zones());
    findings.push(host::database(&config).await);
    findings.extend(cluster::nats(&config).await);
    findings.extend(models::all(&config));
    findings.extend(network::language_models(&config));
    findings
}

fn text(finding: &Finding) -> String {
    let mark = match finding.verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Failure => "FAILURE",
    };
    let remedy = finding.remedy.as_ref().map(|remedy| format!("\n          → {remedy}")).unwrap_or_default();
    format!("{mark:<8}  {}: {}{remedy}", finding.check, finding.detail)
}
