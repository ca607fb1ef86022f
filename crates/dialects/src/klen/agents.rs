//! `/api/v1/agents`: the agents that a key may see. The documents show the list; one of them is ours to add.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::KlenError;
use super::from_wire::AgentName;
use super::routes::{Answer, asker};
use super::to_wire;
use super::wire::{AgentItem, AgentList, Failed};
use crate::door::Door;
use crate::raw::Raw;

/// The permission, in the vendor's word.
const READ: &str = "can_read_agents";

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(list_agents)).routes(routes!(get_agent))
}

/// List agents
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents",
    params(("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key=")),
    responses(
        (status = 200, description = "All agents, oldest first", body = AgentList),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_agents(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let agents = door.platform.agent_cards(&principal).await?.iter().map(to_wire::agent_item).collect();
    Ok(Json(AgentList { agents }).into_response())
}

/// Read an agent
#[utoipa::path(get, path = "/api/v1/agents/{agent_id}", tag = "agents",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("agent_id" = String, Path, description = "Database id or assistant id"),
    ),
    responses(
        (status = 200, description = "The agent", body = AgentItem),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_agent(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let is_asked = |names: &domain::agent_names::AgentNames| match AgentName::parse(&id) {
        AgentName::Integer(id) => names.integer == id,
        AgentName::Assistant(id) => names.klen == id,
    };
    let cards = door.platform.agent_cards(&principal).await?;
    let card = cards.iter().find(|card| is_asked(&card.names)).ok_or_else(KlenError::agent_not_found)?;
    Ok(Json(to_wire::agent_item(card)).into_response())
}
