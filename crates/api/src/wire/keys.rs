//! API keys on the wire. The secret is told once, in the answer to the create.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::nullable;
use super::words::{Dialect, Permission};

/// A new key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What people call it.
    #[schema(example = "website")]
    pub name: String,
    /// API that it opens; `native` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// What it is for, such as `Rest APIs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it may do; at most what your own key may. Keys of other dialects may do what
    /// their routes do when absent: calls, agents to read, webhooks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["calls:read", "calls:write"]))]
    pub permissions: Vec<Permission>,
    /// What it may do in its dialect's own words, such as `can_initiate_calls`; empty means all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Networks (CIDR) or addresses it may be used from; empty allows all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["192.0.2.0/24", "2001:db8::7"]))]
    pub allowed_ips: Vec<String>,
    /// The only agent it may be used for, by slug or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Not to be used from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// What to change of a key; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeKey {
    /// New name.
    pub name: Option<String>,
    /// New category; `null` takes it away.
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub category: Option<Option<String>>,
    /// New permissions.
    pub permissions: Option<Vec<Permission>>,
    /// New words of its dialect.
    pub scopes: Option<Vec<String>>,
    /// New networks.
    pub allowed_ips: Option<Vec<String>>,
    /// New end; `null` lifts it.
    #[serde(deserialize_with = "nullable")]
    #[schema(value_type = Option<Timestamp>)]
    pub expires_at: Option<Option<Timestamp>>,
    /// Switches it off, or on again.
    pub disabled: Option<bool>,
}

/// How a key gets a new secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RotateKey {
    /// How long the old secret goes on working, in seconds; a day when absent, 30 days at most.
    #[schema(example = 86_400)]
    pub overlap_s: Option<u64>,
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
    /// API that it opens.
    pub dialect: Dialect,
    /// What it is for.
    pub category: Option<String>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// What it may do in its dialect's own words; empty means all of them.
    pub scopes: Vec<String>,
    /// Networks it may be used from; empty allows all.
    pub allowed_ips: Vec<String>,
    /// The only agent it may be used for.
    pub agent_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Where from.
    pub last_used_from: Option<String>,
    /// Not to be used from then on.
    pub expires_at: Option<Timestamp>,
    /// Set while it is switched off.
    pub disabled_at: Option<Timestamp>,
    /// Set once it may no longer be used.
    pub revoked_at: Option<Timestamp>,
    /// Until when the secret of before the last rotation works.
    pub previous_until: Option<Timestamp>,
}

impl From<domain::api_key::ApiKey> for Key {
    fn from(key: domain::api_key::ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            hint: key.hint,
            dialect: Dialect(key.dialect),
            category: key.category,
            permissions: key.permissions.into_iter().map(Permission).collect(),
            scopes: key.scopes,
            allowed_ips: key.allowed_ips.iter().map(ToString::to_string).collect(),
            agent_id: key.agent.map(|id| id.to_string()),
            created_at: key.created_at,
            last_used_at: key.last_used_at,
            last_used_from: key.last_used_from.map(|address| address.to_string()),
            expires_at: key.expires_at,
            disabled_at: key.disabled_at,
            revoked_at: key.revoked_at,
            previous_until: key.previous.map(|previous| previous.until),
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

/// A permission and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PermissionWords {
    /// As keys have it.
    #[schema(example = "calls:write")]
    pub name: String,
    /// What whoever has it may do.
    #[schema(example = "Place calls, steer and end them, delete their recordings")]
    pub words: String,
}

impl PermissionWords {
    /// Of this one.
    pub fn of(permission: domain::api_key::Permission) -> Self {
        use domain::api_key::Permission as P;
        let words = match permission {
            P::All => "Everything that stays within the organization",
            P::CallsRead => "Read calls, what was said in them, and their recordings",
            P::CallsWrite => "Place calls, steer and end them, delete their recordings",
            P::AgentsRead => "Read agents and their versions",
            P::AgentsWrite => "Write, publish and disable agents",
            P::TelephonyRead => "Read trunks and numbers",
            P::TelephonyWrite => "Change trunks and numbers, and test them",
            P::KeysRead => "Read keys, not their secrets",
            P::KeysWrite => "Make, rotate and revoke keys",
            P::SuppressionsRead => "Read the do-not-call list",
            P::SuppressionsWrite => "Put numbers on the do-not-call list, and take them off",
            P::ContactsRead => "Read people and their consents",
            P::ContactsWrite => "Write people and their consents",
            P::PolicyRead => "Read the rules of calling and what they decided",
            P::PolicyWrite => "Change the rules of calling",
            P::WebhooksRead => "Read webhook endpoints and deliveries",
            P::WebhooksWrite => "Change webhook endpoints, send again",
            P::AuditRead => "Read the audit log",
            P::WalletRead => "Read balance, ledger and usage",
            P::WalletWrite => "Move money, set prices and caps; the operator's",
            P::MembersRead => "See who belongs to the organization",
            P::MembersWrite => "Invite people, change their roles",
            P::NodesRead => "See the processes of the installation; the operator's",
            P::NodesWrite => "Drain the processes of the installation; the operator's",
        };
        Self { name: permission.as_str().to_owned(), words: words.to_owned() }
    }
}
