//! What an endpoint gets, by its dialect: the body, its media type, and how it is signed.
//!
//! A vendor's dialect brings its names, bodies and signatures as one more entry of [`Dialects`].

use std::sync::Arc;

use app::ports::WebhookPayloads;
use app::ports::store::News;
use domain::DeliveryId;
use domain::dialect::Dialect;
use domain::time::Timestamp;
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

/// One dialect of webhooks.
pub trait WebhookDialect: Send + Sync {
    /// The request that tells `news`; `None` where the dialect does not know such an event. Only headers may differ
    /// between two tries.
    fn message(&self, id: DeliveryId, at: Timestamp, secrets: &[&WebhookSecret], news: &News) -> Option<Message>;
}

/// The dialects that are spoken.
pub struct Dialects {
    native: Native,
}

impl Dialects {
    /// Our own dialect with its bodies.
    pub fn new(native: Arc<dyn WebhookPayloads>) -> Self {
        Self { native: Native(native) }
    }

    /// The list. `None` for what cannot be chosen yet.
    pub fn of(&self, dialect: Dialect) -> Option<&dyn WebhookDialect> {
        match dialect {
            Dialect::Native => Some(&self.native),
            Dialect::VoiceB | Dialect::Voicing | Dialect::Klen | Dialect::Vonage | Dialect::Voxpria => None,
        }
    }
}

/// Standard Webhooks.
struct Native(Arc<dyn WebhookPayloads>);

impl WebhookDialect for Native {
    fn message(&self, id: DeliveryId, at: Timestamp, secrets: &[&WebhookSecret], news: &News) -> Option<Message> {
        let body = self.0.body(news);
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(signature::headers(secrets, &id.to_string(), at, &body));
        Some(Message { headers, body })
    }
}
