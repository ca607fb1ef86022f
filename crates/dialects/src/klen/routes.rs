//! `/api/v1/calls`: start one, list them, read one. Checks come in the documented order: key, permission, JSON, number
//! present, agent present, and what the use case says.

use std::collections::HashMap;

use app::Principal;
use app::manage_webhooks::NewWebhook;
use app::ports::store::{AgentName as Named, CallFilter};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::AgentId;
use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::call::{Call, CallRequest};
use domain::callee::Callee;
use domain::contact::Contact;
use domain::dialect::Dialect;
use domain::refusal::{Refusal, RefusalCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contacts::numbered;
use super::errors::KlenError;
use super::from_wire::{self, AgentName, ListCalls};
use super::wire::{AgentRef, CallDetail, CallList, Failed, InitiateBody, Initiated, WebhookBody, WebhookRecord};
use super::{people, to_wire};
use crate::content::{Content, summary};
use crate::door::{Door, json};
use crate::raw::Raw;
use crate::variables;

/// Permissions of keys, in the vendor's words.
const INITIATE: &[&str] = &["can_initiate_calls"];
const READ: &[&str] = &["can_read_calls"];

type Answer = Result<Response, KlenError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(initiate_call, list_calls))
        .routes(routes!(get_call))
        .routes(routes!(create_webhook))
        .merge(super::agents::routes())
        .merge(super::contacts::routes())
        .merge(super::context::routes())
}

/// Start a call
#[utoipa::path(post, path = "/api/v1/calls", tag = "calls",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("Idempotency-Key" = Option<String>, Header, description = "Your own name for this request (Outdial's)"),
    ),
    request_body = InitiateBody,
    responses(
        (status = 200, description = "The call is on its way", body = Initiated),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn initiate_call(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, INITIATE).await?;
    if let Some(answer) = door.answered_before(&raw, &principal).await? {
        return Ok(answer);
    }
    let asked = from_wire::initiate(&raw.object()?)?;
    let (agent, names) = agent(&door, &principal, &asked.agent).await?;
    let contact = match asked.contact_id {
        Some(id) => Some(numbered(&door, &principal, id).await?),
        None => called(&door, &principal, &asked.phone_number).await?,
    };
    // Values of the call go before those of the person, and these before those of the organization.
    let mut variables = variables::nested(&door.platform.known_variables(&principal, contact.as_ref()).await?);
    variables.extend(asked.variables);
    let shown = to_wire::agent(&agent.draft.name, &names);
    let request =
        CallRequest { agent: agent.id.to_string(), to: asked.phone_number, variables, ..CallRequest::default() };
    Ok(door.place(&raw, &principal, request, move |call| json(200, &to_wire::initiated(call, shown.clone()))).await?)
}

