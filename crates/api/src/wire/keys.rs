//! API keys on the wire. The secret is told once, in the answer to the create.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::Permission;

/// A new key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What people call it.
    #[schema(example = "website")]
    pub name: String,
    /// What it may do; at most what your own key may.
    #[schema(example = json!(["calls:read", "calls:write"]))]
    pub permissions: Vec<Permission>,
}

/// A key without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// First characters of the secret, so that keys can be told apart.
    pub hint: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Set once it may no longer be used.
    pub revoked_at: Option<Timestamp>,
}

impl From<domain::api_key::ApiKey> for Key {
    fn from(key: domain::api_key::ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            hint: key.hint,
            permissions: key.permissions.into_iter().map(Permission).collect(),
            created_at: key.created_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A new key with its secret, which is not to be had again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedKey {
    /// The key.
    #[serde(flatten)]
    pub key: Key,
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "od_…")]
    pub secret: String,
}
