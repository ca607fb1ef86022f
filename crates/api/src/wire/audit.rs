//! The log of administrative acts on the wire.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::words::AuditAction;

/// One act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its id.
    #[schema(example = "aud_019…")]
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Who: `key`, `user`, `operator`, `provisioning`, `system` or `retention`.
    #[schema(example = "key")]
    pub actor: String,
    /// The key, where it was one.
    pub key_id: Option<String>,
    /// The person, where it was one.
    pub user_id: Option<String>,
    /// What was done.
    #[schema(example = "trunk.updated")]
    pub action: AuditAction,
    /// To what: its id.
    #[schema(example = "trunk_019…")]
    pub resource: String,
    /// What differs since, field by field, each with `before` and `after`; secrets and long texts read `hidden`.
    #[schema(value_type = Object, example = json!({"channels": {"before": 10, "after": 20}}))]
    pub changes: serde_json::Value,
    /// The client's address.
    pub address: Option<String>,
    /// `X-Request-Id` of the request.
    pub request_id: Option<String>,
}

impl From<domain::audit::AuditEntry> for AuditEntry {
    fn from(entry: domain::audit::AuditEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            at: entry.at,
            actor: entry.actor.as_str().to_owned(),
            key_id: entry.actor.key().map(|key| key.to_string()),
            user_id: entry.actor.user().map(|user| user.to_string()),
            action: AuditAction(entry.action),
            resource: entry.resource,
            changes: serde_json::to_value(&entry.changes).unwrap_or_default(),
            address: entry.origin.address.map(|address| address.to_string()),
            request_id: entry.origin.request,
        }
    }
}

/// One page of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// Entries, newest first.
    pub items: Vec<AuditEntry>,
    /// Pass it as `cursor` to get the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAudit {
    /// Only these acts, separated by commas.
    #[param(example = "key.created,key.revoked")]
    pub action: Option<String>,
    /// Only acts on the thing with this id.
    pub resource: Option<String>,
    /// Only acts with this key, by its id.
    pub key: Option<String>,
    /// At or after (RFC 3339).
    pub from: Option<Timestamp>,
    /// Before (RFC 3339).
    pub to: Option<Timestamp>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Entries a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}
