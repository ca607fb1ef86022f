//! `/api/v1/calls`: trigger one, list them, read one; `/api/v1/webhooks`.

use std::collections::BTreeMap;

use app::Principal;
use app::manage_webhooks::{NewWebhook, WebhookChange};
use app::ports::store::{AgentName, CallFilter};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::AgentId;
use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::call::{Call, CallRequest};
use domain::dialect::Dialect;
use domain::refusal::{Refusal, RefusalCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::VoxpriaError;
use super::from_wire::{self, ListCalls};
use super::to_wire;
use super::wire::{CallRecord, Failed, Pagination, Success, TriggerBody, Triggered, WebhookBody, WebhookRecord};
use crate::content::{Content, summary};
use crate::door::{Door, json};
use crate::raw::Raw;

/// Scopes of keys, in the vendor's words. Reading is covered by writing, as the documents' samples have it.
const WRITE: &[&str] = &["calls:write"];
const READ: &[&str] = &["calls:read", "calls:write"];

const WEBHOOKS: &[&str] = &["webhooks:manage", "webhooks:write"];
const READ_WEBHOOKS: &[&str] = &["webhooks:manage", "webhooks:write", "webhooks:read"];

type Answer = Result<Response, VoxpriaError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(trigger_call, list_calls))
        .routes(routes!(get_call))
        .routes(routes!(create_webhook, list_webhooks))
        .routes(routes!(delete_webhook))
        .merge(super::agents::routes())
        .merge(super::contacts::routes())
        .merge(super::credits::routes())
}

