//! Where events are sent, and how it went: endpoints, deliveries, and the tries of each.

use std::fmt;

use crate::call_event::CallFact;
use crate::dialect::Dialect;
use crate::ids::{AgentId, CallId, DeliveryId, EventId, OrganizationId, WebhookEndpointId};
use crate::organization_event::OrganizationFact;
use crate::time::Timestamp;

/// Longest address of an endpoint in bytes.
pub const MAX_URL: usize = 2_048;
/// Subscribes to everything.
pub const ALL_EVENTS: &str = "*";

/// Events of ours that a vendor's webhooks may tell of.
const TOLD_BY_VENDORS: [&str; 5] =
    ["call.answered", "call.recording_ready", "call.ended", "wallet.low_balance", "webhook.test"];

/// Public names of all events that can be subscribed to: calls first, tenants after them.
pub fn event_names() -> impl Iterator<Item = &'static str> {
    CallFact::NAMES.iter().chain(OrganizationFact::NAMES).copied()
}

/// A place that events are sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Tenant it belongs to.
    pub organization: OrganizationId,
    /// Whether it has an address of its own, or lends its secrets to the `status_url` of calls.
    pub kind: EndpointKind,
    /// `http` or `https` address; empty for [`EndpointKind::StatusUrl`].
    pub url: String,
    /// What people call it.
    pub description: String,
    /// Whose bodies and signatures are sent.
    pub dialect: Dialect,
    /// Names of events, or [`ALL_EVENTS`].
    pub events: Vec<String>,
    /// Only calls of this agent; events of the tenant come all the same.
    pub agent: Option<AgentId>,
    /// What bodies are signed with.
    pub secrets: WebhookSecrets,
    /// Set while nothing is sent.
    pub disabled: Option<Disabled>,
    /// How it went of late.
    pub health: Health,
    /// When it was made. Earlier events are not sent.
    pub created_at: Timestamp,
    /// When it was last changed by a person.
    pub updated_at: Timestamp,
}

impl fmt::Debug for WebhookEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookEndpoint").field("id", &self.id).finish_non_exhaustive()
    }
}

impl WebhookEndpoint {
    /// Whether it wants an event of that name, of a call that `agent` holds.
    pub fn wants(&self, event: &str, agent: Option<AgentId>) -> bool {
        let subscribed = match self.dialect {
            Dialect::Native => self.events.iter().any(|name| name == ALL_EVENTS || name == event),
            // Names of events are the vendor's own; what of these it tells, it decides itself.
            _ => TOLD_BY_VENDORS.contains(&event),
        };
        self.kind == EndpointKind::Listed
            && self.disabled.is_none()
            && subscribed
            && (self.agent.is_none() || agent.is_none() || self.agent == agent)
    }

    /// Id of the one endpoint of a tenant that signs what goes to a call's `status_url`.
    pub fn of_status_urls(organization: OrganizationId) -> WebhookEndpointId {
        WebhookEndpointId(organization.0)
    }
}

/// What has its own room among deliveries: an endpoint, or the server of a status URL.
pub fn lane(endpoint: WebhookEndpointId, status_url: Option<&str>) -> String {
    let Some(url) = status_url else { return endpoint.to_string() };
    // `https://host:port/path?query` up to the path.
    let end = url.find("://").map_or(0, |at| at + 3);
    let end = url[end..].find(['/', '?', '#']).map_or(url.len(), |at| end + at);
    format!("status_url {}", url[..end].to_ascii_lowercase())
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Text form, stable in every API and in the store.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Reads the text form.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text)
            }
        }
    )*};
}

