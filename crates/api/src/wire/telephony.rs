//! Trunks and numbers on the wire. Passwords go in and never come out.

use domain::time::Timestamp;
use domain::trunk::SipCredentials;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::nullable;
use super::words::SipTransport;

/// A new SIP trunk.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTrunk {
    /// Unique name.
    #[schema(example = "carrier")]
    pub name: String,
    /// Host and optional port.
    #[schema(example = "sip.example.net:5060")]
    pub address: String,
    /// Transport of the signalling.
    #[serde(default)]
    pub transport: SipTransport,
    /// Digest user name, if the carrier asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Digest password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(write_only)]
    pub password: Option<String>,
    /// Most INVITEs a second; absent for no limit of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_second: Option<f64>,
    /// Most calls at once; absent for no limit of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<u32>,
}

/// What to change of a trunk; a field that is absent stays as it is.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTrunk {
    /// New name.
    pub name: Option<String>,
    /// New address.
    pub address: Option<String>,
    /// New transport.
    pub transport: Option<SipTransport>,
    /// New digest user name, together with `password`; `null` takes the credentials away.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub username: Option<Option<String>>,
    /// New digest password, together with `username`.
    #[schema(write_only)]
    pub password: Option<String>,
    /// Most INVITEs a second; `null` lifts the limit.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub calls_per_second: Option<Option<f64>>,
    /// Most calls at once; `null` lifts the limit.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub channels: Option<Option<u32>>,
}

/// A SIP trunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Trunk {
    /// Its id.
    pub id: String,
    /// Unique name.
    pub name: String,
    /// Host and optional port.
    pub address: String,
    /// Transport of the signalling.
    pub transport: SipTransport,
    /// Digest user name; the password is never told.
    pub username: Option<String>,
    /// Most INVITEs a second.
    pub calls_per_second: Option<f64>,
    /// Most calls at once.
    pub channels: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// How it does; told where trunks are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<TrunkHealth>,
}

/// How a trunk does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrunkHealth {
    /// `up`, `down` or `unknown`, by what was heard of it last.
    #[schema(example = "up")]
    pub state: String,
    /// When that was: the end of a call, or a test on the node that answers this.
    pub checked_at: Option<Timestamp>,
    /// What went wrong, where that is the last that was heard.
    pub last_error: Option<String>,
    /// Calls that are up over it.
    pub live_calls: u64,
    /// Part of its last hundred calls that were answered, 0 to 1.
    pub answer_rate: Option<f64>,
}

impl From<app::trunk_health::TrunkHealth> for TrunkHealth {
    fn from(health: app::trunk_health::TrunkHealth) -> Self {
        use app::trunk_health::TrunkState;
        let state = match health.state {
            TrunkState::Up => "up",
            TrunkState::Down => "down",
            TrunkState::Unknown => "unknown",
        };
        Self {
            state: state.to_owned(),
            checked_at: health.checked_at,
            last_error: health.last_error,
            live_calls: health.live_calls,
            answer_rate: health.answer_rate,
        }
    }
}

/// What a trunk answered to a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrunkTest {
    /// Whether it answered at all.
    pub ok: bool,
    /// Its answer.
    #[schema(example = "200 OK")]
    pub answer: Option<String>,
    /// Milliseconds from the request to the answer.
    pub rtt_ms: Option<u64>,
    /// Why there was none.
    pub error: Option<String>,
    /// What to do about it, where it did not answer 2xx.
    pub remedy: Option<String>,
}

impl From<domain::trunk::Trunk> for Trunk {
    fn from(trunk: domain::trunk::Trunk) -> Self {
        Self {
            id: trunk.id.to_string(),
            name: trunk.name,
            address: trunk.address,
            transport: trunk.transport.into(),
            username: trunk.credentials.map(|c| c.username),
            calls_per_second: trunk.calls_per_second,
            channels: trunk.channels,
            created_at: trunk.created_at,
            health: None,
        }
    }
}

/// User name and password belong together; the name of the field that is missing otherwise.
pub fn credentials(username: Option<String>, password: Option<String>) -> Result<Option<SipCredentials>, &'static str> {
    match (username, password) {
        (Some(username), Some(password)) => Ok(Some(SipCredentials { username, password })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err("/username"),
        (Some(_), None) => Err("/password"),
    }
}

/// A new number to call from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateNumber {
    /// The number: E.164, or national where the organization has a default region.
    #[schema(example = "+15550001000")]
    pub number: String,
    /// Trunk that carries its calls, by name or id.
    pub trunk: String,
    /// Most calls started a second; absent for no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_second: Option<f64>,
    /// Most calls at once; absent for no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_calls: Option<u32>,
}

/// What to change of a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateNumber {
    /// Another trunk, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trunk: Option<String>,
    /// Most calls started a second; `null` lifts the limit.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub calls_per_second: Option<Option<f64>>,
    /// Most calls at once; `null` lifts the limit.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub live_calls: Option<Option<u32>>,
}

/// A number that agents call from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Number {
    /// Its id.
    pub id: String,
    /// The number, E.164.
    pub number: String,
    /// Trunk that carries its calls.
    pub trunk_id: String,
    /// Most calls started a second.
    pub calls_per_second: Option<f64>,
    /// Most calls at once.
    pub live_calls: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl From<domain::trunk::CallerNumber> for Number {
    fn from(number: domain::trunk::CallerNumber) -> Self {
        Self {
            id: number.id.to_string(),
            number: number.number.to_string(),
            trunk_id: number.trunk.to_string(),
            calls_per_second: number.calls_per_second,
            live_calls: number.live_calls,
            created_at: number.created_at,
        }
    }
}
