//! API keys. The secret is told once.

use std::net::IpAddr;
use std::time::Duration;

use app::manage_keys::{KeyChange, NewKey, OVERLAP};
use axum::extract::State;
use axum::http::StatusCode;
use ipnet::IpNet;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, KeysRead, KeysWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::keys::{ChangeKey, CreateKey, CreatedKey, Key, PermissionWords, RotateKey};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create_key, list_keys))
        .routes(routes!(get_key, update_key, revoke_key))
        .routes(routes!(rotate_key))
        .routes(routes!(list_permissions))
}

/// List permissions
///
/// What a key may be given, with words for people. Whoever makes a key hands on only what they hold.
#[utoipa::path(get, path = "/v1/permissions", tag = "keys", security(("api_key" = ["keys:read"])),
    responses(
        (status = 200, description = "All permissions", body = Listing<PermissionWords>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_permissions(_: Caller<KeysRead>) -> axum::Json<Listing<PermissionWords>> {
    let all = domain::api_key::Permission::ALL.iter().map(|(permission, _)| *permission);
    axum::Json(Listing::of(all.map(PermissionWords::of).collect::<Vec<_>>()))
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
    let made = state.platform.create_key(&caller.0, new_key(body)?).await?;
    Ok((StatusCode::CREATED, axum::Json(CreatedKey { key: made.key.into(), secret: made.secret })))
}

fn new_key(body: CreateKey) -> Result<NewKey, Problem> {
    let dialect = body.dialect.map_or(domain::dialect::Dialect::Native, |dialect| dialect.0);
    Ok(NewKey {
        name: body.name,
        dialect,
        category: body.category,
        permissions: body.permissions.into_iter().map(|p| p.0).collect(),
        scopes: body.scopes,
        allowed_ips: networks(&body.allowed_ips)?,
        agent: body.agent,
        expires_at: body.expires_at,
    })
}

/// A bare address is a network of one.
fn networks(texts: &[String]) -> Result<Vec<IpNet>, Problem> {
    let read = texts.iter().enumerate().map(|(n, text)| {
        let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
        let wrong =
            || Problem::field(format!("/allowed_ips/{n}"), "must be a network or an address, such as 192.0.2.0/24");
        text.parse().ok().or_else(address).ok_or_else(wrong)
    });
    read.collect()
}

/// Change a key
///
/// Its secret stays. You can change a key only where your own covers it.
#[utoipa::path(patch, path = "/v1/keys/{key}", tag = "keys", security(("api_key" = ["keys:write"])),
    params(("key" = String, Path, description = "Id")),
    request_body = ChangeKey,
    responses(
        (status = 200, description = "The key as it is now", body = Key),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn update_key(
    State(state): State<ApiState>,
    caller: Caller<KeysWrite>,
    name: Name,
    Json(body): Json<ChangeKey>,
) -> Result<axum::Json<Key>, Problem> {
    let change = KeyChange {
        name: body.name,
        category: body.category,
        permissions: body.permissions.map(|words| words.into_iter().map(|p| p.0).collect()),
        scopes: body.scopes,
        allowed_ips: body.allowed_ips.as_deref().map(networks).transpose()?,
        expires_at: body.expires_at,
        disabled: body.disabled,
    };
    Ok(axum::Json(state.platform.update_key(&caller.0, name.id("key")?, change).await?.into()))
}

/// Give a key a new secret
///
/// The old secret works on until the overlap ends, so that clients can be moved one after the other.
#[utoipa::path(post, path = "/v1/keys/{key}/rotate", tag = "keys", security(("api_key" = ["keys:write"])),
    params(("key" = String, Path, description = "Id")),
    request_body = RotateKey,
    responses(
        (status = 200, description = "The key with its new secret, which is not to be had again", body = CreatedKey),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn rotate_key(
    State(state): State<ApiState>,
    caller: Caller<KeysWrite>,
    name: Name,
    Json(body): Json<RotateKey>,
) -> Result<axum::Json<CreatedKey>, Problem> {
    let overlap = body.overlap_s.map_or(OVERLAP, Duration::from_secs);
    let made = state.platform.rotate_key(&caller.0, name.id("key")?, overlap).await?;
    Ok(axum::Json(CreatedKey { key: made.key.into(), secret: made.secret }))
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
