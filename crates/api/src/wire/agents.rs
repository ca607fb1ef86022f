//! Agents on the wire.

use domain::agent_definition::AgentDefinition;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::nullable;
use super::words::AgentState;

/// A new agent, as a draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAgent {
    /// Unique name: lower-case letters, digits and inner dashes.
    #[schema(example = "lead-callback")]
    pub slug: String,
    /// Number it calls from, in E.164 or as `num_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Most calls started a second; absent for no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_second: Option<f64>,
    /// Most calls at once; absent for no limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_calls: Option<u32>,
    /// What it says and does; its schema is at `/v1/schema/agent`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub definition: AgentDefinition,
}

/// What to change of an agent; a field that is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateAgent {
    /// Number it calls from; `null` takes it away.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub number: Option<Option<String>>,
    /// Most calls started a second; `null` lifts the limit.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub calls_per_second: Option<Option<f64>>,
    /// Most calls at once; `null` lifts the limit.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub live_calls: Option<Option<u32>>,
    /// A new draft in place of the old one; its schema is at `/v1/schema/agent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub definition: Option<AgentDefinition>,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its unique name.
    pub slug: String,
    /// Whether it may call.
    pub state: AgentState,
    /// Number it calls from, as `num_…`.
    pub number_id: Option<String>,
    /// Most calls started a second.
    pub calls_per_second: Option<f64>,
    /// Most calls at once.
    pub live_calls: Option<u32>,
    /// Version that new calls run on.
    pub published_version_id: Option<String>,
    /// The draft.
    #[schema(value_type = Object)]
    pub definition: AgentDefinition,
    /// When it was made.
    pub created_at: Timestamp,
    /// When draft or state last changed.
    pub updated_at: Timestamp,
}

impl From<domain::agent::Agent> for Agent {
    fn from(agent: domain::agent::Agent) -> Self {
        Self {
            id: agent.id.to_string(),
            slug: agent.slug,
            state: agent.state.into(),
            number_id: agent.number.map(|id| id.to_string()),
            calls_per_second: agent.calls_per_second,
            live_calls: agent.live_calls,
            published_version_id: agent.published.map(|id| id.to_string()),
            definition: (*agent.draft).clone(),
            created_at: agent.created_at,
            updated_at: agent.updated_at,
        }
    }
}

/// A frozen definition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentVersion {
    /// Its id.
    pub id: String,
    /// Agent it belongs to.
    pub agent_id: String,
    /// 1 for the first published version, then counting up.
    pub number: u32,
    /// What it says and does.
    #[schema(value_type = Object)]
    pub definition: AgentDefinition,
    /// When it was published.
    pub published_at: Timestamp,
}

impl From<domain::agent::AgentVersion> for AgentVersion {
    fn from(version: domain::agent::AgentVersion) -> Self {
        Self {
            id: version.id.to_string(),
            agent_id: version.agent.to_string(),
            number: version.number,
            definition: (*version.definition).clone(),
            published_at: version.published_at,
        }
    }
}

/// An agent and the version that was just published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Published {
    /// The agent.
    pub agent: Agent,
    /// The version that new calls run on.
    pub version: AgentVersion,
}

/// Which version to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Number of the version.
    pub version: u32,
}
