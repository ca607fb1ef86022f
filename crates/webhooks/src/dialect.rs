//! What an endpoint gets, by its dialect: the bodies, their media type, and how they are signed.
//!
//! Our own dialect is written here; the vendors' come out of their folders in `dialects`.

use std::sync::Arc;

use app::ports::WebhookPayloads;
use app::ports::store::News;
use dialects::webhooks::{Beside, Message, Told, VendorWebhooks};
use domain::DeliveryId;
use domain::dialect::Dialect;
use domain::time::Timestamp;
use domain::webhook::WebhookEndpoint;

use crate::signature;

/// News on their way to an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The delivery.
    pub id: DeliveryId,
    /// The moment of the try.
    pub at: Timestamp,
    /// The endpoint, with its secrets and what it asked for.
    pub endpoint: &'a WebhookEndpoint,
    /// What happened.
    pub news: &'a News,
    /// What the vendors show beside a call.
    pub beside: Option<&'a Beside>,
}

/// One dialect of webhooks.
pub trait WebhookDialect: Send + Sync {
    /// The requests that tell the news, to be sent in this order; none where the dialect does not know such an event.
    /// Only headers may differ between two tries.
    fn messages(&self, telling: &Telling<'_>) -> Vec<Message>;
}

/// The dialects that are spoken.
pub struct Dialects {
    native: Native,
}

impl Dialects {
    /// Our own dialect with its bodies, and every vendor's.
    pub fn new(native: Arc<dyn WebhookPayloads>) -> Self {
        Self { native: Native(native) }
    }

    /// The requests that tell the news in a dialect; none where it has no webhooks.
    pub fn messages(&self, dialect: Dialect, telling: &Telling<'_>) -> Vec<Message> {
        match (dialect, dialects::webhooks::of(dialect)) {
            (Dialect::Native, _) => self.native.messages(telling),
            (_, Some(vendor)) => vendor.messages(telling),
            (_, None) => Vec::new(),
        }
    }
}

/// Standard Webhooks.
struct Native(Arc<dyn WebhookPayloads>);

impl WebhookDialect for Native {
    fn messages(&self, telling: &Telling<'_>) -> Vec<Message> {
        let body = self.0.body(telling.news);
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let secrets = telling.endpoint.secrets.at(telling.at);
        headers.extend(signature::headers(&secrets, &telling.id.to_string(), telling.at, &body));
        vec![Message { headers, body }]
    }
}

impl WebhookDialect for VendorWebhooks {
    /// Vendors' receivers know one signature a header, so the newest secret signs alone.
    fn messages(&self, telling: &Telling<'_>) -> Vec<Message> {
        (self.messages)(&Told {
            at: telling.at,
            secret: &telling.endpoint.secrets.current,
            names: &telling.endpoint.names,
            news: telling.news,
            beside: telling.beside,
        })
    }
}