/// Trigger a call
#[utoipa::path(post, path = "/api/v1/calls", tag = "calls",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("Idempotency-Key" = Option<String>, Header, description = "Your own name for this request (Outdial's)"),
    ),
    request_body = TriggerBody,
    responses(
        (status = 200, description = "The call is on its way", body = Success<Triggered>),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn trigger_call(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    if let Some(answer) = door.answered_before(&raw, &principal).await? {
        return Ok(answer);
    }
    let asked = from_wire::trigger(&raw.object()?)?;
    let agent = agent(&door, &principal, &asked.agent_id).await?;
    let request = CallRequest {
        agent: agent.id.to_string(),
        to: asked.to_number,
        variables: asked.variables,
        ..CallRequest::default()
    };
    let named = asked.agent_id;
    let write = move |call: &Call| json(200, &Success::of(to_wire::triggered(call, &named)));
    Ok(door.place(&raw, &principal, request, write).await?)
}

/// List calls
#[utoipa::path(get, path = "/api/v1/calls", tag = "calls",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("agentId" = Option<String>, Query, description = "Only calls of this agent"),
        ("status" = Option<String>, Query, description = "One of the seven statuses"),
        ("page" = Option<u32>, Query, description = "From 1"),
        ("limit" = Option<u32>, Query, description = "At most 100; 20 where nothing is said; also `per_page`"),
    ),
    responses(
        (status = 200, description = "One page, newest first", body = Success<Vec<CallRecord>>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_calls(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let ListCalls { agent_id, status, page, limit } = from_wire::list_calls(&raw)?;
    let wanted = match &agent_id {
        Some(id) => Some(agent(&door, &principal, id).await?.id),
        None => None,
    };
    let filter = CallFilter { status, agent: wanted, limit, ..CallFilter::default() };
    let (calls, total) = door.page(&principal, page, filter).await?;
    let (names, now) = (door.platform.agent_names(&principal).await?, door.platform.clock.now());
    let row = |call: &Call| {
        let content = Content { summary: summary(call), recording_url: door.recording_url(call), ..Content::default() };
        to_wire::record(call, &named(&names, call.agent), content, now)
    };
    let data: Vec<CallRecord> = calls.iter().map(row).collect();
    let pagination = Some(Pagination { page, limit, total, total_pages: total.div_ceil(u64::from(limit)) });
    Ok(Json(Success { success: true, data, pagination }).into_response())
}

/// Read a call
#[utoipa::path(get, path = "/api/v1/calls/{id}", tag = "calls",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "Id of the call"),
    ),
    responses(
        (status = 200, description = "The call", body = Success<CallRecord>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_call(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let call = door.platform.get_call(&principal, &id).await.map_err(|refusal| match refusal.code {
        RefusalCode::NotFound => VoxpriaError::not_found("Call"),
        _ => VoxpriaError::from(&refusal),
    })?;
    let content = door.content(&principal, &call).await?;
    let names = door.platform.agent_names(&principal).await?;
    let record = to_wire::record(&call, &named(&names, call.agent), content, door.platform.clock.now());
    Ok(Json(Success::of(record)).into_response())
}

/// Create a webhook
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    request_body = WebhookBody,
    responses(
        (status = 200, description = "Its secret is shown this once", body = Success<WebhookRecord>),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn create_webhook(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WEBHOOKS).await?;
    let WebhookBody { url, events, active } = from_wire::webhook(&raw.object()?)?;
    let new = NewWebhook { url, events, dialect: Dialect::Voxpria, ..NewWebhook::default() };
    let made = door.platform.create_webhook(&principal, new).await?;
    let mut endpoint = made.endpoint;
    if active == Some(false) {
        let off = WebhookChange { enabled: Some(false), ..WebhookChange::default() };
        endpoint = door.platform.update_webhook(&principal, &endpoint.id.to_string(), off).await?;
    }
    Ok(Json(Success::of(to_wire::webhook(&endpoint, Some(made.secret.reveal())))).into_response())
}

/// List webhooks
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    responses(
        (status = 200, description = "Webhooks of this API, oldest first", body = Success<Vec<WebhookRecord>>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_webhooks(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ_WEBHOOKS).await?;
    let all = door.platform.list_webhooks(&principal).await?;
    let own = all.iter().filter(|endpoint| endpoint.dialect == Dialect::Voxpria);
    let data: Vec<WebhookRecord> = own.map(|endpoint| to_wire::webhook(endpoint, None)).collect();
    Ok(Json(Success::of(data)).into_response())
}

/// Delete a webhook
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "Id of the webhook"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Success<WebhookRecord>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn delete_webhook(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WEBHOOKS).await?;
    let unknown = |refusal: Refusal| match refusal.code {
        RefusalCode::NotFound => VoxpriaError::not_found("Webhook"),
        _ => VoxpriaError::from(&refusal),
    };
    let endpoint = door.platform.get_webhook(&principal, &id).await.map_err(unknown)?;
    if endpoint.dialect != Dialect::Voxpria {
        return Err(VoxpriaError::not_found("Webhook"));
    }
    door.platform.delete_webhook(&principal, &id).await.map_err(unknown)?;
    Ok(Json(Success::of(WebhookRecord { active: false, ..to_wire::webhook(&endpoint, None) })).into_response())
}

/// Who asks; where no scope is named, every key of this API may.
pub(super) async fn asker(door: &Door, raw: &Raw, scopes: &[&str]) -> Result<Principal, VoxpriaError> {
    let secret = raw.secret().ok_or_else(VoxpriaError::unauthorized)?;
    let principal = door.asker(raw, secret, Dialect::Voxpria).await?;
    match scopes.is_empty() || principal.has_scope(scopes) {
        true => Ok(principal),
        false => Err(VoxpriaError::forbidden(scopes.first().copied().unwrap_or_default())),
    }
}

pub(super) async fn agent(door: &Door, principal: &Principal, id: &str) -> Result<Agent, VoxpriaError> {
    let (agent, _) = door.platform.agent_by_name(principal, &AgentName::Voxpria(id.to_owned())).await?;
    Ok(agent)
}

pub(super) fn named(names: &BTreeMap<AgentId, AgentNames>, agent: AgentId) -> String {
    names.get(&agent).map_or_else(|| agent.to_string(), |names| names.voxpria.clone())
}

impl From<Refusal> for VoxpriaError {
    fn from(refusal: Refusal) -> Self {
        Self::from(&refusal)
    }
}
