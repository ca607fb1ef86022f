//! `/api/v1/webhooks`: make an endpoint, list them, remove one.

use app::manage_webhooks::NewWebhook;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::dialect::Dialect;
use domain::refusal::RefusalCode;
use domain::webhook::WebhookEndpoint;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::VoxpriaError;
use super::from_wire::{self, Webhook};
use super::routes::asker;
use super::to_wire;
use super::wire::{Failed, Success, WebhookBody, WebhookRecord};
use crate::door::Door;
use crate::raw::Raw;

/// Scopes of keys: the first family has one word for both, the second one each.
const WRITE: &[&str] = &["webhooks:manage", "webhooks:write"];
const READ: &[&str] = &["webhooks:manage", "webhooks:write", "webhooks:read"];

type Answer = Result<Response, VoxpriaError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(create_webhook, list_webhooks)).routes(routes!(delete_webhook))
}

/// Create a webhook
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    request_body = WebhookBody,
    responses(
        (status = 200, description = "With its secret, which is not to be had again", body = Success<WebhookRecord>),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn create_webhook(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let Webhook { url, events, active } = from_wire::webhook(&raw.object()?)?;
    let new = NewWebhook { url, events, dialect: Dialect::Voxpria, enabled: active, ..NewWebhook::default() };
    let made = door.platform.create_webhook(&principal, new).await?;
    let record = to_wire::webhook(&made.endpoint, Some(made.secret.reveal()));
    Ok(Json(Success::of(record)).into_response())
}

/// List webhooks
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    responses(
        (status = 200, description = "All of this API, without secrets", body = Success<Vec<WebhookRecord>>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_webhooks(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let all = door.platform.list_webhooks(&principal).await?;
    let own = all.iter().filter(|endpoint| endpoint.dialect == Dialect::Voxpria);
    let data: Vec<WebhookRecord> = own.map(|endpoint: &WebhookEndpoint| to_wire::webhook(endpoint, None)).collect();
    Ok(Json(Success::of(data)).into_response())
}

/// Delete a webhook
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "`webhookId`"),
    ),
    responses(
        (status = 204, description = "Gone"),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn delete_webhook(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let unknown = || VoxpriaError::not_found("Webhook");
    let found = door.platform.get_webhook(&principal, &id).await;
    let found = found.map_err(|refusal| match refusal.code {
        RefusalCode::NotFound => unknown(),
        _ => VoxpriaError::from(&refusal),
    })?;
    if found.dialect != Dialect::Voxpria {
        return Err(unknown());
    }
    door.platform.delete_webhook(&principal, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
