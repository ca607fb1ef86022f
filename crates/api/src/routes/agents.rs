//! Agents: drafts that people edit, versions that calls run on.

use app::manage_agents::{AgentChange, NewAgent};
use axum::extract::State;
use axum::http::StatusCode;
use domain::agent_definition::definition_schema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{AgentsRead, AgentsWrite, Caller};
use crate::extract::{Json, JsonOrYaml, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::agents::{Agent, AgentVersion, CreateAgent, Published, Rollback, UpdateAgent};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create_agent, list_agents))
        .routes(routes!(get_agent, update_agent))
        .routes(routes!(publish_agent))
        .routes(routes!(disable_agent))
        .routes(routes!(enable_agent))
        .routes(routes!(rollback_agent))
        .routes(routes!(list_versions))
        .routes(routes!(agent_schema))
}

/// Create an agent
///
/// As a draft; publish it before it can call. The body is JSON or YAML.
#[utoipa::path(post, path = "/v1/agents", tag = "agents", security(("api_key" = ["agents:write"])),
    request_body(content((CreateAgent = "application/json"), (CreateAgent = "application/yaml"))),
    responses(
        (status = 201, description = "Stored as a draft", body = Agent),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn create_agent(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    JsonOrYaml(body): JsonOrYaml<CreateAgent>,
) -> Result<(StatusCode, axum::Json<Agent>), Problem> {
    let CreateAgent { slug, number, calls_per_second, live_calls, definition } = body;
    let new = NewAgent { slug, number, calls_per_second, live_calls, draft: definition };
    let made = state.platform.create_agent(&caller.0, new).await;
    let agent = made.map_err(|refusal| Problem::from(refusal).renamed("/id", "/slug"))?;
    Ok((StatusCode::CREATED, axum::Json(agent.into())))
}

/// List agents
#[utoipa::path(get, path = "/v1/agents", tag = "agents", security(("api_key" = ["agents:read"])),
    responses(
        (status = 200, description = "All agents by slug", body = Listing<Agent>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_agents(
    State(state): State<ApiState>,
    caller: Caller<AgentsRead>,
) -> Result<axum::Json<Listing<Agent>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_agents(&caller.0).await?)))
}

/// Read an agent
#[utoipa::path(get, path = "/v1/agents/{agent}", tag = "agents", security(("api_key" = ["agents:read"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "The agent with its draft", body = Agent),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_agent(
    State(state): State<ApiState>,
    caller: Caller<AgentsRead>,
    name: Name,
) -> Result<axum::Json<Agent>, Problem> {
    Ok(axum::Json(state.platform.get_agent(&caller.0, &name.0).await?.into()))
}

/// Change an agent's draft or settings
///
/// Calls go on with the published version. The body is JSON or YAML.
#[utoipa::path(patch, path = "/v1/agents/{agent}", tag = "agents", security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    request_body(content((UpdateAgent = "application/json"), (UpdateAgent = "application/yaml"))),
    responses(
        (status = 200, description = "The agent as it is now", body = Agent),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn update_agent(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
    JsonOrYaml(body): JsonOrYaml<UpdateAgent>,
) -> Result<axum::Json<Agent>, Problem> {
    let UpdateAgent { number, calls_per_second, live_calls, definition } = body;
    let change = AgentChange { number, calls_per_second, live_calls, draft: definition };
    Ok(axum::Json(state.platform.update_agent(&caller.0, &name.0, change).await?.into()))
}

/// Publish the draft
///
/// Freezes it as the version that new calls run on. What keeps it from working is named field by field.
#[utoipa::path(post, path = "/v1/agents/{agent}/publish", tag = "agents", security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "The agent and its new version", body = Published),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn publish_agent(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
) -> Result<axum::Json<Published>, Problem> {
    let (agent, version) = state.platform.publish_agent(&caller.0, &name.0).await?;
    Ok(axum::Json(Published { agent: agent.into(), version: version.into() }))
}

/// Switch an agent off
///
/// New calls are refused; live calls go on.
#[utoipa::path(post, path = "/v1/agents/{agent}/disable", tag = "agents", security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "The agent as it is now", body = Agent),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn disable_agent(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
) -> Result<axum::Json<Agent>, Problem> {
    Ok(axum::Json(state.platform.disable_agent(&caller.0, &name.0).await?.into()))
}

/// Switch an agent on again
#[utoipa::path(post, path = "/v1/agents/{agent}/enable", tag = "agents", security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "The agent as it is now", body = Agent),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn enable_agent(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
) -> Result<axum::Json<Agent>, Problem> {
    Ok(axum::Json(state.platform.enable_agent(&caller.0, &name.0).await?.into()))
}

/// Go back to a version
///
/// Publishes the definition of an older version again, as a new version.
#[utoipa::path(post, path = "/v1/agents/{agent}/rollback", tag = "agents", security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    request_body = Rollback,
    responses(
        (status = 200, description = "The agent and its new version", body = Published),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn rollback_agent(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
    Json(body): Json<Rollback>,
) -> Result<axum::Json<Published>, Problem> {
    let (agent, version) = state.platform.rollback_agent(&caller.0, &name.0, body.version).await?;
    Ok(axum::Json(Published { agent: agent.into(), version: version.into() }))
}

/// List an agent's versions
#[utoipa::path(get, path = "/v1/agents/{agent}/versions", tag = "agents", security(("api_key" = ["agents:read"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "All versions, newest first", body = Listing<AgentVersion>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_versions(
    State(state): State<ApiState>,
    caller: Caller<AgentsRead>,
    name: Name,
) -> Result<axum::Json<Listing<AgentVersion>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.agent_versions(&caller.0, &name.0).await?)))
}

/// Schema of agent definitions
///
/// JSON Schema 2020-12; editors complete and check `agent.yaml` by it. No key needed.
#[utoipa::path(get, path = "/v1/schema/agent", tag = "agents",
    responses((status = 200, description = "The schema", body = Object, content_type = "application/schema+json")))]
async fn agent_schema() -> ([(axum::http::HeaderName, &'static str); 1], String) {
    let text = format!("{:#}", definition_schema());
    ([(axum::http::header::CONTENT_TYPE, "application/schema+json")], text)
}
