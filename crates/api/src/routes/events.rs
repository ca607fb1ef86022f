//! What happens, as it happens: of one call, or of all calls of the organization.

use app::read_calls::MAX_EVENTS;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::feed::{Cursor, Feed};
use crate::authenticate::{Caller, CallsRead};
use crate::extract::{Name, Query};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::events::{CallEvent, ReadEvents, ReadLog};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(call_events)).routes(routes!(all_events))
}

/// Read or follow a call's events
///
/// JSON by default. With `Accept: text/event-stream` the events so far and then the ones to come, until `call.ended`;
/// the id of an SSE event is its `sequence`, and `Last-Event-ID` resumes after it. Events named `words` come in
/// between while somebody speaks; they have no id and are not repeated. A stream that has nothing left answers 204,
/// which tells a browser not to come back.
#[utoipa::path(get, path = "/v1/calls/{call}/events", tag = "events", security(("api_key" = ["calls:read"])),
    params(
        ("call" = String, Path, description = "Id, sequence or SIP Call-ID"),
        ("Last-Event-ID" = Option<u32>, Header, description = "Stream only what comes after this `sequence`"),
        ReadEvents,
    ),
    responses(
        (status = 200, description = "The events in order", content(
            (Listing<CallEvent> = "application/json"),
            (String = "text/event-stream"),
        )),
        (status = 204, description = "The call is over and everything was streamed"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn call_events(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    name: Name,
    Query(query): Query<ReadEvents>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = query.after.unwrap_or(0);
    if !wants_stream(&headers) {
        let limit = match query.limit {
            Some(limit) if limit == 0 || limit > MAX_EVENTS => {
                return Err(Problem::field("?limit", format!("must lie between 1 and {MAX_EVENTS}")));
            }
            limit => limit.unwrap_or(MAX_EVENTS),
        };
        let events = state.platform.call_events(&caller.0, &name.0, after, limit).await?;
        return Ok(axum::Json(Listing::<CallEvent>::of(events)).into_response());
    }
    let after = last_event_id(&headers)?.unwrap_or(after);
    let call = state.platform.get_call(&caller.0, &name.0).await?;
    if call.status.is_terminal() && after >= call.last_event {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Feed::new(&state, caller.0, Cursor::Call(call.id, after)).into_response())
}

/// Follow all calls
///
/// Server-sent events of every call of the organization: from now on, or after `Last-Event-ID` (or `after`), which is
/// an event's `position`. Events named `words` come in between while somebody speaks; they have no id.
#[utoipa::path(get, path = "/v1/events", tag = "events", security(("api_key" = ["calls:read"])),
    params(
        ("Last-Event-ID" = Option<i64>, Header, description = "Only what comes after this `position`"),
        ReadLog,
    ),
    responses(
        (status = 200, description = "The events in order; the stream has no end", body = String,
            content_type = "text/event-stream"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn all_events(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    Query(query): Query<ReadLog>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = last_event_id(&headers)?.or(query.after);
    let mut feed = Feed::new(&state, caller.0, Cursor::Log(after.unwrap_or(0)));
    if after.is_none() {
        feed.skip_to_now().await?;
    }
    Ok(feed.into_response())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|text| text.split(',')).any(|range| {
        range.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("text/event-stream"))
    })
}

fn last_event_id<T: std::str::FromStr>(headers: &HeaderMap) -> Result<Option<T>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let wrong = || Problem::field("Last-Event-ID", "must be the id of an event of this stream, a whole number");
    text.trim().parse().map(Some).map_err(|_| wrong())
}
