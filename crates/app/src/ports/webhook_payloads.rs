//! What is said to an endpoint: one shape for each event, by whoever owns the wire types.

use crate::ports::store::News;

/// Bodies of webhooks in one dialect.
pub trait WebhookPayloads: Send + Sync {
    /// The body, UTF-8 JSON. The same news always makes the same bytes, so that every try says the same.
    fn body(&self, news: &News) -> Vec<u8>;
}
