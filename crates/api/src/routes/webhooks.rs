//! Endpoints that events are sent to.

use std::time::Duration;

use app::deliveries::ReplaySince;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::deliveries::page;
use crate::authenticate::{Caller, WebhooksRead, WebhooksWrite};
use crate::extract::{Json, Name, OptionalJson, Query};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::webhooks::{
    CreateWebhook, Delivery, DeliveryPage, ListDeliveries, ReplayWebhook, Replayed, RotateSecret, UpdateWebhook,
    Webhook, WebhookWithSecret,
};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create_webhook, list_webhooks))
        .routes(routes!(get_webhook, update_webhook, delete_webhook))
        .routes(routes!(rotate_webhook_secret))
        .routes(routes!(test_webhook))
        .routes(routes!(list_webhook_deliveries))
        .routes(routes!(replay_webhook))
}

/// Create a webhook
///
/// Events that happen from now on are sent to it, in order for each call and at least once. Bodies, signatures and
/// retries are told in the guide on webhooks.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", security(("api_key" = ["webhooks:write"])),
    request_body = CreateWebhook,
    responses(
        (status = 201, description = "The webhook with its secret, which is not to be had again",
            body = WebhookWithSecret),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn create_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhooksWrite>,
    Json(body): Json<CreateWebhook>,
) -> Result<(StatusCode, axum::Json<WebhookWithSecret>), Problem> {
    let made = state.platform.create_webhook(&caller.0, body.into()).await?;
    Ok((StatusCode::CREATED, axum::Json(made.into())))
}

/// List webhooks
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", security(("api_key" = ["webhooks:read"])),
    responses(
        (status = 200, description = "All webhooks, oldest first", body = Listing<Webhook>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_webhooks(
    State(state): State<ApiState>,
    caller: Caller<WebhooksRead>,
) -> Result<axum::Json<Listing<Webhook>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_webhooks(&caller.0).await?)))
}

/// Read a webhook
#[utoipa::path(get, path = "/v1/webhooks/{webhook}", tag = "webhooks", security(("api_key" = ["webhooks:read"])),
    params(("webhook" = String, Path, description = "Id, or `status_url` for the one that signs what goes there")),
    responses(
        (status = 200, description = "The webhook without its secret", body = Webhook),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhooksRead>,
    name: Name,
) -> Result<axum::Json<Webhook>, Problem> {
    Ok(axum::Json(state.platform.get_webhook(&caller.0, &name.0).await?.into()))
}

/// Change a webhook, or switch it on or off
#[utoipa::path(patch, path = "/v1/webhooks/{webhook}", tag = "webhooks", security(("api_key" = ["webhooks:write"])),
    params(("webhook" = String, Path, description = "Id")),
    request_body = UpdateWebhook,
    responses(
        (status = 200, description = "The changed webhook", body = Webhook),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn update_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhooksWrite>,
    name: Name,
    Json(body): Json<UpdateWebhook>,
) -> Result<axum::Json<Webhook>, Problem> {
    Ok(axum::Json(state.platform.update_webhook(&caller.0, &name.0, body.into()).await?.into()))
}

/// Delete a webhook
///
/// What waits for it is given up.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", tag = "webhooks", security(("api_key" = ["webhooks:write"])),
    params(("webhook" = String, Path, description = "Id")),
    responses(
        (status = 204, description = "Gone"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn delete_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhooksWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.delete_webhook(&caller.0, &name.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a webhook a new secret
///
/// The old one signs beside it for a while: `webhook-signature` holds both, and a receiver that knows either accepts.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/rotate-secret", tag = "webhooks",
    security(("api_key" = ["webhooks:write"])),
    params(("webhook" = String, Path, description = "Id, or `status_url` for the one that signs what goes there")),
    request_body = Option<RotateSecret>,
    responses(
        (status = 200, description = "The webhook with its new secret, which is not to be had again",
            body = WebhookWithSecret),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn rotate_webhook_secret(
    State(state): State<ApiState>,
    caller: Caller<WebhooksWrite>,
    name: Name,
    OptionalJson(body): OptionalJson<RotateSecret>,
) -> Result<axum::Json<WebhookWithSecret>, Problem> {
    let overlap = body.overlap_s.map(Duration::from_secs);
    let rotated = state.platform.rotate_webhook_secret(&caller.0, &name.0, overlap, body.secret).await?;
    Ok(axum::Json(rotated.into()))
}

/// Send a test event
///
/// `webhook.test` is sent at once, whatever the webhook subscribes to; the delivery tells how it went.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/test", tag = "webhooks",
    security(("api_key" = ["webhooks:write"])),
    params(("webhook" = String, Path, description = "Id")),
    responses(
        (status = 202, description = "On its way", body = Delivery),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn test_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhooksWrite>,
    name: Name,
) -> Result<(StatusCode, axum::Json<Delivery>), Problem> {
    let delivery = state.platform.test_webhook(&caller.0, &name.0).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(delivery.into())))
}

/// List a webhook's deliveries
#[utoipa::path(get, path = "/v1/webhooks/{webhook}/deliveries", tag = "webhooks",
    security(("api_key" = ["webhooks:read"])),
    params(("webhook" = String, Path, description = "Id, or `status_url` for what goes there"), ListDeliveries),
    responses(
        (status = 200, description = "One page, newest first", body = DeliveryPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_webhook_deliveries(
    State(state): State<ApiState>,
    caller: Caller<WebhooksRead>,
    name: Name,
    Query(query): Query<ListDeliveries>,
) -> Result<axum::Json<DeliveryPage>, Problem> {
    let endpoint = state.platform.get_webhook(&caller.0, &name.0).await?;
    page(&state, &caller, Some(endpoint.id), query).await
}

/// Send events again since a time or an event
///
/// What was given up or never sent goes out again, each delivery under its own id; `delivered_too` takes what arrived
/// along.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/replay", tag = "webhooks",
    security(("api_key" = ["webhooks:write"])),
    params(("webhook" = String, Path, description = "Id")),
    request_body = ReplayWebhook,
    responses(
        (status = 202, description = "On their way", body = Replayed),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn replay_webhook(
    State(state): State<ApiState>,
    caller: Caller<WebhooksWrite>,
    name: Name,
    Json(body): Json<ReplayWebhook>,
) -> Result<(StatusCode, axum::Json<Replayed>), Problem> {
    let since = match (body.since, body.since_event) {
        (Some(at), None) => ReplaySince::Time(at),
        (None, Some(event)) => {
            let id = event.parse().map_err(|_| Problem::field("/since_event", "is not the id of an event"))?;
            ReplaySince::Event(id)
        }
        _ => return Err(Problem::field("/since", "give either since (a time) or since_event (an event)")),
    };
    let deliveries = state.platform.replay_webhook(&caller.0, &name.0, since, body.delivered_too).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Replayed { deliveries })))
}
