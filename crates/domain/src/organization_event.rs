//! What can happen to a tenant beside its calls: the second closed list of events that are told to the outside.

use serde::{Deserialize, Serialize};

use crate::ids::{EventId, OrganizationId, WebhookEndpointId};
use crate::money::Money;
use crate::time::Timestamp;

/// One event of a tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganizationEvent {
    /// Stable id; consumers tell repeats apart by it.
    pub id: EventId,
    /// Tenant.
    pub organization: OrganizationId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub fact: OrganizationFact,
}

/// What happened. The `type` in JSON is the event's public name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum OrganizationFact {
    /// The wallet fell below the level at which its owner wants to know.
    #[serde(rename = "wallet.low_balance")]
    WalletLowBalance {
        /// What is there, held back for calls or not.
        balance: Money,
        /// The level.
        threshold: Money,
        /// ISO 4217.
        currency: String,
    },
    /// An endpoint failed for too long, or answered 410, and gets nothing more until a person switches it on again.
    #[serde(rename = "webhook.disabled")]
    WebhookDisabled {
        /// The endpoint.
        endpoint: WebhookEndpointId,
        /// Where it is, without its query.
        url: String,
        /// One sentence.
        reason: String,
    },
    /// Sent on request, to see whether an endpoint works.
    #[serde(rename = "webhook.test")]
    WebhookTest {
        /// The endpoint.
        endpoint: WebhookEndpointId,
    },
}

impl OrganizationFact {
    /// Public name of every event of the list.
    pub const NAMES: &'static [&'static str] = &["wallet.low_balance", "webhook.disabled", "webhook.test"];

    /// Public name, such as `wallet.low_balance`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WalletLowBalance { .. } => "wallet.low_balance",
            Self::WebhookDisabled { .. } => "webhook.disabled",
            Self::WebhookTest { .. } => "webhook.test",
        }
    }
}
