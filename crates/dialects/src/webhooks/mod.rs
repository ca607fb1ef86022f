//! What the vendors' endpoints get: the events that each vendor knows, in its own bodies, with its own signature.
//!
//! Law: pure: what is told comes out of the event, the call as it stood after it and what was looked up beside it, so that
//! two tries say the same. A vendor that does not know an event sends nothing; one that makes several of it sends them in
//! the order of its list.

use std::fmt::Write as _;

use app::ports::store::News;
use app::ports::webhook_words::{NoSuchEvents, Subscription, WebhookWords};
use domain::agent_names::AgentNames;
use domain::call::Call;
use domain::call_event::{CallEvent, CallFact};
use domain::dialect::Dialect;
use domain::outcome::CallStatus;
use domain::time::Timestamp;
use domain::webhook::{ALL_EVENTS, WebhookSecret};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::VENDORS;
use crate::content::Content;

/// What a vendor sends.
#[derive(Clone, Copy, Debug)]
pub struct VendorWebhooks {
    /// The events that can be asked for.
    pub events: &'static [VendorEvent],
    /// The requests that tell the news to an endpoint.
    pub messages: fn(&Told<'_>) -> Vec<Message>,
}

/// An event of a vendor's.
#[derive(Clone, Copy, Debug)]
pub struct VendorEvent {
    /// Its name.
    pub name: &'static str,
    /// Our events that stand behind it; none where nothing here ever happens of the kind.
    pub ours: &'static [&'static str],
}

/// News for one endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The moment of the try; may show in header fields only.
    pub at: Timestamp,
    /// What signs.
    pub secret: &'a WebhookSecret,
    /// What was asked for, in the vendor's names.
    pub names: &'a [String],
    /// What happened.
    pub news: &'a News,
    /// What was looked up for the news of a call.
    pub beside: Option<&'a Beside>,
}

/// What a vendor shows beside a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// Name of the agent.
    pub agent: String,
    /// The agent's names in the vendors' APIs; `None` where it is gone.
    pub names: Option<AgentNames>,
    /// Transcript, summary and recording as they were at the event.
    pub content: Content,
}

/// A request to be sent, but for its address.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The body, as it is signed.
    pub body: Vec<u8>,
}

impl<'a> Told<'a> {
    /// Whether the endpoint asked for it.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| wanted == ALL_EVENTS || wanted == name)
    }

    /// The call, its event and what stands beside; `None` for news of a tenant.
    pub(crate) fn call(&self) -> Option<(&'a Call, &'a CallEvent, &'a Beside)> {
        match (self.news, self.beside) {
            (News::Call(call, event), Some(beside)) => Some((call, event, beside)),
            _ => None,
        }
    }
}

/// What the vendors with events of calls tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It was answered.
    Started,
    /// The recording is there.
    Recorded,
    /// It is over after a conversation, with a machine too.
    Ended,
    /// It is over and never was a conversation.
    Failed,
}

impl Moment {
    /// `None` for everything else.
    pub(crate) fn of(fact: &CallFact) -> Option<Self> {
        match fact {
            CallFact::Answered { .. } => Some(Self::Started),
            CallFact::RecordingReady { .. } => Some(Self::Recorded),
            CallFact::Ended(ending) if ending.status == CallStatus::Completed => Some(Self::Ended),
            CallFact::Ended(_) => Some(Self::Failed),
            _ => None,
        }
    }
}

/// `sha256=` and the hex of the HMAC-SHA256 over the body, under the whole text of the secret.
pub(crate) fn sha256_of(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hex(secret, &[body]))
}

/// Lower-case hex of the HMAC-SHA256 over all parts.
pub(crate) fn hex(secret: &str, parts: &[&[u8]]) -> String {
    // A key of any length is taken (RFC 2104, 2).
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The vendors' names of events, for the use cases.
#[derive(Clone, Copy, Debug, Default)]
pub struct Words;

impl WebhookWords for Words {
    fn subscription(&self, dialect: Dialect, names: &[String]) -> Result<Subscription, NoSuchEvents> {
        let events = of(dialect).ok_or(NoSuchEvents::NotSpoken)?.events;
        let mut asked = Subscription::default();
        for (at, name) in names.iter().enumerate() {
            let meant: Vec<&VendorEvent> = events.iter().filter(|e| name == ALL_EVENTS || name == e.name).collect();
            if meant.is_empty() {
                return Err(NoSuchEvents::Unknown { at, known: events.iter().map(|event| event.name).collect() });
            }
            for ours in meant.iter().flat_map(|event| event.ours) {
                if !asked.events.iter().any(|known| known == ours) {
                    asked.events.push((*ours).to_owned());
                }
            }
            if !asked.names.contains(name) {
                asked.names.push(name.clone());
            }
        }
        Ok(asked)
    }
}

/// What is sent in a dialect.
pub fn of(dialect: Dialect) -> Option<&'static VendorWebhooks> {
    VENDORS.iter().find(|vendor| vendor.dialect == dialect)?.webhooks.as_ref()
}

#[cfg(test)]
mod tests;
