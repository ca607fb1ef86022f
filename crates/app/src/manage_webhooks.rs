//! Endpoints that events are sent to: made, changed, switched on and off, given new secrets, tested.
//!
//! Law: a secret is told once, when it is drawn; the address is checked here as far as it can be without asking the
//! network, and in full before every request.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::dialect::Dialect;
use domain::organization_event::{OrganizationEvent, OrganizationFact};
use domain::refusal::{Refusal, RefusalCode};
use domain::webhook::{
    ALL_EVENTS, Delivery, DeliveryState, Disabled, DisabledReason, EndpointKind, Health, MAX_URL, WebhookEndpoint,
    WebhookSecret, WebhookSecrets, event_names,
};
use domain::{AgentId, DeliveryId, EventId, OrganizationId, WebhookEndpointId};

use crate::ports::store::StoreError;
use crate::refusals::{conflict, invalid, not_found};
use crate::{Platform, Principal};

/// Most endpoints of a tenant.
pub const MAX_ENDPOINTS: usize = 100;
/// How long an old secret signs beside the new one, where the client does not say.
pub const OVERLAP: Duration = Duration::from_hours(24);
/// The longest overlap.
pub const MAX_OVERLAP: Duration = Duration::from_hours(7 * 24);
/// Name under which the endpoint of the calls' status URLs is asked for.
pub const STATUS_URL: &str = "status_url";

/// A new endpoint.
#[derive(Clone, Default)]
pub struct NewWebhook {
    /// `http` or `https` address.
    pub url: String,
    /// What people call it; may be empty.
    pub description: String,
    /// Whose bodies and signatures are sent.
    pub dialect: Dialect,
    /// Names of events, or `*`.
    pub events: Vec<String>,
    /// Only calls of this agent, by slug or id.
    pub agent: Option<String>,
    /// A secret of the client's own; drawn where there is none.
    pub secret: Option<String>,
}

/// What to change of an endpoint; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookChange {
    /// New address.
    pub url: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New list of events.
    pub events: Option<Vec<String>>,
    /// Only calls of this agent; `Some(None)` for all.
    pub agent: Option<Option<String>>,
    /// On or off. Switched on, its failures are forgotten.
    pub enabled: Option<bool>,
}

/// An endpoint together with its secret, which is not to be had again.
#[derive(Clone, Debug)]
pub struct WebhookWithSecret {
    /// The endpoint.
    pub endpoint: WebhookEndpoint,
    /// Its newest secret.
    pub secret: WebhookSecret,
}

impl Platform {
    /// Makes an endpoint and tells its secret, once.
    pub async fn create_webhook(&self, principal: &Principal, new: NewWebhook) -> Result<WebhookWithSecret, Refusal> {
        principal.require(Permission::WebhooksWrite)?;
        self.check_url("/url", &new.url)?;
        check_description(&new.description)?;
        let events = self.checked_events(new.dialect, new.events)?;
        let agent = self.agent_of(principal, new.agent.as_deref()).await?;
        let secret = match new.secret {
            Some(text) => given_secret("/secret", &text)?,
            None => draw_secret()?,
        };
        if self.store.endpoints(principal.organization).await?.len() >= MAX_ENDPOINTS {
            return Err(conflict(format!("an organization has at most {MAX_ENDPOINTS} webhooks; delete one first")));
        }
        let endpoint = WebhookEndpoint {
            url: new.url,
            description: new.description,
            dialect: new.dialect,
            events,
            agent,
            ..self.blank(principal.organization, secret.clone())
        };
        let changes = differences(None, &endpoint);
        self.audited(principal, AuditAction::WebhookCreated, endpoint.id, changes).insert_endpoint(&endpoint).await?;
        Ok(WebhookWithSecret { endpoint, secret })
    }

    /// All endpoints, oldest first, without their secrets.
    pub async fn list_webhooks(&self, principal: &Principal) -> Result<Vec<WebhookEndpoint>, Refusal> {
        principal.require(Permission::WebhooksRead)?;
        Ok(self.store.endpoints(principal.organization).await?)
    }

    /// One endpoint by id, or [`STATUS_URL`].
    pub async fn get_webhook(&self, principal: &Principal, name: &str) -> Result<WebhookEndpoint, Refusal> {
        principal.require(Permission::WebhooksRead)?;
        self.find_webhook(principal, name).await
    }

