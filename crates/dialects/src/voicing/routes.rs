//! `publish-outbound-call`, and `get-call-details` for one call, for a page of them and for many by their ids.

use std::collections::BTreeMap;

use app::Principal;
use app::ports::store::{AgentName, CallFilter};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::AgentId;
use domain::agent_names::AgentNames;
use domain::call::{Call, CallRequest};
use domain::callee::Callee;
use domain::dialect::Dialect;
use domain::refusal::{Refusal, RefusalCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::errors::VoicingError;
use super::from_wire::{self, Page};
use super::to_wire;
use super::wire::{BulkBody, CallRecord, CallsAsked, Details, Failed, Found, Listed, PublishBody, Published};
use crate::door::{Door, json};
use crate::raw::Raw;

/// The category of keys that open these routes; one that has none was made for them.
const CATEGORY: &str = "Rest APIs";

type Answer = Result<Response, VoicingError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(publish_outbound_call))
        .routes(routes!(get_call_details))
        .routes(routes!(get_one_call))
        .routes(routes!(bulk_by_ids))
        .merge(super::chat::routes())
}

/// Start a call
#[utoipa::path(post, path = "/api/v1/campaigns/publish-outbound-call", tag = "calls",
    params(
        ("x-api-key" = String, Header, description = "A key of the category Rest APIs"),
        ("Idempotency-Key" = Option<String>, Header, description = "Your own name for this request (Outdial's)"),
    ),
    request_body = PublishBody,
    responses(
        (status = 200, description = "The call is on its way", body = Published),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "Failed to publish outbound call", body = Failed),
    ))]
async fn publish_outbound_call(State(door): State<Door>, raw: Raw) -> Answer {
    publish(&door, &raw).await.map_err(VoicingError::of_publishing)
}

async fn publish(door: &Door, raw: &Raw) -> Answer {
    let principal = asker(door, raw).await?;
    if let Some(answer) = door.answered_before(raw, &principal).await? {
        return Ok(answer);
    }
    let asked = from_wire::publish(&raw.object()?)?;
    let agent = assistant(door, &principal, &asked.assistant_id).await?;
    let request = CallRequest {
        agent: agent.to_string(),
        to: asked.phone_number,
        variables: asked.variables,
        ..CallRequest::default()
    };
    let placed = door.place(raw, &principal, request, |call| json(200, &to_wire::published(call))).await;
    placed.map_err(|refusal| VoicingError::of_publish(&refusal, &asked.assistant_id))
}

/// Read one call, or a page of them
///
/// With `call_id` one call; without it a page, newest first.
#[utoipa::path(get, path = "/api/v1/campaigns/get-call-details", tag = "calls",
    params(
        ("x-api-key" = String, Header, description = "A key of the category Rest APIs"),
        ("call_id" = Option<String>, Query, description = "Our id of the call, or its SIP Call-ID"),
        ("page" = Option<u32>, Query, description = "From 1"),
        ("limit" = Option<u32>, Query, description = "At most 100; 10 where nothing is said"),
        ("assistant_id" = Option<String>, Query, description = "Only calls of this assistant"),
        ("phone_number" = Option<String>, Query, description = "Only calls to this number"),
        ("status" = Option<String>, Query, description = "initiated, ringing, in-progress, completed or failed"),
        ("start_date" = Option<String>, Query, description = "Accepted from then on"),
        ("end_date" = Option<String>, Query, description = "Accepted before then"),
    ),
    responses(
        (status = 200, description = "One call (flat), or a page of them in `data`", body = CallsAsked),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "A mistake of ours", body = Failed),
    ))]
async fn get_call_details(State(door): State<Door>, raw: Raw) -> Answer {
    match raw.query("call_id").filter(|id| !id.is_empty()) {
        Some(id) => one(&door, &raw, id).await,
        None => list(&door, &raw).await,
    }
}

/// Read one call
#[utoipa::path(get, path = "/api/v1/campaigns/get-call-details/{call_id}", tag = "calls",
    params(
        ("x-api-key" = String, Header, description = "A key of the category Rest APIs"),
        ("call_id" = String, Path, description = "Our id of the call, or its SIP Call-ID"),
    ),
    responses(
        (status = 200, description = "The call", body = Details),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "A mistake of ours", body = Failed),
    ))]
async fn get_one_call(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    one(&door, &raw, &id).await
}

