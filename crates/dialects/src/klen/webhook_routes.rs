//! `POST /api/webhooks/create/`: outside `/api/v1` and with a slash at its end, as documented.

use app::manage_webhooks::NewWebhook;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::dialect::Dialect;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::KlenError;
use super::from_wire::{self, Webhook};
use super::routes::asker;
use super::to_wire;
use super::wire::{Failed, WebhookBody, WebhookMade};
use crate::door::Door;
use crate::raw::Raw;

/// Klen names no permission for it.
const MANAGE: &str = "can_manage_webhooks";

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(create_webhook))
}

/// Create a webhook
#[utoipa::path(post, path = "/api/webhooks/create/", tag = "webhooks",
    params(("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key=")),
    request_body = WebhookBody,
    responses(
        (status = 200, description = "With its secret, which is not to be had again", body = WebhookMade),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn create_webhook(State(door): State<Door>, raw: Raw) -> Result<Response, KlenError> {
    let principal = asker(&door, &raw, MANAGE).await?;
    let Webhook { name, url, events } = from_wire::webhook(&raw.object()?)?;
    let new = NewWebhook { url, events, description: name, dialect: Dialect::Klen, ..NewWebhook::default() };
    let made = door.platform.create_webhook(&principal, new).await?;
    Ok(Json(to_wire::webhook(&made.endpoint, made.secret.reveal())).into_response())
}
