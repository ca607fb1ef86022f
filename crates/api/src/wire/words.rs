//! Closed lists of words as they stand on the wire. The lists are the domain's own, so schema and code cannot differ.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident($domain:ty): $all:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub $domain);

        impl From<$domain> for $name {
            fn from(word: $domain) -> Self {
                Self(word)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.0.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <Cow<'de, str>>::deserialize(d)?;
                <$domain>::parse(&text).map(Self).ok_or_else(|| {
                    let known: Vec<&str> = $all.collect();
                    serde::de::Error::custom(format!("must be one of {}", known.join(", ")))
                })
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let all = $all;
                ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(all)).build().into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    )*};
}

words! {
    /// An API: ours or a vendor's.
    Dialect(domain::dialect::Dialect): domain::dialect::Dialect::ALL.iter().map(|w| w.as_str());
    /// What was done to the set-up.
    AuditAction(domain::audit::AuditAction): domain::audit::AuditAction::ALL.iter().map(|w| w.as_str());
    /// Where a call stands.
    CallStatus(domain::outcome::CallStatus): domain::outcome::CallStatus::ALL.iter().map(|w| w.as_str());
    /// Why a call ended.
    EndReason(domain::outcome::EndReason): domain::outcome::EndReason::ALL.iter().map(|w| w.as_str());
    /// Whose doing the end was.
    Blame(domain::outcome::Blame): domain::outcome::Blame::ALL.iter().map(|w| w.as_str());
    /// Why a line was lost that nobody hung up.
    LineLoss(domain::outcome::LineLoss): domain::outcome::LineLoss::ALL.iter().map(|w| w.as_str());
    /// What a node does.
    NodeState(domain::node::NodeState): domain::node::NodeState::ALL.iter().map(|w| w.as_str());
    /// Who or what picked up.
    AnsweredBy(domain::outcome::AnsweredBy): domain::outcome::AnsweredBy::ALL.iter().map(|w| w.as_str());
    /// What a key may do.
    Permission(domain::api_key::Permission): domain::api_key::Permission::ALL.iter().map(|(_, text)| *text);
    /// What a provider is for.
    ProviderKind(app::ports::providers::ProviderKind): app::ports::providers::ProviderKind::ALL.iter().map(|(_, text)| *text);
    /// What a person may do in an organization.
    Role(domain::member::Role): domain::member::Role::ALL.iter().map(|w| w.as_str());
    /// Where a delivery stands.
    DeliveryState(domain::webhook::DeliveryState): domain::webhook::DeliveryState::ALL.iter().map(|w| w.as_str());
    /// Why a delivery was given up.
    DeadReason(domain::webhook::DeadReason): domain::webhook::DeadReason::ALL.iter().map(|w| w.as_str());
    /// Why nothing is sent to a webhook.
    DisabledReason(domain::webhook::DisabledReason): domain::webhook::DisabledReason::ALL.iter().map(|w| w.as_str());
    /// Whether an agent may call.
    AgentState(domain::agent::AgentState): ["draft", "published", "disabled"].into_iter();
}

/// Transport of SIP signalling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SipTransport {
    /// RFC 3261 over UDP.
    #[default]
    Udp,
    /// RFC 3261 over TCP.
    Tcp,
}

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Our agent.
    Agent,
    /// Whoever answered.
    Callee,
}

impl From<domain::transcript::Speaker> for Speaker {
    fn from(speaker: domain::transcript::Speaker) -> Self {
        match speaker {
            domain::transcript::Speaker::Agent => Self::Agent,
            domain::transcript::Speaker::Callee => Self::Callee,
        }
    }
}

impl From<domain::trunk::SipTransport> for SipTransport {
    fn from(transport: domain::trunk::SipTransport) -> Self {
        match transport {
            domain::trunk::SipTransport::Udp => Self::Udp,
            domain::trunk::SipTransport::Tcp => Self::Tcp,
        }
    }
}

impl From<SipTransport> for domain::trunk::SipTransport {
    fn from(transport: SipTransport) -> Self {
        match transport {
            SipTransport::Udp => Self::Udp,
            SipTransport::Tcp => Self::Tcp,
        }
    }
}
