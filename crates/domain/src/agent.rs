//! An agent and its versions. Calls run on a published version; a draft can be edited without touching them.

use std::sync::Arc;

use crate::agent_definition::AgentDefinition;
use crate::call_policy::CallPolicy;
use crate::ids::{AgentId, AgentVersionId, NumberId, OrganizationId};
use crate::retention::AgentRetention;
use crate::time::Timestamp;

/// An agent as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Tenant it belongs to.
    pub organization: OrganizationId,
    /// Unique name within the tenant: lower-case letters, digits and dashes.
    pub slug: String,
    /// Whether it may call.
    pub state: AgentState,
    /// Number it calls from.
    pub number: Option<NumberId>,
    /// Most calls started a second, `None` for no limit of its own.
    pub calls_per_second: Option<f64>,
    /// Most calls at once, `None` for no limit of its own.
    pub live_calls: Option<u32>,
    /// Rules for its calls; each that is set stands in place of the organization's.
    pub policy: Option<CallPolicy>,
    /// How long what its calls leave behind is kept, where it differs from the organization's.
    pub retention: AgentRetention,
    /// What is being edited.
    pub draft: Arc<AgentDefinition>,
    /// The version that calls run on.
    pub published: Option<AgentVersionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When draft or state last changed.
    pub updated_at: Timestamp,
}

/// Whether an agent may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// Never published.
    Draft,
    /// Calls run on the published version.
    Published,
    /// Switched off by a person.
    Disabled,
}

impl AgentState {
    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the lower-case name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Draft, Self::Published, Self::Disabled].into_iter().find(|s| s.as_str() == text)
    }
}

/// A frozen definition.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentVersion {
    /// Its id.
    pub id: AgentVersionId,
    /// Agent it belongs to.
    pub agent: AgentId,
    /// 1 for the first published version, then counting up.
    pub number: u32,
    /// What it says and does.
    pub definition: Arc<AgentDefinition>,
    /// When it was published.
    pub published_at: Timestamp,
}
