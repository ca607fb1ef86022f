//! Webhook endpoints and deliveries on the wire.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::nullable;
use super::words::{DeadReason, DeliveryState, Dialect, DisabledReason};

/// A new endpoint.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWebhook {
    /// Where to: an `http` or `https` address without user name or password.
    #[schema(example = "https://example.com/hooks/outdial")]
    pub url: String,
    /// Names of events; `["*"]` for all.
    #[schema(example = json!(["call.ended"]))]
    pub events: Vec<String>,
    /// What you call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Only calls of this agent, by slug or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Whose bodies and signatures are sent; `native` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// A secret of your own, `whsec_` and base64 of 16 to 64 bytes; drawn when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for CreateWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateWebhook").field("events", &self.events).finish_non_exhaustive()
    }
}

impl From<CreateWebhook> for app::manage_webhooks::NewWebhook {
    fn from(wire: CreateWebhook) -> Self {
        Self {
            url: wire.url,
            description: wire.description.unwrap_or_default(),
            dialect: wire.dialect.map(|d| d.0).unwrap_or_default(),
            events: wire.events,
            agent: wire.agent,
            secret: wire.secret,
        }
    }
}

/// What to change of an endpoint; a field that is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateWebhook {
    /// New address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// New list of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// New description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Only calls of this agent; `null` for all.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub agent: Option<Option<String>>,
    /// Switches it on or off. Switched off, what waits is given up; switched on, its failures are forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl From<UpdateWebhook> for app::manage_webhooks::WebhookChange {
    fn from(wire: UpdateWebhook) -> Self {
        Self {
            url: wire.url,
            description: wire.description,
            events: wire.events,
            agent: wire.agent,
            enabled: wire.enabled,
        }
    }
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    #[schema(example = "whe_019addccb8787b1085f149f21342f947")]
    pub id: String,
    /// Where to; empty for the one that signs what goes to the `status_url` of calls.
    pub url: String,
    /// What you call it.
    pub description: String,
    /// Whose bodies and signatures are sent.
    pub dialect: Dialect,
    /// Names of events; `*` for all.
    pub events: Vec<String>,
    /// Only calls of this agent.
    pub agent_id: Option<String>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why nothing is sent.
    pub disabled_reason: Option<DisabledReason>,
    /// Since when nothing is sent.
    pub disabled_at: Option<Timestamp>,
    /// Failed tries since the last success.
    pub failures: u32,
    /// When the first of them was.
    pub failing_since: Option<Timestamp>,
    /// Until when the secret before this one signs as well.
    pub previous_secret_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl From<domain::webhook::WebhookEndpoint> for Webhook {
    fn from(endpoint: domain::webhook::WebhookEndpoint) -> Self {
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url,
            description: endpoint.description,
            dialect: endpoint.dialect.into(),
            events: endpoint.events,
            agent_id: endpoint.agent.map(|id| id.to_string()),
            enabled: endpoint.disabled.is_none(),
            disabled_reason: endpoint.disabled.map(|d| d.reason.into()),
            disabled_at: endpoint.disabled.map(|d| d.at),
            failures: endpoint.health.failures,
            failing_since: endpoint.health.failing_since,
            previous_secret_until: endpoint.secrets.previous.map(|(_, until)| until),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
        }
    }
}

/// An endpoint with its newest secret, which is not to be had again.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WebhookWithSecret {
    /// The endpoint.
    #[serde(flatten)]
    pub webhook: Webhook,
    /// What bodies are signed with.
    pub secret: String,
}

impl std::fmt::Debug for WebhookWithSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookWithSecret").field("id", &self.webhook.id).finish_non_exhaustive()
    }
}

impl From<app::manage_webhooks::WebhookWithSecret> for WebhookWithSecret {
    fn from(made: app::manage_webhooks::WebhookWithSecret) -> Self {
        Self { webhook: made.endpoint.into(), secret: made.secret.reveal().to_owned() }
    }
}

/// A new secret. The body may be left out.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSecret {
    /// How long the old secret signs beside the new one, in seconds; a day when absent, a week at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_s: Option<u64>,
    /// A secret of your own; drawn when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for RotateSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RotateSecret").field("overlap_s", &self.overlap_s).finish_non_exhaustive()
    }
}

/// What to send again: everything since a time or an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayWebhook {
    /// Events at or after this time (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Events at or after this one, instead of a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_event: Option<String>,
    /// Those that arrived too; otherwise only what was given up or never sent.
    #[serde(default)]
    pub delivered_too: bool,
}

/// How much is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Replayed {
    /// Deliveries that are on their way.
    pub deliveries: u64,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// Its id: `webhook-id` of every try.
    #[schema(example = "msg_019addccb8787b1085f149f21342f947")]
    pub id: String,
    /// The endpoint.
    pub webhook_id: String,
    /// Address that the call brought, where it goes to a `status_url`.
    pub status_url: Option<String>,
    /// Call that the event belongs to.
    pub call_id: Option<String>,
    /// The event.
    pub event_id: String,
    /// Its name.
    pub event: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why it was given up.
    pub dead_reason: Option<DeadReason>,
    /// Tries so far, those that are under way too.
    pub attempts: u32,
    /// When the next try is due, while it is pending.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it arrived or was given up.
    pub finished_at: Option<Timestamp>,
}

impl From<domain::webhook::Delivery> for Delivery {
    fn from(delivery: domain::webhook::Delivery) -> Self {
        let pending = delivery.state == domain::webhook::DeliveryState::Pending;
        Self {
            id: delivery.id.to_string(),
            webhook_id: delivery.endpoint.to_string(),
            status_url: delivery.status_url,
            call_id: delivery.call.map(|id| id.to_string()),
            event_id: delivery.event.to_string(),
            event: delivery.event_name,
            state: delivery.state.into(),
            dead_reason: delivery.dead_reason.map(Into::into),
            attempts: delivery.attempts,
            next_attempt_at: pending.then_some(delivery.due_at),
            created_at: delivery.created_at,
            finished_at: delivery.finished_at,
        }
    }
}

/// One try of a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryAttempt {
    /// Counts up from 1 within the delivery.
    pub number: u32,
    /// When the request left.
    pub at: Timestamp,
    /// How long it took.
    pub duration_ms: u64,
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// Why there was no usable answer.
    pub error: Option<String>,
    /// First bytes of the answer's body.
    pub response_excerpt: Option<String>,
    /// When the next try was due, if one followed.
    pub next_attempt_at: Option<Timestamp>,
}

impl From<domain::webhook::DeliveryAttempt> for DeliveryAttempt {
    fn from(attempt: domain::webhook::DeliveryAttempt) -> Self {
        Self {
            number: attempt.number,
            at: attempt.at,
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            error: attempt.error,
            response_excerpt: attempt.excerpt,
            next_attempt_at: attempt.next_at,
        }
    }
}

/// A delivery with its tries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryLog {
    /// The delivery.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// Its tries in order.
    pub log: Vec<DeliveryAttempt>,
}

/// One page of deliveries, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryPage {
    /// The deliveries.
    pub items: Vec<Delivery>,
    /// Pass it as `cursor` to get the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Which deliveries to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDeliveries {
    /// Only of this call, by id.
    pub call: Option<String>,
    /// Only in this state: `pending`, `delivered` or `dead`.
    pub state: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Deliveries a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}
