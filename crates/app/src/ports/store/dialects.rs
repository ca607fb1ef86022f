//! What only the vendors' APIs ask for: their names of agents, the credentials of click-to-call, lists by page number.

use async_trait::async_trait;
use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::call::Call;
use domain::click_to_call::ClickToCall;
use domain::{AgentId, OrganizationId};

use super::{CallFilter, StoreError};

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
}