async fn one(door: &Door, raw: &Raw, id: &str) -> Answer {
    let principal = asker(door, raw).await?;
    let unknown = |refusal: Refusal| match refusal.code {
        RefusalCode::NotFound => VoicingError::call_not_found(id),
        _ => VoicingError::from(&refusal),
    };
    let call = door.platform.get_call(&principal, id).await.map_err(unknown)?;
    let names = door.platform.agent_names(&principal).await?;
    let content = door.content(&principal, &call).await?;
    let call = CallRecord {
        transcript: content.transcript,
        recording_url: content.recording_url,
        ..record(door, &names, &call)
    };
    Ok(Json(Details { success: true, call }).into_response())
}

async fn list(door: &Door, raw: &Raw) -> Answer {
    let principal = asker(door, raw).await?;
    let Page { page, limit, assistant_id, phone_number, status, from, to } = from_wire::page(raw)?;
    let agent = match &assistant_id {
        Some(id) => Some(assistant(door, &principal, id).await?),
        None => None,
    };
    let number = match phone_number {
        Some(text) => {
            let organization = door.platform.own_organization(&principal).await?;
            let region = organization.default_region.as_deref();
            Some(Callee::parse(&text, region).map_err(|e| VoicingError::bad_request(e.to_string()))?)
        }
        None => None,
    };
    let filter = CallFilter { status, agent, to: number, created_from: from, created_to: to, cursor: None, limit };
    let (calls, total) = door.page(&principal, page, filter).await?;
    let names = door.platform.agent_names(&principal).await?;
    let data = calls.iter().map(|call| record(door, &names, call)).collect();
    let total_pages = total.div_ceil(u64::from(limit));
    Ok(Json(Listed { success: true, data, page, limit, total, total_pages }).into_response())
}

/// Read many calls by their ids
#[utoipa::path(post, path = "/api/v1/campaigns/get-call-details/bulk-by-ids", tag = "calls",
    params(("x-api-key" = String, Header, description = "A key of the category Rest APIs")),
    request_body = BulkBody,
    responses(
        (status = 200, description = "Those that are known, in the order asked for", body = Found),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "A mistake of ours", body = Failed),
    ))]
async fn bulk_by_ids(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw).await?;
    let ids = from_wire::ids(&raw.object()?)?;
    let names = door.platform.agent_names(&principal).await?;
    let (mut data, mut not_found) = (Vec::new(), Vec::new());
    for id in ids {
        match door.platform.get_call(&principal, &id).await {
            Ok(call) => data.push(CallRecord { call_id: id, ..record(&door, &names, &call) }),
            Err(refusal) if refusal.code == RefusalCode::NotFound => not_found.push(id),
            Err(refusal) => return Err(VoicingError::from(&refusal)),
        }
    }
    Ok(Json(Found { success: true, data, not_found }).into_response())
}

async fn asker(door: &Door, raw: &Raw) -> Result<Principal, VoicingError> {
    let secret = raw.header("x-api-key").filter(|secret| !secret.is_empty()).ok_or_else(VoicingError::invalid_token)?;
    of_rest_category(door.asker(raw, secret, Dialect::Voicing).await?)
}

/// Keys of another category open nothing here.
pub(super) fn of_rest_category(principal: Principal) -> Result<Principal, VoicingError> {
    match principal.category.as_deref() {
        None | Some(CATEGORY) => Ok(principal),
        Some(_) => Err(VoicingError::invalid_token()),
    }
}

pub(super) async fn assistant(door: &Door, principal: &Principal, id: &str) -> Result<AgentId, VoicingError> {
    let Ok(uuid) = Uuid::parse_str(id) else { return Err(VoicingError::assistant_not_found(id)) };
    let found = door.platform.agent_by_name(principal, &AgentName::Voicing(uuid)).await;
    found.map(|(agent, _)| agent.id).map_err(|refusal| match refusal.code {
        RefusalCode::AgentNotFound => VoicingError::assistant_not_found(id),
        _ => VoicingError::from(&refusal),
    })
}

fn record(door: &Door, names: &BTreeMap<AgentId, AgentNames>, call: &Call) -> CallRecord {
    let assistant = names.get(&call.agent).map_or(call.agent.0, |names| names.voicing);
    to_wire::record(call, &assistant.to_string(), door.platform.clock.now())
}

impl From<Refusal> for VoicingError {
    fn from(refusal: Refusal) -> Self {
        Self::from(&refusal)
    }
}
