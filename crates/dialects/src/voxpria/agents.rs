//! `/api/v1/agents`: list them, read one, read the conversation of one as nodes and edges.

use app::Principal;
use app::agent_names::AgentCard;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::VoxpriaError;
use super::routes::{Answer, asker};
use super::to_wire;
use super::wire::{AgentDetail, AgentFlow, AgentRecord, Failed, Success};
use crate::door::Door;
use crate::raw::Raw;

/// Scopes of keys, in the vendor's words; who may call may see who calls.
const READ: &[&str] = &["agents:read", "agents:write", "calls:write"];

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(list_agents)).routes(routes!(get_agent)).routes(routes!(get_flow))
}

/// List agents
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    responses(
        (status = 200, description = "All agents, oldest first", body = Success<Vec<AgentRecord>>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_agents(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let cards = door.platform.agent_cards(&principal).await?;
    let data: Vec<AgentRecord> = cards.iter().map(|card| to_wire::agent(&card.agent, &card.names.voxpria)).collect();
    Ok(Json(Success::of(data)).into_response())
}

/// Read an agent
#[utoipa::path(get, path = "/api/v1/agents/{id}", tag = "agents",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "`agent_…`"),
    ),
    responses(
        (status = 200, description = "The agent with what it says and did", body = Success<AgentDetail>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_agent(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    Ok(Json(Success::of(to_wire::agent_detail(&card(&door, &principal, &id).await?))).into_response())
}

/// Read an agent's conversation
#[utoipa::path(get, path = "/api/v1/agents/{id}/flow", tag = "agents",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "`agent_…`"),
    ),
    responses(
        (status = 200, description = "Steps as nodes; an agent that talks from a prompt has one", body = Success<AgentFlow>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_flow(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    Ok(Json(Success::of(to_wire::agent_flow(&card(&door, &principal, &id).await?))).into_response())
}

async fn card(door: &Door, principal: &Principal, id: &str) -> Result<AgentCard, VoxpriaError> {
    let cards = door.platform.agent_cards(principal).await?;
    cards.into_iter().find(|card| card.names.voxpria == id).ok_or_else(|| VoxpriaError::not_found("Agent"))
}
