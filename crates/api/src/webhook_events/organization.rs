//! Bodies of events of a tenant.

use domain::organization_event::{OrganizationEvent, OrganizationFact};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Entry;

pub(super) const fn entry(name: &'static str, meaning: &'static str) -> Entry {
    Entry { name, meaning, schema: "OrganizationWebhook" }
}

/// What is sent when something happened to an organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrganizationWebhook {
    /// When it happened.
    pub timestamp: Timestamp,
    /// Name and data of the event.
    #[serde(flatten)]
    pub news: OrganizationNews,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data")]
pub enum OrganizationNews {
    /// The wallet fell below its level.
    #[serde(rename = "wallet.low_balance")]
    WalletLowBalance {
        /// What is there and not held back, a decimal number.
        #[schema(example = "4.20")]
        balance: String,
        /// The level, a decimal number.
        #[schema(example = "5.00")]
        threshold: String,
        /// ISO 4217.
        currency: String,
    },
    /// A webhook is switched off.
    #[serde(rename = "webhook.disabled")]
    WebhookDisabled {
        /// The webhook.
        webhook_id: String,
        /// Where it is, without its query.
        url: String,
        /// One sentence.
        reason: String,
    },
    /// Sent on request.
    #[serde(rename = "webhook.test")]
    WebhookTest {
        /// The webhook.
        webhook_id: String,
    },
}

impl OrganizationWebhook {
    /// The body of an event.
    pub fn of(event: OrganizationEvent) -> Self {
        let news = match event.fact {
            OrganizationFact::WalletLowBalance { balance, threshold, currency } => OrganizationNews::WalletLowBalance {
                balance: balance.to_string(),
                threshold: threshold.to_string(),
                currency,
            },
            OrganizationFact::WebhookDisabled { endpoint, url, reason } => {
                OrganizationNews::WebhookDisabled { webhook_id: endpoint.to_string(), url, reason }
            }
            OrganizationFact::WebhookTest { endpoint } => {
                OrganizationNews::WebhookTest { webhook_id: endpoint.to_string() }
            }
        };
        Self { timestamp: event.at, news }
    }
}
