//! Do-not-call entries on the wire.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A number that must not be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSuppression {
    /// The number: E.164, or national where the organization has a default region.
    #[schema(example = "+15550009999")]
    pub number: String,
    /// Why.
    #[schema(example = "opt_out")]
    pub reason: String,
    /// What a person wants to remember.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Until when (RFC 3339); absent for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The call in which it was said, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
}

/// Many numbers that must not be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSuppressions {
    /// 1 to 1,000 entries.
    pub items: Vec<CreateSuppression>,
}

/// What came of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SuppressedMany {
    /// So many numbers were given and are on the list.
    pub listed: usize,
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
    /// Who put it there: `call`, `api`, `import`, `provisioning` or `contact`.
    pub source: String,
    /// What a person wanted to remember.
    pub note: Option<String>,
    /// The call in which it was said, if it was.
    pub call_id: Option<String>,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when; `null` for good.
    pub expires_at: Option<Timestamp>,
}

/// One page of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SuppressionPage {
    /// Entries, newest first.
    pub items: Vec<Suppression>,
    /// Pass it as `cursor` to get the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListSuppressions {
    /// Only this number.
    pub number: Option<String>,
    /// Only those put there by this: `call`, `api`, `import`, `provisioning` or `contact`.
    pub source: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Entries a page, 1 to 200; 200 when absent.
    pub limit: Option<u32>,
}

impl From<domain::suppression::Suppression> for Suppression {
    fn from(entry: domain::suppression::Suppression) -> Self {
        Self {
            id: entry.id.to_string(),
            number: entry.number.to_string(),
            reason: entry.reason,
            source: entry.source.as_str().to_owned(),
            note: entry.note,
            call_id: entry.call.map(|id| id.to_string()),
            created_at: entry.created_at,
            expires_at: entry.expires_at,
        }
    }
}
