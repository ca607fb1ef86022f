//! What only the vendors' APIs ask for: their names of agents, the credentials of click-to-call, lists by page number.

use std::time::Duration;

use async_trait::async_trait;
use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::call::Call;
use domain::click_to_call::ClickToCall;
use domain::context_variable::ContextVariable;
use domain::time::Timestamp;
use domain::{AgentId, ContextVariableId, OrganizationId};

use super::{CallFilter, StoreError};

/// What an agent did in a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentTotals {
    /// Calls that were accepted.
    pub calls: u64,
    /// Calls that came to a conversation and are over.
    pub completed: u64,
    /// How long was talked in them.
    pub talked: Duration,
}

/// One of an agent's names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AgentName {
    /// Klen's database id.
    Integer(i64),
    /// Voicing AI.
    Voicing(uuid::Uuid),
    /// Klen: `assistant_…`.
    Klen(String),
    /// Vonage AI Studio.
    Vonage(String),
    /// Voxpria.
    Voxpria(String),
}

/// Names and credentials of agents in the vendors' APIs.
#[async_trait]
pub trait DialectStore: Send + Sync {
    /// The agent that has this name in a tenant, with all its names.
    async fn agent_named(
        &self,
        organization: OrganizationId,
        name: &AgentName,
    ) -> Result<Option<(Agent, AgentNames)>, StoreError>;
    /// The names of every agent of a tenant; an agent without names is given some.
    async fn names_of_agents(&self, organization: OrganizationId) -> Result<Vec<(AgentId, AgentNames)>, StoreError>;
    /// Gives an agent other names; `Duplicate("name of an agent")` when another one of the tenant has one of them.
    async fn name_agent(
        &self,
        organization: OrganizationId,
        agent: AgentId,
        names: &AgentNames,
    ) -> Result<(), StoreError>;
    /// Credentials of an agent.
    async fn click_to_call(&self, agent: AgentId) -> Result<Option<ClickToCall>, StoreError>;
    /// Credentials by SHA-256 of their token, over all tenants: the token is all that a click brings.
    async fn click_to_call_by_token(&self, sha256: &[u8; 32]) -> Result<Option<ClickToCall>, StoreError>;
    /// Stores credentials in place of the agent's older ones; `Duplicate("token")` when another agent has the token.
    async fn set_click_to_call(&self, credentials: &ClickToCall) -> Result<(), StoreError>;
    /// Calls from `offset` on, newest first, and how many there are in all. The filter's cursor means nothing here.
    async fn calls_from(
        &self,
        organization: OrganizationId,
        filter: &CallFilter,
        offset: u64,
    ) -> Result<(Vec<Call>, u64), StoreError>;
    /// What each agent of a tenant did since then; agents that did nothing are left out.
    async fn agent_totals(
        &self,
        organization: OrganizationId,
        since: Timestamp,
    ) -> Result<Vec<(AgentId, AgentTotals)>, StoreError>;
    /// Variables that are known by name, oldest first.
    async fn context_variables(&self, organization: OrganizationId) -> Result<Vec<ContextVariable>, StoreError>;
    /// Stores a variable, a new one with the next integer of the tenant, or in place of the one with its id;
    /// `Duplicate("a variable with this name")` when another of its scope has the name.
    async fn save_context_variable(&self, variable: &ContextVariable) -> Result<ContextVariable, StoreError>;
    /// Removes a variable; false when there is none such.
    async fn delete_context_variable(
        &self,
        organization: OrganizationId,
        id: ContextVariableId,
    ) -> Result<bool, StoreError>;
}
