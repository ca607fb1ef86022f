//! API keys. The secret is told once.

use app::manage_keys::NewKey;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, KeysRead, KeysWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::keys::{CreateKey, CreatedKey, Key};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(create_key, list_keys)).routes(routes!(get_key, revoke_key))
}

/// Create a key
///
/// Nobody hands out what they do not hold: its permissions are covered by those of the key that asks.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", security(("api_key" = ["keys:write"])),
    request_body = CreateKey,
    responses(
        (status = 201, description = "The key with its secret, which is not to be had again", body = CreatedKey),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn create_key(
    State(state): State<ApiState>,
    caller: Caller<KeysWrite>,
    Json(body): Json<CreateKey>,
) -> Result<(StatusCode, axum::Json<CreatedKey>), Problem> {
    let new = NewKey { name: body.name, permissions: body.permissions.into_iter().map(|p| p.0).collect() };
    let made = state.platform.create_key(&caller.0, new).await?;
    Ok((StatusCode::CREATED, axum::Json(CreatedKey { key: made.key.into(), secret: made.secret })))
}

/// List keys
#[utoipa::path(get, path = "/v1/keys", tag = "keys", security(("api_key" = ["keys:read"])),
    responses(
        (status = 200, description = "All keys, revoked ones too", body = Listing<Key>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_keys(
    State(state): State<ApiState>,
    caller: Caller<KeysRead>,
) -> Result<axum::Json<Listing<Key>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_keys(&caller.0).await?)))
}

/// Read a key
#[utoipa::path(get, path = "/v1/keys/{key}", tag = "keys", security(("api_key" = ["keys:read"])),
    params(("key" = String, Path, description = "Id")),
    responses(
        (status = 200, description = "The key without its secret", body = Key),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_key(
    State(state): State<ApiState>,
    caller: Caller<KeysRead>,
    name: Name,
) -> Result<axum::Json<Key>, Problem> {
    Ok(axum::Json(state.platform.get_key(&caller.0, name.id("key")?).await?.into()))
}

/// Revoke a key
///
/// Useless from now on; idempotent. It stays in the list.
#[utoipa::path(delete, path = "/v1/keys/{key}", tag = "keys", security(("api_key" = ["keys:write"])),
    params(("key" = String, Path, description = "Id")),
    responses(
        (status = 200, description = "The revoked key", body = Key),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn revoke_key(
    State(state): State<ApiState>,
    caller: Caller<KeysWrite>,
    name: Name,
) -> Result<axum::Json<Key>, Problem> {
    Ok(axum::Json(state.platform.revoke_key(&caller.0, name.id("key")?).await?.into()))
}
