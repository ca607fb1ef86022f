//! What an endpoint gets, by its dialect: the body, its media type, and how it is signed.
//!
//! Our own bodies are the API's; those of the vendors, with their signatures, come from `dialects`.

use std::sync::Arc;

use app::ports::WebhookPayloads;
use app::ports::store::News;
use dialects::webhooks::{Story, VendorWebhooks, Wanted};
use domain::DeliveryId;
use domain::agent_names::AgentNames;
use domain::dialect::Dialect;
use domain::time::Timestamp;
use domain::transcript::Turn;
use domain::webhook::WebhookSecret;

use crate::signature;

/// A request to be sent, but for its address.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The body, as it is signed.
    pub body: Vec<u8>,
}

/// What is to be told, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The delivery; its id stays over all tries.
    pub id: DeliveryId,
    /// When it is signed.
    pub at: Timestamp,
    /// Secrets that sign, the newest first.
    pub secrets: &'a [&'a WebhookSecret],
    /// The news.
    pub news: &'a News,
    /// Names of events that the endpoint asked for.
    pub wanted: &'a [String],
    /// Read for vendors' bodies.
    pub about: &'a About,
}

/// What only vendors' bodies say of a call.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Names of its agent.
    pub names: Option<AgentNames>,
    /// What was said up to the event.
    pub turns: Vec<Turn>,
    /// Where its recording plays, if it has one.
    pub recording_url: Option<String>,
}

/// The dialects that are spoken.
pub struct Dialects {
    native: Arc<dyn WebhookPayloads>,
}

/// One of them.
#[derive(Clone, Copy)]
pub enum Spoken<'a> {
    /// Our own: Standard Webhooks.
    Native(&'a dyn WebhookPayloads),
    /// A vendor's.
    Vendor(&'static VendorWebhooks),
}

impl Dialects {
    /// Our own dialect with its bodies, and the vendors'.
    pub fn new(native: Arc<dyn WebhookPayloads>) -> Self {
        Self { native }
    }

    /// The one of that name; `None` for a vendor that has no webhooks.
    pub fn of(&self, dialect: Dialect) -> Option<Spoken<'_>> {
        match dialect {
            Dialect::Native => Some(Spoken::Native(&*self.native)),
            vendor => dialects::webhooks::of(vendor).map(Spoken::Vendor),
        }
    }
}

impl Spoken<'_> {
    /// Whether [`About`] must be read for it.
    pub fn says_more(self) -> bool {
        matches!(self, Self::Vendor(_))
    }

    /// The requests that tell the news, in order; none where the dialect does not know such an event, or nobody asked for
    /// it. Only headers may differ between two tries.
    pub fn messages(self, told: Telling<'_>) -> Vec<Message> {
        match self {
            Self::Native(payloads) => {
                let body = payloads.body(told.news);
                vec![Message::of(signature::headers(told.secrets, &told.id.to_string(), told.at, &body), body)]
            }
            Self::Vendor(vendor) => {
                let About { names, turns, recording_url } = told.about;
                let story = Story::of(told.news, names.as_ref(), turns, recording_url.as_deref());
                // Their headers have room for one signature; the newest secret makes it.
                let Some(secret) = told.secrets.first().map(|secret| secret.reveal()) else { return Vec::new() };
                let bodies = (vendor.bodies)(&story, Wanted(told.wanted)).into_iter();
                bodies.map(|body| Message::of((vendor.sign)(secret, told.at.as_second(), &body), body)).collect()
            }
        }
    }
}

impl Message {
    fn of(signatures: Vec<(String, String)>, body: Vec<u8>) -> Self {
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(signatures);
        Self { headers, body }
    }
}
