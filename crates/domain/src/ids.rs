//! Every typed id, in one list. An id is a UUID v7 inside and a prefixed word outside (`call_…`); it is drawn by
//! a shell, never here.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is not the id it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind} id")]
pub struct InvalidId {
    /// Prefix of the id that was expected, such as `call`.
    pub kind: &'static str,
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Word in front of the underscore in the text form.
            pub const PREFIX: &'static str = $prefix;
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            /// Accepts the prefixed form and the bare UUID.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let bare = text.strip_prefix(concat!($prefix, "_")).unwrap_or(text);
                Uuid::try_parse(bare).map(Self).map_err(|_| InvalidId { kind: $prefix })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

typed_ids! {
    /// A tenant.
    OrganizationId = "org",
    /// What was asked for: one request to phone somebody.
    CallId = "call",
    /// One INVITE of a call.
    AttemptId = "att",
    /// An agent; people usually name it by its slug.
    AgentId = "agent",
    /// A frozen version of an agent's definition.
    AgentVersionId = "agv",
    /// A SIP trunk or carrier connection.
    TrunkId = "trunk",
    /// A telephone number that agents call from.
    NumberId = "num",
    /// An API key; the secret itself is not stored.
    ApiKeyId = "key",
    /// A talk in writing.
    ChatId = "chat",
    /// A person with an account.
    UserId = "user",
    /// A do-not-call entry.
    SuppressionId = "sup",
    /// One event of a call.
    EventId = "evt",
    /// One process of the platform, new at every start.
    NodeId = "node",
    /// A place that webhooks are sent to.
    WebhookEndpointId = "whe",
    /// One event on its way to one place; stable over all tries.
    DeliveryId = "msg",
    /// A person that is called.
    ContactId = "con",
    /// A variable that is known by name before any call.
    ContextVariableId = "var",
    /// A consent on record.
    ConsentId = "cns",
    /// A decision of policy against a call.
    PolicyDecisionId = "pol",
    /// One line of a wallet's ledger.
    LedgerEntryId = "led",
    /// One administrative act.
    AuditId = "aud",
    /// A folder of recordings: the disk, or the storage that nodes share, on which their files lie.
    RecordingFolderId = "folder",
    /// One row that waits to be delivered to the outside.
    OutboxId = "out",
}
