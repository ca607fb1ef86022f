//! API keys: who may do what. The secret is shown once; only its SHA-256 is kept.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::caps::Caps;
use crate::dialect::Dialect;
use crate::ids::{AgentId, ApiKeyId, OrganizationId};
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
    /// API that it opens, and no other.
    pub dialect: Dialect,
    /// What it is for, such as `Rest APIs`; some dialects ask for it.
    pub category: Option<String>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// What it may do in its dialect's own words, such as `can_initiate_calls`; empty means all of them.
    pub scopes: Vec<String>,
    /// Networks it may be used from; empty allows all.
    pub allowed_ips: Vec<IpNet>,
    /// The only agent it may be used for, if it is bound to one.
    pub agent: Option<AgentId>,
    /// What may be used up with it.
    pub caps: Caps,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Where from it was last used.
    pub last_used_from: Option<IpAddr>,
    /// Not to be used from then on.
    pub expires_at: Option<Timestamp>,
    /// Set while it is switched off.
    pub disabled_at: Option<Timestamp>,
    /// Set once it may no longer be used.
    pub revoked_at: Option<Timestamp>,
    /// The secret of before the last rotation, while it still works.
    pub previous: Option<PreviousSecret>,
}

/// A secret that was replaced and works for a while longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreviousSecret {
    /// SHA-256 of it.
    pub sha256: [u8; 32],
    /// Works until then.
    pub until: Timestamp,
}

impl ApiKey {
    /// A key of our own API without bounds; the caller sets what differs.
    pub fn new(id: ApiKeyId, organization: OrganizationId, secret_sha256: [u8; 32], created_at: Timestamp) -> Self {
        Self {
            id,
            organization,
            name: String::new(),
            hint: String::new(),
            secret_sha256,
            dialect: Dialect::Native,
            category: None,
            permissions: Vec::new(),
            scopes: Vec::new(),
            allowed_ips: Vec::new(),
            agent: None,
            caps: Caps::default(),
            created_at,
            last_used_at: None,
            last_used_from: None,
            expires_at: None,
            disabled_at: None,
            revoked_at: None,
            previous: None,
        }
    }

    /// Whether it may be used at all: neither revoked nor switched off nor expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.disabled_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether it may be used from `address`. A key with a list is closed to a client whose address nobody knows.
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        self.allowed_ips.is_empty()
            || address.is_some_and(|address| self.allowed_ips.iter().any(|network| network.contains(&address)))
    }

    /// Whether the key covers `wanted`.
    pub fn allows(&self, wanted: Permission) -> bool {
        self.permissions.iter().any(|held| held.covers(wanted))
    }
}

/// What a key may do. The text form is `noun:verb`, `*` for everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// `*`: everything that stays within the organization
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
    /// `contacts:read`, people and their consents
    ContactsRead,
    /// `contacts:write`, people and their consents
    ContactsWrite,
    /// `policy:read`, rules of calling and what they decided
    PolicyRead,
    /// `policy:write`
    PolicyWrite,
    /// `webhooks:read`, endpoints and deliveries
    WebhooksRead,
    /// `webhooks:write`, endpoints and deliveries
    WebhooksWrite,
    /// `audit:read`
    AuditRead,
    /// `wallet:read`, balance, ledger and usage
    WalletRead,
    /// `wallet:write`, money, prices and caps: the operator's
    WalletWrite,
    /// `members:read`, the people of the organization
    MembersRead,
    /// `members:write`, the people of the organization
    MembersWrite,
    /// `nodes:read`, the processes of the installation: the operator's
    NodesRead,
    /// `nodes:write`, draining them: the operator's. All organizations' calls hang on the nodes, so that `*` does not
    /// cover it
    NodesWrite,
}

impl Permission {
    /// What the keys of other dialects may do, each within the words of its own dialect.
    pub const OF_OTHER_DIALECTS: &'static [Self] = &[
        Self::CallsRead,
        Self::CallsWrite,
        Self::AgentsRead,
        Self::ContactsRead,
        Self::ContactsWrite,
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::WalletRead,
    ];

    /// What the operator of an installation may do.
    pub const OF_OPERATOR: [Self; 2] = [Self::All, Self::NodesWrite];

    /// Whether whoever holds it may do `wanted`.
    pub fn covers(self, wanted: Self) -> bool {
        self == wanted || (self == Self::All && wanted != Self::NodesWrite)
    }

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
        (Self::ContactsRead, "contacts:read"),
        (Self::ContactsWrite, "contacts:write"),
        (Self::PolicyRead, "policy:read"),
        (Self::PolicyWrite, "policy:write"),
        (Self::WebhooksRead, "webhooks:read"),
        (Self::WebhooksWrite, "webhooks:write"),
        (Self::AuditRead, "audit:read"),
        (Self::WalletRead, "wallet:read"),
        (Self::WalletWrite, "wallet:write"),
        (Self::MembersRead, "members:read"),
        (Self::MembersWrite, "members:write"),
        (Self::NodesRead, "nodes:read"),
        (Self::NodesWrite, "nodes:write"),
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
