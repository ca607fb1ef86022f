//! The log of administrative acts: who did what to which thing, when and from where.
//!
//! Law: an act and its entry are stored together, and an entry never changes. Entries hold ids, settings and whether a
//! secret changed; never a secret, and nothing that a person said or is called by.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{ApiKeyId, AuditId, OrganizationId, UserId};
use crate::time::Timestamp;

/// One act.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// Tenant whose thing it is.
    pub organization: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub action: AuditAction,
    /// To what: its id, whose prefix says what it is (`trunk_…`).
    pub resource: String,
    /// What differs since.
    pub changes: Changes,
    /// From where it was asked for.
    pub origin: Origin,
}

/// Who acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Whoever holds this key.
    Key(ApiKeyId),
    /// A person in the dashboard.
    User(UserId),
    /// The operator of this installation: first start, demo, tools.
    Operator,
    /// The provisioning document.
    Provisioning,
    /// The platform by a rule of its own, such as a brake.
    System,
    /// The platform, since what was kept is due to go.
    Retention,
}

impl Actor {
    /// Lower-case name of its kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::User(_) => "user",
            Self::Operator => "operator",
            Self::Provisioning => "provisioning",
            Self::System => "system",
            Self::Retention => "retention",
        }
    }

    /// The key, where it was one.
    pub fn key(self) -> Option<ApiKeyId> {
        match self {
            Self::Key(key) => Some(key),
            _ => None,
        }
    }

    /// The person, where it was one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            _ => None,
        }
    }

    /// Reads kind, key and person back.
    pub fn parse(kind: &str, key: Option<ApiKeyId>, user: Option<UserId>) -> Option<Self> {
        match (kind, key, user) {
            ("key", Some(key), None) => Some(Self::Key(key)),
            ("user", None, Some(user)) => Some(Self::User(user)),
            ("operator", None, None) => Some(Self::Operator),
            ("provisioning", None, None) => Some(Self::Provisioning),
            ("system", None, None) => Some(Self::System),
            ("retention", None, None) => Some(Self::Retention),
            _ => None,
        }
    }
}

