//! What became of events on their way outside.

use app::ports::store::DeliveryFilter;
use axum::extract::State;
use axum::http::StatusCode;
use domain::WebhookEndpointId;
use domain::webhook::DeliveryState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, WebhooksRead, WebhooksWrite};
use crate::extract::{Name, Query};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::webhooks::{Delivery, DeliveryLog, DeliveryPage, ListDeliveries};

/// Deliveries a page where the client does not say.
const DEFAULT_PAGE: u32 = 50;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_deliveries)).routes(routes!(get_delivery)).routes(routes!(resend_delivery))
}

/// List deliveries
#[utoipa::path(get, path = "/v1/deliveries", tag = "webhooks", security(("api_key" = ["webhooks:read"])),
    params(ListDeliveries),
    responses(
        (status = 200, description = "One page over all webhooks, newest first", body = DeliveryPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_deliveries(
    State(state): State<ApiState>,
    caller: Caller<WebhooksRead>,
    Query(query): Query<ListDeliveries>,
) -> Result<axum::Json<DeliveryPage>, Problem> {
    page(&state, &caller, None, query).await
}

pub(super) async fn page(
    state: &ApiState,
    caller: &Caller<WebhooksRead>,
    endpoint: Option<WebhookEndpointId>,
    query: ListDeliveries,
) -> Result<axum::Json<DeliveryPage>, Problem> {
    let wanted = query.state.map(|word| {
        let known = || DeliveryState::ALL.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ");
        let state = DeliveryState::parse(&word);
        state.ok_or_else(|| Problem::field("?state", format!("`{word}` is not a state; known are {}", known())))
    });
    let call = query.call.map(|id| id.parse().map_err(|_| Problem::field("?call", "is not the id of a call")));
    let filter = DeliveryFilter {
        endpoint,
        call: call.transpose()?,
        state: wanted.transpose()?,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(DEFAULT_PAGE),
    };
    let page = state
        .platform
        .list_deliveries(&caller.0, &filter)
        .await
        .map_err(|r| Problem::from(r).renamed("/limit", "?limit").renamed("/cursor", "?cursor"))?;
    let items = page.items.into_iter().map(Delivery::from).collect();
    Ok(axum::Json(DeliveryPage { items, next_cursor: page.next }))
}

/// Read a delivery with its tries
#[utoipa::path(get, path = "/v1/deliveries/{delivery}", tag = "webhooks", security(("api_key" = ["webhooks:read"])),
    params(("delivery" = String, Path, description = "Id")),
    responses(
        (status = 200, description = "The delivery and its log", body = DeliveryLog),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_delivery(
    State(state): State<ApiState>,
    caller: Caller<WebhooksRead>,
    name: Name,
) -> Result<axum::Json<DeliveryLog>, Problem> {
    let (delivery, tries) = state.platform.get_delivery(&caller.0, name.id("delivery")?).await?;
    Ok(axum::Json(DeliveryLog { delivery: delivery.into(), log: tries.into_iter().map(Into::into).collect() }))
}

/// Send a delivery again
///
/// At once and under its id, with a new round of tries.
#[utoipa::path(post, path = "/v1/deliveries/{delivery}/resend", tag = "webhooks",
    security(("api_key" = ["webhooks:write"])),
    params(("delivery" = String, Path, description = "Id")),
    responses(
        (status = 202, description = "On its way", body = Delivery),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn resend_delivery(
    State(state): State<ApiState>,
    caller: Caller<WebhooksWrite>,
    name: Name,
) -> Result<(StatusCode, axum::Json<Delivery>), Problem> {
    let delivery = state.platform.resend_delivery(&caller.0, name.id("delivery")?).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(delivery.into())))
}
