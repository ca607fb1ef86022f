//! `/api/v1/agents`: list, read with what they do and did, and the flow as a graph.

use std::time::Duration;

use app::ports::store::AgentTotals;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::agent_definition::AgentDefinition;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::VoxpriaError;
use super::routes::{agent, asker, named};
use super::to_wire;
use super::wire::{AgentRecord, Failed, Success};
use crate::door::Door;
use crate::raw::Raw;

const READ: &[&str] = &["agents:read", "agents:write", "calls:write"];
/// The documents name no period; a month is what people look back on.
const PERIOD: Duration = Duration::from_hours(30 * 24);

type Answer = Result<Response, VoxpriaError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(list_agents)).routes(routes!(get_agent)).routes(routes!(get_flow))
}

/// An agent, whole.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AgentDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub record: AgentRecord,
    /// What it says.
    pub configuration: Configuration,
    /// What it did in the last 30 days.
    pub stats: Stats,
}

/// What an agent says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Configuration {
    /// Its first words.
    pub greeting: String,
    /// What it asks.
    pub questions: Vec<String>,
    /// Longest call in seconds.
    pub max_duration: u64,
}

/// What an agent did in the last 30 days.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stats {
    /// Calls that were accepted.
    pub total_calls: u64,
    /// Of them, in percent, those that came to a conversation.
    pub success_rate: f64,
    /// Mean length of a conversation in seconds.
    pub avg_duration: u64,
}

/// An agent's flow as a graph.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowExport {
    /// `agent_…`.
    pub agent_id: String,
    /// Steps and the ways between them.
    pub flow: Graph,
}

/// Steps and the ways between them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct Graph {
    /// A node a step: `id`, `type`, `data`.
    pub nodes: Vec<Value>,
    /// A way from step to step: `source`, `target`, and `label` where it is taken on an answer.
    pub edges: Vec<Value>,
    /// Form of the graph.
    pub version: &'static str,
}

/// List agents
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    responses(
        (status = 200, description = "All agents", body = Success<Vec<AgentRecord>>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_agents(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let names = door.platform.agent_names(&principal).await?;
    let agents = door.platform.list_agents(&principal).await?;
    let data: Vec<AgentRecord> = agents.iter().map(|agent| to_wire::agent(agent, &named(&names, agent.id))).collect();
    Ok(Json(Success::of(data)).into_response())
}

/// Read an agent
#[utoipa::path(get, path = "/api/v1/agents/{id}", tag = "agents",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "`agent_…`"),
    ),
    responses(
        (status = 200, description = "The agent", body = Success<AgentDetail>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_agent(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let agent = agent(&door, &principal, &id).await?;
    let since = door.platform.clock.now() - PERIOD;
    let totals = door.platform.agent_totals(&principal, since).await?;
    let totals = totals.into_iter().find(|(of, _)| *of == agent.id).map(|(_, totals)| totals).unwrap_or_default();
    let record = to_wire::agent(&agent, &id);
    let detail = AgentDetail { record, configuration: configuration(&agent.draft), stats: stats(totals) };
    Ok(Json(Success::of(detail)).into_response())
}

/// Export an agent's flow
#[utoipa::path(get, path = "/api/v1/agents/{id}/flow", tag = "agents",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "`agent_…`"),
    ),
    responses(
        (status = 200, description = "The graph; empty of an agent that is a prompt", body = Success<FlowExport>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_flow(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let agent = agent(&door, &principal, &id).await?;
    Ok(Json(Success::of(FlowExport { agent_id: id, flow: graph(&agent.draft) })).into_response())
}

fn stats(totals: AgentTotals) -> Stats {
    let AgentTotals { calls, completed, talked } = totals;
    #[expect(clippy::cast_precision_loss, reason = "a share in percent, to one decimal")]
    let share = if calls == 0 { 0.0 } else { completed as f64 / calls as f64 };
    Stats {
        total_calls: calls,
        success_rate: (share * 1_000.0).round() / 10.0,
        avg_duration: talked.as_secs().checked_div(completed).unwrap_or(0),
    }
}

fn configuration(definition: &AgentDefinition) -> Configuration {
    let steps = steps(definition);
    let text = |step: &Value| {
        let text = step.as_object().and_then(|step| step.values().next()).map(|inner| &inner["text"]);
        match text {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Array(variants)) => variants.first().and_then(Value::as_str).map(str::to_owned),
            _ => None,
        }
    };
    let start = definition.flow.as_ref().map(|flow| flow.start.as_str());
    let first = steps.iter().find(|(name, _)| Some(name.as_str()) == start).and_then(|(_, step)| text(step));
    let greeting = definition.prompt.as_ref().map(|prompt| prompt.first_message.clone()).or(first);
    let asked = steps.iter().filter(|(_, step)| step.get("ask").is_some()).filter_map(|(_, step)| text(step));
    Configuration {
        greeting: greeting.unwrap_or_default(),
        questions: asked.collect(),
        max_duration: definition.limits.max_duration_s,
    }
}

/// Steps by name, as the document has them.
fn steps(definition: &AgentDefinition) -> Vec<(String, Value)> {
    let flow = definition.flow.as_ref().and_then(|flow| serde_json::to_value(flow).ok());
    match flow.map(|mut flow| flow["steps"].take()) {
        Some(Value::Object(steps)) => steps.into_iter().collect(),
        _ => Vec::new(),
    }
}

fn graph(definition: &AgentDefinition) -> Graph {
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for (name, step) in steps(definition) {
        let Some((kind, inner)) = step.as_object().and_then(|step| step.iter().next()) else { continue };
        let on = inner["on"].as_object().into_iter().flatten().map(|(label, to)| (Some(label.as_str()), to));
        let others = ["next", "otherwise", "on_failure"].into_iter().map(|way| (Some(way), &inner[way]));
        for (label, target) in on.chain(others) {
            if let Value::String(target) = target {
                edges.push(json!({ "source": name, "target": target, "label": label }));
            }
        }
        nodes.push(json!({ "id": name, "type": kind, "data": inner }));
    }
    Graph { nodes, edges, version: "1.0" }
}
