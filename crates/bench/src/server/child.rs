//! The parent's side: starts a server, knows what it costs, and ends it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use outdial::client::Client;
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use crate::far_end::FarEnd;
use crate::process;

/// Key of the server's only user.
pub(crate) const KEY: &str = "od_bench";
/// Slug of the agent that the calls run on.
pub(crate) const AGENT: &str = "bench";
/// The agent's name for Voicing AI.
pub(crate) const VOICING: &str = "7f3c1b1e-0000-4000-8000-000000000001";
/// The agent's name for Klen AI.
pub(crate) const KLEN: &str = "assistant_bench";
/// The agent's name for Vonage AI Studio.
pub(crate) const VONAGE: &str = "60c09d70e6a68858f4220848";
/// The agent's name for Voxpria.
pub(crate) const VOXPRIA: &str = "agent_bench";

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// Providers that answer at once; the agent asks two questions in turn for ever.
    Stub {
        /// Whether calls are recorded.
        recording: bool,
    },
    /// The same, without a dialer.
    StubWithoutDialer,
    /// The least that could stand in its place.
    Floor,
    /// Embedded models from this folder, with the agent of this file.
    Embedded { models: &'a Path, agent: &'a Path },
}

/// Counters of the media threads since the start.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(crate) struct Counters {
    pub(crate) legs: u64,
    pub(crate) slots: u64,
    pub(crate) late_5ms: u64,
    pub(crate) late_20ms: u64,
    pub(crate) suspensions: u64,
}

/// A running server; killed when dropped.
pub(crate) struct Child {
    process: std::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Client with the key.
    pub(crate) client: Client,
    address: String,
    /// From spawning the process to its line `listening on …`.
    pub(crate) started_in: Duration,
    data: TempDir,
}

impl Child {
    /// Starts a server whose only trunk leads to `far_end`.
    pub(crate) fn start(kind: Kind<'_>, far_end: &FarEnd) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("outdial-bench-").tempdir()?;
        let provision = data.path().join("provision.json");
        std::fs::write(&provision, set_up(kind, far_end)?.to_string())?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("server").arg("--data-dir").arg(data.path().join("data")).arg("--provision").arg(&provision);
        match kind {
            Kind::Embedded { models, .. } => command.arg("--models").arg(models),
            Kind::StubWithoutDialer => command.arg("--no-dialer"),
            Kind::Floor => command.arg("--floor").arg(far_end.address()?.to_string()),
            Kind::Stub { .. } => &mut command,
        };
        // The log goes to a file like a service's, so that writing it costs what it costs.
        let log = std::fs::File::create(data.path().join("log"))?;
        let begun = Instant::now();
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let input = process.stdin.take().context("the server has no standard input")?;
        let mut output = BufReader::new(process.stdout.take().context("the server has no standard output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let started_in = begun.elapsed();
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            let log = std::fs::read_to_string(data.path().join("log")).unwrap_or_default();
            anyhow::bail!("the server did not start: {log}");
        };
        let client = Client::with_key(url, KEY)?;
        let address = url.trim_start_matches("http://").to_owned();
        Ok(Self { process, input, output, client, address, started_in, data })
    }

    /// Where it listens, as `host:port`, for the cheap client.
    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// File of its database.
    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.data.path().join("data").join("outdial.db")
    }

    /// Body of a request that calls `number`.
    pub(crate) fn body(number: &str) -> String {
        json!({ "agent": AGENT, "to": number, "variables": { "name": "Ann", "product": "solar panels" } }).to_string()
    }

    /// Places a call; gives its id.
    pub(crate) async fn call(client: &Client, number: &str) -> Result<String> {
        let body = json!({ "agent": AGENT, "to": number, "variables": { "name": "Ann", "product": "solar panels" } });
        let call: serde_json::Value = client.post("/v1/calls", &body).await?;
        call["id"].as_str().map(str::to_owned).context("a call without id")
    }

    /// Processor time so far, user and system, of all its threads.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        process::cpu(self.process.id())
    }

    /// The same by thread name.
    pub(crate) fn cpu_by_thread(&self) -> Result<std::collections::BTreeMap<String, Duration>> {
        process::cpu_by_thread(self.process.id())
    }

    /// Resident memory in kB.
    pub(crate) fn resident_kb(&self) -> Result<u64> {
        process::resident_kb(self.process.id())
    }

    /// Counters of the media threads.
    pub(crate) fn counters(&mut self) -> Result<Counters> {
        writeln!(self.input, "counters")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).context("counters")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the server is provisioned with.
pub(crate) fn set_up(kind: Kind<'_>, far_end: &FarEnd) -> Result<serde_json::Value> {
    let definition = match kind {
        Kind::Embedded { agent, .. } => json!(agent.canonicalize().with_context(|| agent.display().to_string())?),
        Kind::Stub { recording } => definition(recording),
        Kind::StubWithoutDialer | Kind::Floor => definition(false),
    };
    let mut keys = vec![json!({ "secret": KEY, "permissions": ["*"] })];
    for dialect in ["voicing", "klen", "vonage", "voxpria"] {
        keys.push(json!({ "secret": secret(dialect), "dialect": dialect }));
    }
    Ok(json!({ "organizations": [{
        "name": "bench",
        "default_region": "US",
        "trunks": [{ "name": "far-end", "address": far_end.address()?.to_string() }],
        "numbers": [{ "number": "+15550001000", "trunk": "far-end" }],
        "agents": [{
            "id": AGENT, "definition": definition, "number": "+15550001000",
            "ids": { "voicing": VOICING, "klen": KLEN, "vonage": VONAGE, "voxpria": VOXPRIA },
            "voiceb": { "token": secret("voiceb"), "secret": "bench", "disable_signature_verification": true },
        }],
        "keys": keys,
    }]}))
}

/// What opens a vendor's API.
pub(crate) fn secret(dialect: &str) -> String {
    format!("od_bench_{dialect}")
}

/// Two questions in turn, whatever is answered.
fn definition(recording: bool) -> serde_json::Value {
    json!({
        "name": "Bench",
        "type": "click_to_call",
        "language": "en-US",
        "recording": recording,
        "machine": { "action": "continue" },
        "limits": { "ring_timeout_s": 40, "max_duration_s": 1800, "silence_prompt_s": 60 },
        "flow": { "start": "first", "steps": {
            "first": { "ask": { "text": "Which colour do you like the most?", "next": "second" } },
            "second": { "ask": { "text": "And which one comes after that?", "next": "first" } },
        }},
    })
}
