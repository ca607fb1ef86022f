//! Agents and what they were published as.

use std::sync::Arc;

use async_trait::async_trait;
use domain::agent::{Agent, AgentVersion};
use domain::{AgentId, AgentVersionId, OrganizationId};

use super::StoreError;

/// Agents and their versions.
#[async_trait]
pub trait AgentStore: Send + Sync {
    /// Stores a new agent; `Duplicate("agent")` when the slug is taken.
    async fn insert_agent(&self, agent: &Agent) -> Result<(), StoreError>;
    /// Replaces a stored agent.
    async fn update_agent(&self, agent: &Agent) -> Result<(), StoreError>;
    /// Stores the version and the agent that points at it, in one transaction.
    async fn publish_agent(&self, agent: &Agent, version: &AgentVersion) -> Result<(), StoreError>;
    /// By slug or id.
    async fn agent(&self, organization: OrganizationId, name: &str) -> Result<Option<Agent>, StoreError>;
    /// All of a tenant, by slug.
    async fn agents(&self, organization: OrganizationId) -> Result<Vec<Agent>, StoreError>;
    /// Newest first.
    async fn agent_versions(&self, agent: AgentId) -> Result<Vec<AgentVersion>, StoreError>;
    /// One version.
    async fn agent_version(&self, id: AgentVersionId) -> Result<Option<Arc<AgentVersion>>, StoreError>;
}
