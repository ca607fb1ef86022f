//! How long recordings and what was said are kept, on the wire.

use domain::retention::Keep;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::nullable;

/// How long what calls leave behind is kept, counted from the end of the call. It holds for calls of before, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days for which recordings are kept; 0 deletes them as soon as the call is over, `null` keeps them for ever.
    #[schema(maximum = 3650, example = 30)]
    pub recordings_days: Option<u16>,
    /// Days for which what was said is kept: turns, digits, slots, variables, metadata; 0 deletes it as soon as the call is
    /// over and its webhooks are sent, `null` keeps it for ever.
    #[schema(maximum = 3650, example = 90)]
    pub transcripts_days: Option<u16>,
    /// Whether the number that was called loses all but its last two digits together with what was said.
    pub mask_numbers: bool,
}

/// An agent's own settings. A field that is absent is as the organization says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentRetention {
    /// Days for which recordings are kept; `null` for ever.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u16>, maximum = 3650)]
    pub recordings_days: Option<Option<u16>>,
    /// Days for which what was said is kept; `null` for ever.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u16>, maximum = 3650)]
    pub transcripts_days: Option<Option<u16>>,
    /// Whether the number that was called loses all but its last two digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mask_numbers: Option<bool>,
}

/// An agent's own settings and what comes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgentRetentionInForce {
    /// What the agent has of its own.
    pub own: AgentRetention,
    /// What holds for its calls: its own over the organization's.
    pub in_force: Retention,
}

impl From<domain::retention::Retention> for Retention {
    fn from(kept: domain::retention::Retention) -> Self {
        Self {
            recordings_days: kept.recordings_days.into(),
            transcripts_days: kept.transcripts_days.into(),
            mask_numbers: kept.mask_numbers,
        }
    }
}

impl From<Retention> for domain::retention::Retention {
    fn from(wire: Retention) -> Self {
        Self {
            recordings_days: wire.recordings_days.into(),
            transcripts_days: wire.transcripts_days.into(),
            mask_numbers: wire.mask_numbers,
        }
    }
}

impl From<domain::retention::AgentRetention> for AgentRetention {
    fn from(own: domain::retention::AgentRetention) -> Self {
        Self {
            recordings_days: own.recordings_days.map(Into::into),
            transcripts_days: own.transcripts_days.map(Into::into),
            mask_numbers: own.mask_numbers,
        }
    }
}

impl From<AgentRetention> for domain::retention::AgentRetention {
    fn from(wire: AgentRetention) -> Self {
        Self {
            recordings_days: wire.recordings_days.map(Keep::from),
            transcripts_days: wire.transcripts_days.map(Keep::from),
            mask_numbers: wire.mask_numbers,
        }
    }
}

impl From<(domain::retention::AgentRetention, domain::retention::Retention)> for AgentRetentionInForce {
    fn from((own, kept): (domain::retention::AgentRetention, domain::retention::Retention)) -> Self {
        Self { own: own.into(), in_force: kept.into() }
    }
}
