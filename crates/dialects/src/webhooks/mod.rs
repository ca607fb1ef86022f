//! What a vendor's receivers are told, and how it is signed.
//!
//! Law: pure, and the same bytes at every try. A vendor that does not know an event sends nothing.

use app::ports::store::News;
use domain::agent_names::AgentNames;
use domain::call::Call;
use domain::call_event::{CallEvent, CallFact};
use domain::dialect::Dialect;
use domain::organization_event::{OrganizationEvent, OrganizationFact};
use domain::time::Timestamp;
use domain::transcript::Turn;
use domain::webhook::ALL_EVENTS;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::VENDORS;
use crate::content::{Content, summary, transcript};

/// A vendor's webhooks.
#[derive(Clone, Copy, Debug)]
pub struct VendorWebhooks {
    /// Names of events that its clients subscribe to.
    pub events: &'static [&'static str],
    /// The body that tells an event to somebody who asked for these names; `None` where the vendor does not know it.
    pub bodies: fn(&Story<'_>, wanted: Wanted<'_>) -> Vec<Vec<u8>>,
    /// Header fields that sign a body, at a time in seconds since 1970.
    pub sign: fn(secret: &str, unix: i64, body: &[u8]) -> Signatures,
}

/// Header fields, name and value.
pub type Signatures = Vec<(String, String)>;

/// What is told of.
#[derive(Clone, Copy, Debug)]
pub enum Story<'a> {
    /// An event of a call.
    Call(CallStory<'a>),
    /// An event of a tenant.
    Organization(&'a OrganizationEvent),
}

/// An event of a call, with all that a vendor may want to say of it.
#[derive(Clone, Copy, Debug)]
pub struct CallStory<'a> {
    /// The call as it stood after the event.
    pub call: &'a Call,
    /// The event.
    pub event: &'a CallEvent,
    /// Names of the agent; `None` when the agent is gone.
    pub names: Option<&'a AgentNames>,
    /// What was said up to the event.
    pub turns: &'a [Turn],
    /// Where the recording is, if it is ready.
    pub recording_url: Option<&'a str>,
}

/// Names that an endpoint asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a>(pub &'a [String]);

impl Wanted<'_> {
    /// Whether it asked for this one.
    pub fn has(self, name: &str) -> bool {
        self.0.iter().any(|wanted| wanted == name || wanted == ALL_EVENTS)
    }

    /// The first of several that it asked for.
    pub fn first<'b>(self, names: &[&'b str]) -> Option<&'b str> {
        names.iter().copied().find(|name| self.has(name))
    }
}

impl<'a> Story<'a> {
    /// News with what was read for it.
    pub fn of(
        news: &'a News,
        names: Option<&'a AgentNames>,
        turns: &'a [Turn],
        recording_url: Option<&'a str>,
    ) -> Self {
        match news {
            News::Call(call, event) => Self::Call(CallStory { call, event, names, turns, recording_url }),
            News::Organization(event) => Self::Organization(event),
        }
    }

    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Call(story) => story.event.at,
            Self::Organization(event) => event.at,
        }
    }

    /// Sent on request, to see whether an endpoint works; in the envelope that most vendors have.
    pub fn is_test(&self) -> bool {
        matches!(self, Self::Organization(event) if matches!(event.fact, OrganizationFact::WebhookTest { .. }))
    }
}

impl CallStory<'_> {
    /// Where the call stands for people who only know beginning and end.
    pub fn milestone(&self) -> Option<Milestone> {
        match &self.event.fact {
            CallFact::Answered { .. } => Some(Milestone::Started),
            CallFact::RecordingReady { .. } => Some(Milestone::Recorded),
            CallFact::Ended(_) if self.call.answered_at.is_some() => Some(Milestone::Ended),
            CallFact::Ended(_) => Some(Milestone::Failed),
            _ => None,
        }
    }

    /// What was said and what came of it.
    pub fn content(&self) -> Content {
        Content {
            transcript: transcript(self.turns),
            summary: summary(self.call),
            recording_url: self.recording_url.map(str::to_owned),
        }
    }
}

/// The moments of a call that vendors tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// It was answered.
    Started,
    /// Its recording is ready.
    Recorded,
    /// It is over, after it was answered.
    Ended,
    /// It is over, and never was answered.
    Failed,
}

/// The webhooks of a dialect, of which our own are not.
pub fn of(dialect: Dialect) -> Option<&'static VendorWebhooks> {
    VENDORS.iter().find(|vendor| vendor.dialect == dialect)?.webhooks.as_ref()
}

/// Names of the events that a dialect's receivers can subscribe to; none where it has no webhooks.
pub fn events(dialect: Dialect) -> &'static [&'static str] {
    of(dialect).map_or(&[], |webhooks| webhooks.events)
}

/// `{"event", "timestamp", "data"}` of a test.
pub(crate) fn test_envelope(at: Timestamp) -> Value {
    json!({ "event": "webhook.test", "timestamp": crate::times::seconds(at), "data": {} })
}

/// `sha256=` and the hexadecimal HMAC-SHA256 over the body.
pub(crate) fn sha256_of(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hex(secret, &[body]))
}

/// Hexadecimal HMAC-SHA256 over the parts, one after the other.
pub(crate) fn hex(secret: &str, parts: &[&[u8]]) -> String {
    use std::fmt::Write as _;
    // A key of any length is taken (RFC 2104, 2).
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    parts.iter().for_each(|part| mac.update(part));
    let digest = mac.finalize().into_bytes();
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
