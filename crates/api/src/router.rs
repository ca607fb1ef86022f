//! All routes and the layers around them.
//!
//! Law: whatever is answered, a 404, a panic or an oversized body too, is problem+json and carries a request id.
//! Access logs hold the matched route, never the path, query, headers or body.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::gate::Gate;
use app::{Platform, RecordingLinks};
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Response, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use dialects::Door;
use dialects::rates::RequestLimits;
use domain::dialect::Dialect;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::client_address::TrustedProxies;
use crate::extract::MAX_BODY;
use crate::metrics::Metrics;
use crate::overload::{IN_HAND, bounded};
use crate::problem::{HttpFault, Problem};
use crate::{dashboard, idempotency, openapi, routes, webhook_events};

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// The use cases.
    pub platform: Platform,
    /// Folder that recordings lie under.
    pub recordings: Arc<Path>,
    /// Addresses under which they play without a key.
    pub links: RecordingLinks,
    /// Whose word on a client's address is taken.
    pub proxies: Arc<TrustedProxies>,
    /// Dialect of a request to a path that two vendors own, where nothing else decides.
    pub default_dialect: Dialect,
    /// Most requests of a key, where a vendor bounds them.
    pub request_limits: RequestLimits,
    /// Which keys are let in, and how many guesses.
    pub gate: Arc<Gate>,
    /// What `/metrics` shows.
    pub metrics: Arc<Metrics>,
    /// Whether this node takes work; false while it starts and while it drains.
    pub ready: watch::Receiver<bool>,
    /// Ends every stream, so that a stop does not wait for readers.
    pub stop: CancellationToken,
}

/// Routes with their documents; the one place where both are put together.
pub(crate) fn documented() -> (Router<ApiState>, OpenApi) {
    let (routes, mut document) = OpenApiRouter::with_openapi(openapi::base())
        .merge(routes::calls::routes())
        .merge(routes::statistics::routes())
        .merge(routes::steer::routes())
        .merge(routes::listen::routes())
        .merge(routes::events::routes())
        .merge(routes::agents::routes())
        .merge(routes::credentials::routes())
        .merge(routes::chat::routes())
        .merge(routes::voice::routes())
        .merge(routes::providers::routes())
        .merge(routes::trunks::routes())
        .merge(routes::numbers::routes())
        .merge(routes::keys::routes())
        .merge(routes::session::routes())
        .merge(routes::members::routes())
        .merge(routes::audit::routes())
        .merge(routes::suppressions::routes())
        .merge(routes::webhooks::routes())
        .merge(routes::deliveries::routes())
        .merge(routes::wallet::routes())
        .merge(routes::caps::routes())
        .merge(routes::contacts::routes())
        .merge(routes::policy::routes())
        .merge(routes::retention::routes())
        .merge(routes::nodes::routes())
        .merge(routes::operations::routes())
        .split_for_parts();
    webhook_events::document(&mut document);
    (routes, document)
}

/// The API and the dashboard as a service.
pub fn router(state: ApiState) -> Router {
    let (routes, _) = documented();
    let routes = routes.route_layer(middleware::from_fn_with_state(state.clone(), idempotency::once));
    let routes = routes.fallback(unknown_route).method_not_allowed_fallback(method_not_allowed);
    let door = Door {
        platform: state.platform.clone(),
        gate: state.gate.clone(),
        links: state.links.clone(),
        stop: state.stop.clone(),
        rates: Arc::default(),
        request_limits: state.request_limits,
        default: state.default_dialect,
    };
    let vendors = dialects::router(&door).layer(middleware::from_fn_with_state(state.clone(), tell_origin));
    let routes = routes.merge(vendors.with_state(())).merge(dashboard::routes());
    layered(bounded(routes, IN_HAND), state.metrics.clone()).with_state(state)
}

/// Tells the dialects where a request came from.
async fn tell_origin(State(state): State<ApiState>, request: Request, next: Next) -> axum::response::Response {
    let (mut parts, body) = request.into_parts();
    let origin = state.proxies.origin(&parts);
    parts.extensions.insert(origin);
    next.run(Request::from_parts(parts, body)).await
}

fn layered(routes: Router<ApiState>, metrics: Arc<Metrics>) -> Router<ApiState> {
    let request_id = HeaderName::from_static("x-request-id");
    let trace = TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(
        move |response: &Response<_>, latency: Duration, _: &Span| {
            metrics.answered(response.status());
            let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(http.status = response.status().as_u16(), latency_ms, "request answered");
        },
    );
    routes.layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(request_id.clone(), DrawRequestId))
            .layer(trace)
            .layer(PropagateRequestIdLayer::new(request_id))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            ))
            .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(DefaultBodyLimit::max(MAX_BODY)),
    )
}

#[derive(Clone, Copy)]
struct DrawRequestId;

impl MakeRequestId for DrawRequestId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let text = format!("req_{}", Uuid::now_v7().simple());
        HeaderValue::try_from(text).ok().map(RequestId::new)
    }
}

fn span<B>(request: &Request<B>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
    tracing::info_span!("http", method = %request.method(), route, request.id = id)
}

async fn unknown_route() -> Problem {
    Problem::http(HttpFault::UnknownRoute, "nothing lives at this path; the routes are listed at /openapi.json")
}

async fn method_not_allowed() -> Problem {
    Problem::http(HttpFault::MethodNotAllowed, "the header Allow lists the methods of this path")
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<axum::body::Body> {
    tracing::error!("a handler panicked");
    Problem::http(HttpFault::Internal, "a mistake of ours; the server's log holds it under the request id")
        .into_response()
}