    /// Changes an endpoint. Switched off, what waits for it is given up; a replay brings it back.
    pub async fn update_webhook(
        &self,
        principal: &Principal,
        name: &str,
        change: WebhookChange,
    ) -> Result<WebhookEndpoint, Refusal> {
        principal.require(Permission::WebhooksWrite)?;
        let mut endpoint = self.listed(principal, name).await?;
        let before = endpoint.clone();
        if let Some(url) = change.url {
            self.check_url("/url", &url)?;
            endpoint.url = url;
        }
        if let Some(description) = change.description {
            check_description(&description)?;
            endpoint.description = description;
        }
        if let Some(events) = change.events {
            endpoint.events = self.checked_events(endpoint.dialect, events)?;
        }
        if let Some(agent) = change.agent {
            endpoint.agent = self.agent_of(principal, agent.as_deref()).await?;
        }
        let now = self.clock.now();
        match change.enabled {
            Some(true) => (endpoint.disabled, endpoint.health) = (None, Health::default()),
            Some(false) if endpoint.disabled.is_none() => {
                endpoint.disabled = Some(Disabled { reason: DisabledReason::ByRequest, at: now });
            }
            Some(false) | None => {}
        }
        endpoint.updated_at = now;
        let changes = differences(Some(&before), &endpoint);
        self.audited(principal, AuditAction::WebhookUpdated, endpoint.id, changes).update_endpoint(&endpoint).await?;
        Ok(endpoint)
    }

    /// Removes an endpoint; what waits for it is given up.
    pub async fn delete_webhook(&self, principal: &Principal, name: &str) -> Result<(), Refusal> {
        principal.require(Permission::WebhooksWrite)?;
        let endpoint = self.listed(principal, name).await?;
        let store = self.audited(principal, AuditAction::WebhookDeleted, endpoint.id, Changes::none());
        if store.delete_endpoint(principal.organization, endpoint.id, self.clock.now()).await? {
            return Ok(());
        }
        Err(not_found("webhook"))
    }

    /// Puts a new secret in front; the old one signs beside it for `overlap` ([`OVERLAP`] where there is none).
    pub async fn rotate_webhook_secret(
        &self,
        principal: &Principal,
        name: &str,
        overlap: Option<Duration>,
        secret: Option<String>,
    ) -> Result<WebhookWithSecret, Refusal> {
        principal.require(Permission::WebhooksWrite)?;
        let overlap = overlap.unwrap_or(OVERLAP);
        if overlap > MAX_OVERLAP {
            return Err(invalid("/overlap_s", format!("must be at most {}", MAX_OVERLAP.as_secs())));
        }
        let secret = match secret {
            Some(text) => given_secret("/secret", &text)?,
            None => draw_secret()?,
        };
        let mut endpoint = self.find_webhook(principal, name).await?;
        let now = self.clock.now();
        endpoint.secrets = endpoint.secrets.rotated(secret.clone(), now.saturating_add(overlap).unwrap_or(now));
        endpoint.updated_at = now;
        let changes = Changes::none().hidden("secret", None, Some(&()));
        self.audited(principal, AuditAction::WebhookRotated, endpoint.id, changes).update_endpoint(&endpoint).await?;
        Ok(WebhookWithSecret { endpoint, secret })
    }

    /// Sends `webhook.test` to an endpoint, whatever it subscribes to.
    pub async fn test_webhook(&self, principal: &Principal, name: &str) -> Result<Delivery, Refusal> {
        principal.require(Permission::WebhooksWrite)?;
        let endpoint = self.listed(principal, name).await?;
        if endpoint.disabled.is_some() {
            return Err(conflict("the webhook is switched off; switch it on first"));
        }
        let (id, now) = (EventId(self.clock.uuid()), self.clock.now());
        let fact = OrganizationFact::WebhookTest { endpoint: endpoint.id };
        let delivery = Delivery {
            id: DeliveryId(self.clock.uuid()),
            organization: endpoint.organization,
            endpoint: endpoint.id,
            status_url: None,
            call: None,
            event: id,
            event_name: fact.name().to_owned(),
            sequence: 0,
            state: DeliveryState::Pending,
            dead_reason: None,
            attempts: 0,
            round: 0,
            due_at: now,
            created_at: now,
            finished_at: None,
        };
        let event = OrganizationEvent { id, organization: endpoint.organization, at: now, fact };
        self.store.insert_delivery(&delivery, &event).await?;
        Ok(delivery)
    }

    /// The address of a call's own webhook is checked, and there is a secret to sign with.
    pub(crate) async fn check_status_url(
        &self,
        organization: OrganizationId,
        url: Option<&str>,
    ) -> Result<(), Refusal> {
        let Some(url) = url else { return Ok(()) };
        self.check_url("/status_url", url)?;
        self.status_url_endpoint(organization).await.map(drop)
    }