/// List calls
#[utoipa::path(get, path = "/api/v1/calls", tag = "calls",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("agent_id" = Option<String>, Query, description = "Database id or assistant id"),
        ("status" = Option<String>, Query, description = "queued, in-progress, completed or failed"),
        ("type" = Option<String>, Query, description = "inbound or outbound"),
        ("page" = Option<u32>, Query, description = "From 1"),
        ("limit" = Option<u32>, Query, description = "At most 100; 10 where nothing is said"),
    ),
    responses(
        (status = 200, description = "One page, newest first", body = CallList),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_calls(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let ListCalls { agent: named, status, inbound, page, limit } = from_wire::list_calls(&raw)?;
    let wanted = match &named {
        Some(name) => Some(agent(&door, &principal, name).await?.0.id),
        None => None,
    };
    let filter = CallFilter { status, agent: wanted, limit, ..CallFilter::default() };
    let (calls, count) = match inbound {
        true => (Vec::new(), 0),
        false => door.page(&principal, page, filter).await?,
    };
    let (agents, now) = (Agents::of(&door, &principal).await?, door.platform.clock.now());
    let called: Vec<Callee> = calls.iter().map(|call| call.to.clone()).collect();
    let known = door.platform.contacts_of(&principal, &called).await?;
    let row = |call: &Call| {
        let content = Content { summary: summary(call), recording_url: door.recording_url(call), ..Content::default() };
        let contact = known.get(call.to.as_str()).map(people::beside);
        to_wire::item(call, &agents.of_id(call.agent), contact, &content, now)
    };
    let calls = calls.iter().map(row).collect();
    Ok(Json(CallList { count, page, limit, pages: count.div_ceil(u64::from(limit)), calls }).into_response())
}

/// Read a call
#[utoipa::path(get, path = "/api/v1/calls/{call_id}", tag = "calls",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("call_id" = String, Path, description = "Database id or call id"),
    ),
    responses(
        (status = 200, description = "The call", body = CallDetail),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_call(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let call = door.platform.get_call(&principal, &id).await.map_err(|refusal| match refusal.code {
        RefusalCode::NotFound => KlenError::not_found("Call"),
        _ => KlenError::from(&refusal),
    })?;
    let content = door.content(&principal, &call).await?;
    let agent = Agents::of(&door, &principal).await?.of_id(call.agent);
    let contact = door.platform.contact_of(&principal, &call.to).await?;
    let contact = contact.as_ref().map(people::beside);
    Ok(Json(to_wire::detail(&call, agent, contact, content, door.platform.clock.now())).into_response())
}

/// Create a webhook
#[utoipa::path(post, path = "/api/webhooks/create/", tag = "webhooks",
    params(("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key=")),
    request_body = WebhookBody,
    responses(
        (status = 200, description = "Its secret is shown this once", body = WebhookRecord),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn create_webhook(State(door): State<Door>, raw: Raw) -> Answer {
    // What it is told may be read by this permission; the documents name none for webhooks.
    let principal = asker(&door, &raw, READ).await?;
    let WebhookBody { name, url, subscribed_events } = from_wire::webhook(&raw.object()?)?;
    let new = NewWebhook {
        url,
        description: name,
        events: subscribed_events,
        dialect: Dialect::Klen,
        ..NewWebhook::default()
    };
    let made = door.platform.create_webhook(&principal, new).await?;
    Ok(Json(to_wire::webhook(&made.endpoint, made.secret.reveal())).into_response())
}

/// Who asks, with one of these permissions.
pub(super) async fn asker(door: &Door, raw: &Raw, permissions: &[&str]) -> Result<Principal, KlenError> {
    let secret = raw.secret().ok_or_else(KlenError::authentication_required)?;
    let principal = door.asker(raw, secret, Dialect::Klen).await?;
    match principal.has_scope(permissions) {
        true => Ok(principal),
        false => Err(KlenError::permission_denied(permissions.first().copied().unwrap_or_default())),
    }
}

/// The person that a number reaches, if the number can be read and is known.
async fn called(door: &Door, principal: &Principal, number: &str) -> Result<Option<Contact>, KlenError> {
    let region = door.platform.own_organization(principal).await?.default_region;
    match Callee::parse(number, region.as_deref()) {
        Ok(callee) => Ok(door.platform.contact_of(principal, &callee).await?),
        Err(_) => Ok(None),
    }
}

async fn agent(door: &Door, principal: &Principal, name: &AgentName) -> Result<(Agent, AgentNames), KlenError> {
    let name = match name {
        AgentName::Integer(id) => Named::Integer(*id),
        AgentName::Assistant(id) => Named::Klen(id.clone()),
    };
    Ok(door.platform.agent_by_name(principal, &name).await?)
}

/// The agents of a tenant as they stand beside calls.
struct Agents(HashMap<AgentId, AgentRef>);

impl Agents {
    async fn of(door: &Door, principal: &Principal) -> Result<Self, Refusal> {
        let names = door.platform.agent_names(principal).await?;
        let agents = door.platform.list_agents(principal).await?.into_iter();
        let shown =
            agents.filter_map(|agent| Some((agent.id, to_wire::agent(&agent.draft.name, names.get(&agent.id)?))));
        Ok(Self(shown.collect()))
    }

    /// Nameless where it was removed meanwhile.
    fn of_id(&self, id: AgentId) -> AgentRef {
        let gone = || AgentRef { id: 0, name: String::new(), assistant_id: String::new() };
        self.0.get(&id).cloned().unwrap_or_else(gone)
    }
}

impl From<Refusal> for KlenError {
    fn from(refusal: Refusal) -> Self {
        Self::from(&refusal)
    }
}
