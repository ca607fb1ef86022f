//! Calls: place, read, hang up, what was said.

use std::sync::Arc;

use app::idempotency::KeptOrNew;
use app::ports::store::CallFilter;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::callee::Callee;
use domain::outcome::CallStatus;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{peaks, recording, sip};
use crate::authenticate::{Caller, CallsRead, CallsWrite};
use crate::extract::{Name, Query};
use crate::idempotency::{KeyedJson, created, respond};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::calls::{Call, CallPage, CreateCall, ListCalls};
use crate::wire::events::Transcript;

/// Calls a page where the client does not say.
const DEFAULT_PAGE: u32 = 50;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create_call, list_calls))
        .routes(routes!(get_call))
        .routes(routes!(hang_up_call))
        .routes(routes!(get_transcript))
        .routes(routes!(recording::get_recording, recording::delete_recording))
        .routes(routes!(recording::get_recording_link))
        .routes(routes!(peaks::get_peaks))
        .routes(routes!(sip::get_sip_messages))
        .routes(routes!(recording::play_recording))
        .routes(routes!(recording::delete_content))
}

/// Place a call
///
/// The call, its first event and its place in the queue are durable before this answers. Under an `Idempotency-Key` a
/// repeat within 24 hours gets this answer again, with `Idempotent-Replayed: true`, and places no second call.
#[utoipa::path(post, path = "/v1/calls", tag = "calls", security(("api_key" = ["calls:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Your own name for this request")),
    request_body = CreateCall,
    responses(
        (status = 201, description = "Accepted and queued", body = Call, headers(("Location" = String))),
        (status = "4XX", description = "Refused; nothing was stored", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn create_call(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    request: KeyedJson<CreateCall>,
) -> Result<Response, Problem> {
    let keyed = request.keyed(&caller.0)?;
    let write = |call: &domain::call::Call| created(Some(format!("/v1/calls/{}", call.id)), &Call::from(call.clone()));
    let answered = match keyed {
        Some(asked) => state.platform.place_call_once(&caller.0, request.body.into(), &asked, Arc::new(write)).await?,
        None => {
            let call = state.platform.place_call(&caller.0, request.body.into()).await?;
            KeptOrNew { answer: write(&call), replayed: false }
        }
    };
    Ok(respond(answered))
}

/// List calls
#[utoipa::path(get, path = "/v1/calls", tag = "calls", security(("api_key" = ["calls:read"])),
    params(ListCalls),
    responses(
        (status = 200, description = "One page, newest first", body = CallPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_calls(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    Query(query): Query<ListCalls>,
) -> Result<axum::Json<CallPage>, Problem> {
    let filter = filter(&state, &caller, query).await?;
    let page = state
        .platform
        .list_calls(&caller.0, &filter)
        .await
        .map_err(|r| Problem::from(r).renamed("/limit", "?limit").renamed("/cursor", "?cursor"))?;
    Ok(axum::Json(CallPage { items: page.items.into_iter().map(Call::from).collect(), next_cursor: page.next }))
}

pub(super) async fn filter(
    state: &ApiState,
    caller: &Caller<CallsRead>,
    query: ListCalls,
) -> Result<CallFilter, Problem> {
    let agent = match query.agent {
        None => None,
        Some(name) => {
            let agent = state.platform.store.agent(caller.0.organization, &name).await;
            let agent = agent.map_err(|e| Problem::from(domain::refusal::Refusal::from(e)))?;
            let agent = agent.ok_or_else(|| Problem::field("?agent", "no such agent in this organization"))?;
            Some(agent.id)
        }
    };
    let to = match query.to {
        None => None,
        Some(text) => Some(Callee::parse(&text, None).map_err(|e| Problem::field("?to", e.to_string()))?),
    };
    let status = query.status.as_deref().unwrap_or_default();
    let status = status.split(',').map(str::trim).filter(|word| !word.is_empty()).map(|word| {
        CallStatus::parse(word).ok_or_else(|| {
            let known: Vec<&str> = CallStatus::ALL.iter().map(|s| s.as_str()).collect();
            Problem::field("?status", format!("`{word}` is not a status; known are {}", known.join(", ")))
        })
    });
    Ok(CallFilter {
        status: status.collect::<Result<_, _>>()?,
        agent,
        to,
        created_from: query.created_from,
        created_to: query.created_to,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(DEFAULT_PAGE),
    })
}

/// Read a call
#[utoipa::path(get, path = "/v1/calls/{call}", tag = "calls", security(("api_key" = ["calls:read"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 200, description = "The call", body = Call),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_call(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    name: Name,
) -> Result<axum::Json<Call>, Problem> {
    Ok(axum::Json(state.platform.get_call(&caller.0, &name.0).await?.into()))
}

/// Hang up
///
/// Terminal and idempotent. A call that waits is canceled at once; a live one is asked to hang up, and its
/// `call.ended` follows.
#[utoipa::path(post, path = "/v1/calls/{call}/hangup", tag = "calls", security(("api_key" = ["calls:write"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 200, description = "The call is over", body = Call),
        (status = 202, description = "The call was asked to hang up", body = Call),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call is changing hands; repeat", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn hang_up_call(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    name: Name,
) -> Result<(StatusCode, axum::Json<Call>), Problem> {
    let call = state.platform.hang_up_call(&caller.0, &name.0).await?;
    let status = if call.status.is_terminal() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, axum::Json(call.into())))
}

/// Read the transcript
///
/// What was really heard: the text of the agent ends where it was interrupted.
#[utoipa::path(get, path = "/v1/calls/{call}/transcript", tag = "calls", security(("api_key" = ["calls:read"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 200, description = "The turns so far", body = Transcript),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_transcript(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    name: Name,
) -> Result<axum::Json<Transcript>, Problem> {
    // Read before the events: what is complete here has all of its turns below.
    let call = state.platform.get_call(&caller.0, &name.0).await?;
    let turns = state.platform.turns(&caller.0, &call).await?.into_iter().map(Into::into).collect();
    let call_id = call.id.to_string();
    Ok(axum::Json(Transcript { call_id, complete: call.status.is_terminal(), turns }))
}