    /// The one endpoint that signs what goes to status URLs; made when it is first asked for.
    async fn status_url_endpoint(&self, organization: OrganizationId) -> Result<WebhookEndpoint, Refusal> {
        let id = WebhookEndpoint::of_status_urls(organization);
        if let Some(found) = self.store.endpoint(organization, id).await? {
            return Ok(found);
        }
        let endpoint = WebhookEndpoint {
            id,
            kind: EndpointKind::StatusUrl,
            description: "signs what is sent to the status_url of calls".to_owned(),
            ..self.blank(organization, draw_secret()?)
        };
        match self.store.insert_endpoint(&endpoint).await {
            Ok(()) => Ok(endpoint),
            // Another request was quicker.
            Err(StoreError::Duplicate(_)) => {
                self.store.endpoint(organization, id).await?.ok_or_else(|| not_found("webhook"))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn find_webhook(&self, principal: &Principal, name: &str) -> Result<WebhookEndpoint, Refusal> {
        if name == STATUS_URL {
            return self.status_url_endpoint(principal.organization).await;
        }
        let id: WebhookEndpointId = name.parse().map_err(|_| not_found("webhook"))?;
        self.store.endpoint(principal.organization, id).await?.ok_or_else(|| not_found("webhook"))
    }

    /// An endpoint that has an address of its own.
    pub(crate) async fn listed(&self, principal: &Principal, name: &str) -> Result<WebhookEndpoint, Refusal> {
        let endpoint = self.find_webhook(principal, name).await?;
        match endpoint.kind {
            EndpointKind::Listed => Ok(endpoint),
            EndpointKind::StatusUrl => {
                Err(conflict("the webhook of status URLs has no address of its own; only its secret can be changed"))
            }
        }
    }

    fn blank(&self, organization: OrganizationId, secret: WebhookSecret) -> WebhookEndpoint {
        let now = self.clock.now();
        WebhookEndpoint {
            id: WebhookEndpointId(self.clock.uuid()),
            organization,
            kind: EndpointKind::Listed,
            url: String::new(),
            description: String::new(),
            dialect: Dialect::Native,
            events: Vec::new(),
            agent: None,
            secrets: WebhookSecrets::only(secret),
            disabled: None,
            health: Health::default(),
            created_at: now,
            updated_at: now,
        }
    }

    async fn agent_of(&self, principal: &Principal, name: Option<&str>) -> Result<Option<AgentId>, Refusal> {
        let Some(name) = name else { return Ok(None) };
        match self.store.agent(principal.organization, name).await? {
            Some(agent) => Ok(Some(agent.id)),
            None => Err(invalid("/agent", "no such agent in this organization")),
        }
    }

    /// Names of events that endpoints of a dialect can ask for.
    fn checked_events(&self, dialect: Dialect, names: Vec<String>) -> Result<Vec<String>, Refusal> {
        let known = match dialect {
            Dialect::Native => event_names().collect(),
            vendor => (self.webhooks.vendor_events)(vendor).to_vec(),
        };
        if known.is_empty() {
            let detail = format!("the dialect {} has no webhooks; use native", dialect.as_str());
            return Err(invalid("/dialect", detail));
        }
        checked_events(&known, names)
    }

    fn check_url(&self, pointer: &str, url: &str) -> Result<(), Refusal> {
        if url.len() > MAX_URL {
            return Err(invalid(pointer, format!("must have at most {MAX_URL} bytes")));
        }
        self.webhooks.http.check(url).map_err(|error| invalid(pointer, error.to_string()))
    }
}

/// A query may hold a token of the receiver's, so an address is told without it.
fn differences(before: Option<&WebhookEndpoint>, after: &WebhookEndpoint) -> Changes {
    let place = |endpoint: &WebhookEndpoint| endpoint.url.split(['?', '#']).next().unwrap_or_default().to_owned();
    Changes::none()
        .of("url", before.map(place), place(after))
        .hidden("query", before.map(|e| &e.url), Some(&after.url))
        .of("description", before.map(|e| e.description.as_str()), after.description.as_str())
        .of("events", before.map(|e| e.events.clone()), after.events.clone())
        .of("agent", before.and_then(|e| e.agent).map(|id| id.to_string()), after.agent.map(|id| id.to_string()))
        .of("enabled", before.map(|e| e.disabled.is_none()), after.disabled.is_none())
}

fn check_description(text: &str) -> Result<(), Refusal> {
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(invalid("/description", "must have at most 200 characters and no control characters"));
    }
    Ok(())
}

fn checked_events(known: &[&str], names: Vec<String>) -> Result<Vec<String>, Refusal> {
    if names.is_empty() {
        return Err(invalid("/events", "must name at least one event, or be [\"*\"] for all"));
    }
    let mut checked: Vec<String> = Vec::with_capacity(names.len());
    for (n, name) in names.into_iter().enumerate() {
        if name != ALL_EVENTS && !known.contains(&name.as_str()) {
            return Err(invalid(&format!("/events/{n}"), format!("must be * or one of {}", known.join(", "))));
        }
        if !checked.contains(&name) {
            checked.push(name);
        }
    }
    Ok(checked)
}

fn given_secret(pointer: &str, text: &str) -> Result<WebhookSecret, Refusal> {
    let wrong = |_| invalid(pointer, "must be whsec_ and base64 of 16 to 64 bytes");
    let bytes = STANDARD.decode(text.strip_prefix(WebhookSecret::PREFIX).unwrap_or_default()).unwrap_or_default();
    WebhookSecret::checked(text, bytes.len()).map_err(wrong)
}

/// 256 random bits: the middle of the 24 to 64 bytes that Standard Webhooks asks for.
fn draw_secret() -> Result<WebhookSecret, Refusal> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)
        .map_err(|_| Refusal::new(RefusalCode::Unavailable, "the system has no randomness to draw a secret from"))?;
    Ok(WebhookSecret::stored(format!("{}{}", WebhookSecret::PREFIX, STANDARD.encode(random))))
}
