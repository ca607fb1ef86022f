//! Caps of organization and keys, and the brakes that hold.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, WalletRead, WalletWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::caps::{Brake, Caps};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get_caps, set_caps))
        .routes(routes!(get_key_caps, set_key_caps))
        .routes(routes!(list_brakes))
        .routes(routes!(release_brake))
}

/// Read the organization's caps
#[utoipa::path(get, path = "/v1/caps", tag = "caps", security(("api_key" = ["wallet:read"])),
    responses(
        (status = 200, description = "The caps", body = Caps),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_caps(State(state): State<ApiState>, caller: Caller<WalletRead>) -> Result<axum::Json<Caps>, Problem> {
    Ok(axum::Json(state.platform.get_caps(&caller.0).await?.into()))
}

/// Replace the organization's caps
#[utoipa::path(put, path = "/v1/caps", tag = "caps", security(("api_key" = ["wallet:write"])),
    request_body = Caps,
    responses(
        (status = 200, description = "The caps as they are now", body = Caps),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn set_caps(
    State(state): State<ApiState>,
    caller: Caller<WalletWrite>,
    Json(body): Json<Caps>,
) -> Result<axum::Json<Caps>, Problem> {
    Ok(axum::Json(state.platform.set_caps(&caller.0, body.into()).await?.into()))
}

/// Read a key's caps
#[utoipa::path(get, path = "/v1/keys/{key}/caps", tag = "caps", security(("api_key" = ["wallet:read"])),
    params(("key" = String, Path, description = "Id")),
    responses(
        (status = 200, description = "The caps", body = Caps),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_key_caps(
    State(state): State<ApiState>,
    caller: Caller<WalletRead>,
    name: Name,
) -> Result<axum::Json<Caps>, Problem> {
    Ok(axum::Json(state.platform.get_key_caps(&caller.0, name.id("key")?).await?.into()))
}

/// Replace a key's caps
#[utoipa::path(put, path = "/v1/keys/{key}/caps", tag = "caps", security(("api_key" = ["wallet:write"])),
    params(("key" = String, Path, description = "Id")),
    request_body = Caps,
    responses(
        (status = 200, description = "The caps as they are now", body = Caps),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn set_key_caps(
    State(state): State<ApiState>,
    caller: Caller<WalletWrite>,
    name: Name,
    Json(body): Json<Caps>,
) -> Result<axum::Json<Caps>, Problem> {
    Ok(axum::Json(state.platform.set_key_caps(&caller.0, name.id("key")?, body.into()).await?.into()))
}

/// List the brakes that hold
#[utoipa::path(get, path = "/v1/brakes", tag = "caps", security(("api_key" = ["wallet:read"])),
    responses(
        (status = 200, description = "The brakes", body = Listing<Brake>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_brakes(
    State(state): State<ApiState>,
    caller: Caller<WalletRead>,
) -> Result<axum::Json<Listing<Brake>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_brakes(&caller.0).await?)))
}

/// Release a brake
///
/// What it counted is forgotten, so that it does not trip again at once.
#[utoipa::path(delete, path = "/v1/brakes/{scope}", tag = "caps", security(("api_key" = ["wallet:write"])),
    params(("scope" = String, Path, description = "Whom it holds: `key_…` or `org_…`")),
    responses(
        (status = 204, description = "Released"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn release_brake(
    State(state): State<ApiState>,
    caller: Caller<WalletWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.release_brake(&caller.0, &name.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