/// From where something was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, as far as trusted proxies let us see it.
    pub address: Option<IpAddr>,
    /// Id of the HTTP request.
    pub request: Option<String>,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What can be done; the text form is part of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AuditAction { $($(#[$doc])* $name,)* }

        impl AuditAction {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Text form: the kind of thing and what happened to it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Reads the text form.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

actions! {
    /// A tenant was made.
    OrganizationCreated = "organization.created",
    /// A tenant's settings were changed.
    OrganizationUpdated = "organization.updated",
    /// A trunk was made.
    TrunkCreated = "trunk.created",
    /// A trunk was changed.
    TrunkUpdated = "trunk.updated",
    /// A trunk was removed.
    TrunkDeleted = "trunk.deleted",
    /// A number was added.
    NumberCreated = "number.created",
    /// A number was hung on another trunk or otherwise changed.
    NumberUpdated = "number.updated",
    /// A number was removed.
    NumberDeleted = "number.deleted",
    /// An agent was made.
    AgentCreated = "agent.created",
    /// An agent's draft or settings were changed.
    AgentUpdated = "agent.updated",
    /// A version was published, by going back too.
    AgentPublished = "agent.published",
    /// An agent was switched off.
    AgentDisabled = "agent.disabled",
    /// An agent was switched on.
    AgentEnabled = "agent.enabled",
    /// An agent got click-to-call credentials.
    CredentialsChanged = "agent.credentials_changed",
    /// A key was made.
    KeyCreated = "key.created",
    /// A key was changed.
    KeyUpdated = "key.updated",
    /// A key got a new secret.
    KeyRotated = "key.rotated",
    /// A key was revoked.
    KeyRevoked = "key.revoked",
    /// A person was given a place in the tenant.
    MemberAdded = "member.added",
    /// A person set its password by an invitation.
    MemberAccepted = "member.accepted",
    /// A person got another role.
    MemberUpdated = "member.updated",
    /// A person lost its place in the tenant.
    MemberRemoved = "member.removed",
    /// A person was given a code that sets its password.
    MemberInvited = "member.invited",
    /// A number was put on the do-not-call list.
    SuppressionCreated = "suppression.created",
    /// A number was taken off the do-not-call list.
    SuppressionDeleted = "suppression.deleted",
    /// A person was entered or changed.
    ContactSaved = "contact.saved",
    /// A person was removed.
    ContactDeleted = "contact.deleted",
    /// A variable that is known by name was made, changed or given a value.
    VariableSaved = "variable.saved",
    /// A variable that is known by name was removed.
    VariableDeleted = "variable.deleted",
    /// A consent was put on record.
    ConsentRecorded = "consent.recorded",
    /// A consent was withdrawn.
    ConsentWithdrawn = "consent.withdrawn",
    /// Rules of calling were changed.
    PolicyUpdated = "policy.updated",
    /// Bounds on rate, money or calls at once were changed.
    CapsUpdated = "caps.updated",
    /// A wallet's price or limits were set.
    WalletUpdated = "wallet.updated",
    /// Money was paid in or taken out by hand.
    WalletAdjusted = "wallet.adjusted",
    /// A brake against toll fraud was tripped.
    BrakeTripped = "brake.tripped",
    /// A tripped brake was released.
    BrakeReleased = "brake.released",
    /// A webhook endpoint was made.
    WebhookCreated = "webhook.created",
    /// A webhook endpoint was changed.
    WebhookUpdated = "webhook.updated",
    /// A webhook endpoint was removed.
    WebhookDeleted = "webhook.deleted",
    /// A webhook endpoint got a new signing secret.
    WebhookRotated = "webhook.rotated",
    /// Deliveries were sent again by hand.
    WebhookReplayed = "webhook.replayed",
    /// How long recordings and transcripts are kept was changed.
    RetentionUpdated = "retention.updated",
    /// Recordings were deleted: of a call, or of an agent's calls that are listed.
    RecordingDeleted = "recording.deleted",
    /// What was said was deleted: in a call, or in an agent's calls that are listed.
    ContentDeleted = "content.deleted",
    /// A node was asked to claim no more calls.
    NodeDrained = "node.drained",
    /// A node was asked to claim calls again.
    NodeResumed = "node.resumed",
}

/// What an act changed, field by field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Changes(pub BTreeMap<String, Change>);

/// One field before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Before; `null` where there was nothing.
    pub before: Value,
    /// After; `null` where there is nothing.
    pub after: Value,
}

/// Stands in for a secret.
const HIDDEN: &str = "hidden";

impl Changes {
    /// Nothing worth telling beyond the act itself.
    pub fn none() -> Self {
        Self::default()
    }

    /// A field of something new.
    #[must_use]
    pub fn with(self, name: &str, value: impl Into<Value>) -> Self {
        self.of(name, Value::Null, value)
    }

    /// A field that may differ; equal values leave no trace.
    #[must_use]
    pub fn of(mut self, name: &str, before: impl Into<Value>, after: impl Into<Value>) -> Self {
        let (before, after) = (before.into(), after.into());
        if before != after {
            self.0.insert(name.to_owned(), Change { before, after });
        }
        self
    }

    /// A secret or something too personal or too long to repeat: only that it differs.
    #[must_use]
    pub fn hidden<T: PartialEq>(mut self, name: &str, before: Option<&T>, after: Option<&T>) -> Self {
        if before != after {
            let word = |value: Option<&T>| value.map_or(Value::Null, |_| HIDDEN.into());
            self.0.insert(name.to_owned(), Change { before: word(before), after: word(after) });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_read_back_and_name_a_thing_and_an_act() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::parse(action.as_str()), Some(*action));
            assert_eq!(action.as_str().split('.').filter(|part| !part.is_empty()).count(), 2, "{action:?}");
        }
        assert_eq!(AuditAction::parse("trunk.painted"), None);
    }

    #[test]
    fn only_what_differs_is_kept_and_secrets_never() {
        let changes = Changes::none()
            .of("name", "a", "a")
            .of("channels", Some(3), None::<u32>)
            .hidden("password", Some(&"hunter2"), Some(&"hunter3"))
            .hidden("token", Some(&"same"), Some(&"same"));
        let text = serde_json::to_string(&changes).unwrap();
        assert_eq!(text, r#"{"channels":{"before":3,"after":null},"password":{"before":"hidden","after":"hidden"}}"#);
    }
}
