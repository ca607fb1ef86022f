//! Webhooks of a document. An endpoint is known by its address and dialect: one a tenant of each.

use domain::refusal::Refusal;

use super::document::WebhookEntry;
use crate::manage_webhooks::{NewWebhook, WebhookChange};
use crate::ports::outbound_http::HttpError;
use crate::{Platform, Principal};

/// What came of an entry.
pub(super) enum Done {
    Created,
    Updated,
    Unchanged,
    /// The operator's configuration forbids the address. The rest of the document is brought about all the same.
    NotApplied(String),
}

/// Brings an endpoint in line. A secret that differs takes the place of the stored one at once, without an overlap: the
/// document says what the receiver knows. An endpoint that was switched off stays so.
pub(super) async fn apply(platform: &Platform, principal: &Principal, entry: &WebhookEntry) -> Result<Done, Refusal> {
    if let Err(error @ (HttpError::Forbidden(_) | HttpError::Port(_))) = platform.webhooks.http.check(&entry.url) {
        return Ok(Done::NotApplied(error.to_string()));
    }
    let dialect = domain::dialect::Dialect::from(entry.dialect);
    if dialect != domain::dialect::Dialect::Native && (platform.webhooks.vendor_events)(dialect).is_empty() {
        return Ok(Done::NotApplied(format!("the dialect {} has no webhooks", dialect.as_str())));
    }
    let events = if entry.events.is_empty() { vec!["*".to_owned()] } else { entry.events.clone() };
    let found = platform
        .list_webhooks(principal)
        .await?
        .into_iter()
        .find(|endpoint| endpoint.url == entry.url && endpoint.dialect == dialect);
    let Some(found) = found else {
        let new = NewWebhook {
            url: entry.url.clone(),
            description: "provisioned".to_owned(),
            dialect,
            events,
            secret: entry.secret.clone(),
            ..NewWebhook::default()
        };
        platform.create_webhook(principal, new).await?;
        return Ok(Done::Created);
    };
    let name = found.id.to_string();
    let mut done = Done::Unchanged;
    if found.events != events {
        let change = WebhookChange { events: Some(events), ..WebhookChange::default() };
        platform.update_webhook(principal, &name, change).await?;
        done = Done::Updated;
    }
    if entry.secret.as_deref().is_some_and(|secret| secret != found.secrets.current.reveal()) {
        let overlap = Some(std::time::Duration::ZERO);
        platform.rotate_webhook_secret(principal, &name, overlap, entry.secret.clone()).await?;
        done = Done::Updated;
    }
    Ok(done)
}
