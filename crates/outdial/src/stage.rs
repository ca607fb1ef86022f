//! A server and a simulated far end on one machine, joined by real SIP and RTP on loopback: for `demo`, `simulate` and
//! the end-to-end tests.
//!
//! Law: calls go in by HTTP and out by SIP like anybody's; nothing here reaches around the API or the wire.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use api::wire;
use api::wire::calls::Call;
use api::wire::events::{CallEvent, Fact};
use async_trait::async_trait;
use callee::scenario::{EndedCall, Order, PlaceCalls};
use callee::{Callee, CalleeConfig};
use domain::outcome::Outcome;
use domain::time::CallMs;
use domain::transcript::{Speaker, Turn, TurnLatency};
use serde_json::{Value, json};

use crate::client::Client;
use crate::config::Config;
use crate::provision;
use crate::serve::Server;

/// The number that staged agents call from.
const FROM: &str = "+15550001000";
/// Pause between looks at a call that is not over.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A server with a far end.
pub struct Stage {
    /// The server.
    pub server: Server,
    /// Who answers.
    pub far_end: Callee,
    /// A client with the admin key.
    pub client: Client,
    /// What the server runs on.
    pub config: Config,
}

/// Settings of a stage: all data below `data_dir`, free ports, tools on loopback allowed.
pub fn configuration(mut config: Config, data_dir: PathBuf) -> Config {
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.sip.listen = ([127, 0, 0, 1], 0).into();
    config.data.dir = data_dir;
    config.outbound_http.allow_private = true;
    config
}

impl Stage {
    /// Starts both ends and publishes `agents` (slug to definition file).
    pub async fn start(config: Config, agents: &BTreeMap<String, PathBuf>) -> Result<Self> {
        let server = Server::start(&config, None).await?;
        let embedded = &server.node.embedded;
        let far_end = Callee::start(CalleeConfig {
            ears: Some(embedded.speech_to_text()),
            voice: Some(embedded.text_to_speech()),
            ..CalleeConfig::default()
        })
        .await?;
        let set_up = set_up_file(&config, &far_end, agents)?;
        provision::apply(&server.node.platform, &set_up).await?;
        let key = std::fs::read_to_string(config.admin_key_file()).context("reading the admin key")?;
        let client = Client::with_key(&format!("http://{}", server.address), key.trim())?;
        Ok(Self { server, far_end, client, config })
    }

    /// Ends live calls after `drain` and takes both ends down.
    pub async fn stop(self, drain: Duration) {
        self.server.stop(drain).await;
        self.far_end.stop().await;
    }

    /// A call's record and its events.
    pub async fn record(&self, call: &str) -> Result<(Call, Vec<CallEvent>)> {
        record(&self.client, call).await
    }
}

async fn record(client: &Client, call: &str) -> Result<(Call, Vec<CallEvent>)> {
    #[derive(serde::Deserialize)]
    struct Events {
        items: Vec<CallEvent>,
    }
    let record: Call = client.get(&format!("/v1/calls/{call}")).await?;
    let events: Events = client.get(&format!("/v1/calls/{call}/events?limit=1000")).await?;
    Ok((record, events.items))
}

fn set_up_file(config: &Config, far_end: &Callee, agents: &BTreeMap<String, PathBuf>) -> Result<PathBuf> {
    let entries = agents.iter().map(|(slug, definition)| {
        let definition = definition.canonicalize().with_context(|| definition.display().to_string())?;
        Ok(json!({ "id": slug, "definition": definition, "number": FROM, "state": "published" }))
    });
    let set_up = json!({ "organizations": [{
        "name": "default",
        "default_region": "US",
        "trunks": [{ "name": "far-end", "kind": "sip", "address": far_end.address().to_string(), "transport": "udp" }],
        "numbers": [{ "number": FROM, "trunk": "far-end" }],
        "agents": entries.collect::<Result<Vec<Value>>>()?,
    }]});
    let path = config.data.dir.join("provision.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&set_up)?).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// Definition of an agent that a scenario names: beside the scenario's folder.
pub fn definition_beside(scenario: &Path) -> PathBuf {
    scenario.parent().and_then(Path::parent).unwrap_or(Path::new(".")).join("agent.yaml")
}

#[async_trait]
impl PlaceCalls for Stage {
    async fn place(&self, order: &Order) -> Result<String, String> {
        let body = json!({ "agent": order.agent, "to": order.to, "variables": order.variables });
        let placed: Result<Call> = self.client.post("/v1/calls", &body).await;
        placed.map(|call| call.id).map_err(|error| format!("{error:#}"))
    }

    async fn wait_end(&self, call: &str, limit: Duration) -> Result<EndedCall, String> {
        let ended = async {
            loop {
                let (record, events) = record(&self.client, call).await.map_err(|error| format!("{error:#}"))?;
                if record.status.0.is_terminal() {
                    return Ok(ended_call(&record, &events));
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(limit, ended)
            .await
            .unwrap_or_else(|_| Err(format!("the call did not end within {} s", limit.as_secs())))
    }
}

/// What came over the wire, as scenarios check it.
fn ended_call(record: &Call, events: &[CallEvent]) -> EndedCall {
    let turns = events.iter().filter_map(|event| match &event.fact {
        Fact::Turn(turn) => Some(turn_of(turn)),
        _ => None,
    });
    EndedCall {
        id: record.id.clone(),
        status: record.status.0,
        end_reason: record.end_reason.as_ref().map(|r| r.0),
        answered_by: record.answered_by.0,
        outcome: record.outcome.clone().map(|outcome| Outcome {
            name: outcome.name,
            slots: outcome.slots,
            evidence_turns: outcome.evidence_turns,
        }),
        duration_ms: record.duration_ms.unwrap_or(0),
        turns: turns.collect(),
        events: events.iter().filter_map(name_of).collect(),
    }
}

fn turn_of(turn: &wire::events::Turn) -> Turn {
    Turn {
        number: turn.number,
        speaker: match turn.speaker {
            wire::words::Speaker::Agent => Speaker::Agent,
            wire::words::Speaker::Callee => Speaker::Callee,
        },
        text: turn.text.clone(),
        intended: turn.intended.clone(),
        start_ms: CallMs(turn.start_ms),
        end_ms: CallMs(turn.end_ms),
        interrupted: turn.interrupted,
        by_person: turn.by_person,
        latency: turn.latency.map(|l| TurnLatency {
            endpoint_ms: l.endpoint_ms,
            stt_ms: l.stt_ms,
            dialog_ms: l.dialog_ms,
            tts_ms: l.tts_ms,
            egress_ms: l.egress_ms,
            total_ms: l.total_ms,
        }),
    }
}

/// The event's public name: the tag of its JSON form.
fn name_of(event: &CallEvent) -> Option<String> {
    serde_json::to_value(&event.fact).ok()?.get("type")?.as_str().map(str::to_owned)
}
