//! For whoever runs the server: alive, ready, counts, and the API's own document. No key needed.

use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, header};
use domain::refusal::{Refusal, RefusalCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::metrics;
use crate::openapi;
use crate::problem::Problem;
use crate::router::ApiState;

/// The database must answer within this.
const PROBE: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(get_metrics))
        .route("/openapi.json", axum::routing::get(document))
}

/// Is the process alive?
#[utoipa::path(get, path = "/healthz", tag = "operations",
    responses((status = 200, description = "Alive", body = String, content_type = "text/plain")))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Does this node take work?
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses(
        (status = 200, description = "Ready", body = String, content_type = "text/plain"),
        (status = 503, description = "Starting, stopping, or without its database", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn readyz(State(state): State<ApiState>) -> Result<&'static str, Problem> {
    let unavailable = |detail: &str| Problem::from(Refusal::new(RefusalCode::Unavailable, detail));
    if !*state.ready.borrow() {
        return Err(unavailable("this node is starting or stopping"));
    }
    match tokio::time::timeout(PROBE, state.platform.organization_named("default")).await {
        Ok(Ok(_)) => Ok("ready\n"),
        Ok(Err(refusal)) => Err(refusal.into()),
        Err(_) => Err(unavailable("the database did not answer in time")),
    }
}

/// Counts of this process
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain")))]
async fn get_metrics(State(state): State<ApiState>) -> ([(HeaderName, &'static str); 1], String) {
    let mut page = state.metrics.render(state.platform.bus.link());
    let backlog = tokio::time::timeout(PROBE, state.platform.store.backlog()).await;
    let backlog = backlog.ok().and_then(Result::ok);
    metrics::deliveries(&mut page, &state.platform.webhooks.counts, backlog, state.platform.clock.now());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page)
}

async fn document() -> ([(HeaderName, &'static str); 1], &'static str) {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let text = DOCUMENT.get_or_init(|| openapi::document().to_pretty_json().unwrap_or_default());
    ([(header::CONTENT_TYPE, "application/json")], text)
}