words! {
    /// What an endpoint is.
    EndpointKind {
        /// It has an address and a list of events.
        Listed = "listed",
        /// It signs what goes to the `status_url` of the tenant's calls; one a tenant.
        StatusUrl = "status_url",
    }

    /// Why nothing is sent to an endpoint.
    DisabledReason {
        /// A person switched it off.
        ByRequest = "by_request",
        /// It failed too often for too long.
        Failing = "failing",
        /// It answered 410.
        Gone = "gone",
    }

    /// Where a delivery stands.
    DeliveryState {
        /// Waits for its first or next try.
        Pending = "pending",
        /// Was answered with 2xx.
        Delivered = "delivered",
        /// Nothing was sent: the endpoint's dialect does not know the event, or the endpoint did not ask for it.
        Skipped = "skipped",
        /// Given up; it can be sent again.
        Dead = "dead",
    }

    /// Why a delivery was given up.
    DeadReason {
        /// The last try of the schedule failed.
        Exhausted = "exhausted",
        /// The endpoint answered 410.
        Gone = "gone",
        /// The endpoint was switched off or removed before it arrived.
        EndpointDisabled = "endpoint_disabled",
        /// The address leads to a place that must not be asked.
        Forbidden = "forbidden",
        /// What it told of is not stored any more.
        EventGone = "event_gone",
    }
}

/// That, since when and why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// Why.
    pub reason: DisabledReason,
    /// Since when.
    pub at: Timestamp,
}

/// How it went of late at an endpoint, over all of its deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Failures since the last success.
    pub failures: u32,
    /// When the first of them was.
    pub failing_since: Option<Timestamp>,
}

/// A signing secret: `whsec_` and base64 of 16 to 64 bytes (Standard Webhooks asks for 24; shorter ones come from files that people wrote).
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(String);

/// A text that is no signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be whsec_ and base64 of 16 to 64 bytes")]
pub struct InvalidSecret;

impl WebhookSecret {
    /// Prefix of the text form.
    pub const PREFIX: &'static str = "whsec_";

    /// Takes a text whose base64 part was decoded to `bytes` bytes by the caller.
    pub fn checked(text: &str, bytes: usize) -> Result<Self, InvalidSecret> {
        if text.starts_with(Self::PREFIX) && (16..=64).contains(&bytes) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidSecret)
    }

    /// Takes a text that was checked when it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Text form with its prefix. For the signer, and for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The base64 part.
    pub fn base64(&self) -> &str {
        self.0.strip_prefix(Self::PREFIX).unwrap_or(&self.0)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(hidden)")
    }
}

/// The secret of an endpoint, and the one before it while both sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecrets {
    /// Signs everything.
    pub current: WebhookSecret,
    /// Signs beside it until then.
    pub previous: Option<(WebhookSecret, Timestamp)>,
}

impl WebhookSecrets {
    /// One secret alone.
    pub fn only(current: WebhookSecret) -> Self {
        Self { current, previous: None }
    }

    /// Those that sign at `now`, the newest first.
    pub fn at(&self, now: Timestamp) -> Vec<&WebhookSecret> {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        std::iter::once(&self.current).chain(previous).collect()
    }

    /// A new secret in front; the old one signs on until then.
    #[must_use]
    pub fn rotated(self, new: WebhookSecret, old_until: Timestamp) -> Self {
        Self { current: new, previous: Some((self.current, old_until)) }
    }
}

/// One event on its way to one place. Its id is the `webhook-id` of every try.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// Tenant.
    pub organization: OrganizationId,
    /// Endpoint; the one of the tenant's status URLs where the call brought its own address.
    pub endpoint: WebhookEndpointId,
    /// Address that the call brought; `None` for the endpoint's own.
    pub status_url: Option<String>,
    /// Call that the event belongs to.
    pub call: Option<CallId>,
    /// The event.
    pub event: EventId,
    /// Its public name.
    pub event_name: String,
    /// Its number within the call; 0 for events of a tenant.
    pub sequence: u32,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why it was given up.
    pub dead_reason: Option<DeadReason>,
    /// Tries so far.
    pub attempts: u32,
    /// Tries since it was last asked for: resends begin the schedule anew.
    pub round: u32,
    /// When the next try is due, while it is pending.
    pub due_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it arrived or was given up.
    pub finished_at: Option<Timestamp>,
}

/// One try of a delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryAttempt {
    /// Counts up from 1 within the delivery.
    pub number: u32,
    /// When the request left.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// HTTP status, if an answer came.
    pub status: Option<u16>,
    /// Why there was no usable answer.
    pub error: Option<String>,
    /// First bytes of the answer's body, printable.
    pub excerpt: Option<String>,
    /// When the next try is due, if one follows.
    pub next_at: Option<Timestamp>,
}
