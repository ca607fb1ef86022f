//! `/api/v1/agents`: the agents, unpaginated, with what they did in the last thirty days.

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::agent::AgentState;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::KlenError;
use super::routes::asker;
use super::wire::Failed;
use crate::door::Door;
use crate::raw::Raw;

const READ: &[&str] = &["can_read_agents"];
/// The documents name no period; a month is what people look back on.
const PERIOD: Duration = Duration::from_hours(30 * 24);

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(list_agents))
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct AgentItem {
    /// Database id.
    pub id: i64,
    /// `assistant_…`.
    pub assistant_id: String,
    /// Its name.
    pub name: String,
    /// Always `outbound agent` here.
    pub role: &'static str,
    /// Number it calls from.
    pub phone_number: Option<String>,
    /// Minutes talked in the last 30 days.
    pub minutes_used: f64,
    /// Calls of the last 30 days.
    pub total_calls: u64,
    /// Language model, where it has one.
    pub model: Option<String>,
    /// Voice.
    pub voice_id: String,
    /// Whether it has a number, is published and switched on.
    pub can_make_calls: bool,
    /// Team; there are none here.
    pub team_id: Option<i64>,
}

/// Answer of `GET /agents`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct AgentList {
    /// All of them.
    pub agents: Vec<AgentItem>,
}

/// List agents
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents",
    params(("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key=")),
    responses(
        (status = 200, description = "All agents", body = AgentList),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_agents(State(door): State<Door>, raw: Raw) -> Result<Response, KlenError> {
    let principal = asker(&door, &raw, READ).await?;
    let names = door.platform.agent_names(&principal).await?;
    let agents = door.platform.list_agents(&principal).await?;
    let since = door.platform.clock.now() - PERIOD;
    let totals: HashMap<_, _> = door.platform.agent_totals(&principal, since).await?.into_iter().collect();
    let numbers: HashMap<_, _> = door.platform.numbers_of_agents(&principal).await?.into_iter().collect();
    let shown = agents.iter().filter_map(|agent| {
        let names = names.get(&agent.id)?;
        let number = agent.number.and_then(|number| numbers.get(&number));
        let totals = totals.get(&agent.id).copied().unwrap_or_default();
        Some(AgentItem {
            id: names.integer,
            assistant_id: names.klen.clone(),
            name: agent.draft.name.clone(),
            role: "outbound agent",
            phone_number: number.map(ToString::to_string),
            minutes_used: (totals.talked.as_secs_f64() / 6.0).round() / 10.0,
            total_calls: totals.calls,
            model: agent.draft.prompt.as_ref().map(|prompt| prompt.model.clone()),
            voice_id: agent.draft.voice.name.clone(),
            can_make_calls: number.is_some() && agent.state == AgentState::Published,
            team_id: None,
        })
    });
    Ok(Json(AgentList { agents: shown.collect() }).into_response())
}
