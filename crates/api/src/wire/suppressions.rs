//! Do-not-call entries on the wire.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A number that must not be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSuppression {
    /// The number: E.164, or national where the organization has a default region.
    #[schema(example = "+15550009999")]
    pub number: String,
    /// Why.
    #[schema(example = "opt_out")]
    pub reason: String,
    /// The call in which it was said, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
}

/// A do-not-call entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suppression {
    /// Its id.
    pub id: String,
    /// The number, E.164.
    pub number: String,
    /// Why.
    pub reason: String,
    /// The call in which it was said, if it was.
    pub call_id: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
}

impl From<domain::suppression::Suppression> for Suppression {
    fn from(entry: domain::suppression::Suppression) -> Self {
        Self {
            id: entry.id.to_string(),
            number: entry.number.to_string(),
            reason: entry.reason,
            call_id: entry.call.map(|id| id.to_string()),
            created_at: entry.created_at,
        }
    }
}
