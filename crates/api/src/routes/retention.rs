//! How long recordings and what was said are kept.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, PolicyRead, PolicyWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::retention::{AgentRetention, AgentRetentionInForce, Retention};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get_retention, put_retention))
        .routes(routes!(get_agent_retention, put_agent_retention))
}

/// Read how long things are kept
#[utoipa::path(get, path = "/v1/retention", tag = "retention", security(("api_key" = ["policy:read"])),
    responses(
        (status = 200, description = "The organization's settings", body = Retention),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_retention(
    State(state): State<ApiState>,
    caller: Caller<PolicyRead>,
) -> Result<axum::Json<Retention>, Problem> {
    Ok(axum::Json(state.platform.organization_retention(&caller.0).await?.into()))
}

/// Replace how long things are kept
///
/// It holds for calls of before, too: what is due by it is deleted within a minute or so. Audited.
#[utoipa::path(put, path = "/v1/retention", tag = "retention", security(("api_key" = ["policy:write"])),
    request_body = Retention,
    responses(
        (status = 200, description = "The settings as they are now", body = Retention),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn put_retention(
    State(state): State<ApiState>,
    caller: Caller<PolicyWrite>,
    Json(body): Json<Retention>,
) -> Result<axum::Json<Retention>, Problem> {
    Ok(axum::Json(state.platform.set_organization_retention(&caller.0, body.into()).await?.into()))
}

/// Read how long things of an agent's calls are kept
#[utoipa::path(get, path = "/v1/agents/{agent}/retention", tag = "retention", security(("api_key" = ["policy:read"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "Its own settings and what comes of them", body = AgentRetentionInForce),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_agent_retention(
    State(state): State<ApiState>,
    caller: Caller<PolicyRead>,
    name: Name,
) -> Result<axum::Json<AgentRetentionInForce>, Problem> {
    Ok(axum::Json(state.platform.agent_retention(&caller.0, &name.0).await?.into()))
}

/// Replace how long things of an agent's calls are kept
///
/// What is absent is as the organization says. It holds for calls of before, too. Audited.
#[utoipa::path(put, path = "/v1/agents/{agent}/retention", tag = "retention",
    security(("api_key" = ["policy:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    request_body = AgentRetention,
    responses(
        (status = 200, description = "Its own settings as they are now, and what comes of them",
            body = AgentRetentionInForce),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn put_agent_retention(
    State(state): State<ApiState>,
    caller: Caller<PolicyWrite>,
    name: Name,
    Json(body): Json<AgentRetention>,
) -> Result<axum::Json<AgentRetentionInForce>, Problem> {
    Ok(axum::Json(state.platform.set_agent_retention(&caller.0, &name.0, body.into()).await?.into()))
}
