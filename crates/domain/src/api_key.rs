//! API keys: who may do what. The secret is shown once; only its SHA-256 is kept.

use crate::caps::Caps;
use crate::ids::{ApiKeyId, OrganizationId};
use crate::time::Timestamp;

/// A key as it is stored and listed.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Tenant it acts for.
    pub organization: OrganizationId,
    /// What people call it.
    pub name: String,
    /// First characters of the secret, so that a person can tell keys apart.
    pub hint: String,
    /// SHA-256 of the secret.
    pub secret_sha256: [u8; 32],
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// What may be used up with it.
    pub caps: Caps,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Set once it may no longer be used.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether the key covers `wanted`.
    pub fn allows(&self, wanted: Permission) -> bool {
        self.permissions.iter().any(|p| *p == Permission::All || *p == wanted)
    }
}

/// What a key may do. The text form is `noun:verb`, `*` for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// `*`
    All,
    /// `calls:read`
    CallsRead,
    /// `calls:write`
    CallsWrite,
    /// `agents:read`
    AgentsRead,
    /// `agents:write`
    AgentsWrite,
    /// `telephony:read`, trunks and numbers
    TelephonyRead,
    /// `telephony:write`, trunks and numbers
    TelephonyWrite,
    /// `keys:read`
    KeysRead,
    /// `keys:write`
    KeysWrite,
    /// `suppressions:read`
    SuppressionsRead,
    /// `suppressions:write`
    SuppressionsWrite,
    /// `webhooks:read`, endpoints and deliveries
    WebhooksRead,
    /// `webhooks:write`, endpoints and deliveries
    WebhooksWrite,
    /// `audit:read`
    AuditRead,
}

impl Permission {
    /// Every permission with its text form; the one list.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::All, "*"),
        (Self::CallsRead, "calls:read"),
        (Self::CallsWrite, "calls:write"),
        (Self::AgentsRead, "agents:read"),
        (Self::AgentsWrite, "agents:write"),
        (Self::TelephonyRead, "telephony:read"),
        (Self::TelephonyWrite, "telephony:write"),
        (Self::KeysRead, "keys:read"),
        (Self::KeysWrite, "keys:write"),
        (Self::SuppressionsRead, "suppressions:read"),
        (Self::SuppressionsWrite, "suppressions:write"),
        (Self::WebhooksRead, "webhooks:read"),
        (Self::WebhooksWrite, "webhooks:write"),
        (Self::AuditRead, "audit:read"),
    ];

    /// Text form.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(p, _)| *p == self).map_or("*", |(_, text)| text)
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, t)| *t == text).map(|(p, _)| *p)
    }
}
