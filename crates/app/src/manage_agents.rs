//! Agents: drafts that people edit, versions that calls run on.
//!
//! Law: a version never changes once published; going back means publishing an older definition again.

use std::sync::Arc;

use domain::agent::{Agent, AgentState, AgentVersion};
use domain::agent_definition::AgentDefinition;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::refusal::{FieldFault, Refusal, RefusalCode};
use domain::retention::AgentRetention;
use domain::{AgentId, AgentVersionId, NumberId};

use crate::refusals::{at_least_one, faults, invalid, not_found, positive};
use crate::{Platform, Principal};

/// A new agent.
#[derive(Clone, Debug, Default)]
pub struct NewAgent {
    /// Unique name within the tenant: lower-case letters, digits and dashes.
    pub slug: String,
    /// Number it calls from, in E.164 or as `num_…`.
    pub number: Option<String>,
    /// Most calls started a second, `None` for no limit of its own.
    pub calls_per_second: Option<f64>,
    /// Most calls at once, `None` for no limit of its own.
    pub live_calls: Option<u32>,
    /// What it says and does; may be incomplete until it is published.
    pub draft: AgentDefinition,
}

/// What to change of an agent; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct AgentChange {
    /// Number it calls from; `Some(None)` takes it away.
    pub number: Option<Option<String>>,
    /// Most calls started a second; `Some(None)` lifts the limit.
    pub calls_per_second: Option<Option<f64>>,
    /// Most calls at once; `Some(None)` lifts the limit.
    pub live_calls: Option<Option<u32>>,
    /// A new draft in place of the old one.
    pub draft: Option<AgentDefinition>,
}

impl Platform {
    /// Stores a new agent as a draft. `Conflict` when the slug is taken.
    pub async fn create_agent(&self, principal: &Principal, new: NewAgent) -> Result<Agent, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        if !is_slug(&new.slug) {
            return Err(invalid("/id", "must have 1 to 64 lower-case letters, digits and inner dashes"));
        }
        positive("/calls_per_second", new.calls_per_second)?;
        at_least_one("/live_calls", new.live_calls)?;
        let now = self.clock.now();
        let agent = Agent {
            policy: None,
            retention: AgentRetention::default(),
            id: AgentId(self.clock.uuid()),
            organization: principal.organization,
            slug: new.slug,
            state: AgentState::Draft,
            number: self.number_of(principal, new.number.as_deref()).await?,
            calls_per_second: new.calls_per_second,
            live_calls: new.live_calls,
            draft: Arc::new(new.draft),
            published: None,
            created_at: now,
            updated_at: now,
        };
        let changes = differences(None, &agent);
        self.audited(principal, AuditAction::AgentCreated, agent.id, changes).insert_agent(&agent).await?;
        Ok(agent)
    }

    /// Changes an agent's draft or settings; calls go on with the published version.
    pub async fn update_agent(&self, principal: &Principal, name: &str, change: AgentChange) -> Result<Agent, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let mut agent = self.find_agent(principal, name).await?;
        let before = agent.clone();
        if let Some(number) = change.number {
            agent.number = self.number_of(principal, number.as_deref()).await?;
        }
        if let Some(limit) = change.calls_per_second {
            positive("/calls_per_second", limit)?;
            agent.calls_per_second = limit;
        }
        if let Some(limit) = change.live_calls {
            at_least_one("/live_calls", limit)?;
            agent.live_calls = limit;
        }
        if let Some(draft) = change.draft {
            agent.draft = Arc::new(draft);
        }
        agent.updated_at = self.clock.now();
        let changes = differences(Some(&before), &agent);
        self.audited(principal, AuditAction::AgentUpdated, agent.id, changes).update_agent(&agent).await?;
        Ok(agent)
    }

    /// Freezes the draft as the version that new calls run on. `InvalidDefinition` names what is wrong with it.
    pub async fn publish_agent(&self, principal: &Principal, name: &str) -> Result<(Agent, AgentVersion), Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let agent = self.find_agent(principal, name).await?;
        let definition = agent.draft.clone();
        self.publish(principal, agent, definition).await
    }

    /// Publishes the definition of version `number` again, as a new version; the draft becomes the same.
    pub async fn rollback_agent(
        &self,
        principal: &Principal,
        name: &str,
        number: u32,
    ) -> Result<(Agent, AgentVersion), Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let mut agent = self.find_agent(principal, name).await?;
        let versions = self.store.agent_versions(agent.id).await?;
        let old = versions.into_iter().find(|v| v.number == number).ok_or_else(|| not_found("version"))?;
        agent.draft = old.definition.clone();
        self.publish(principal, agent, old.definition).await
    }

    /// Switches an agent off: its new calls are refused. Live calls go on.
    pub async fn disable_agent(&self, principal: &Principal, name: &str) -> Result<Agent, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let agent = self.find_agent(principal, name).await?;
        self.set_state(principal, agent, AgentState::Disabled).await
    }

    /// Switches an agent on again.
    pub async fn enable_agent(&self, principal: &Principal, name: &str) -> Result<Agent, Refusal> {
        principal.require(Permission::AgentsWrite)?;
        let agent = self.find_agent(principal, name).await?;
        let state = if agent.published.is_some() { AgentState::Published } else { AgentState::Draft };
        self.set_state(principal, agent, state).await
    }

    /// One agent by slug or id.
    pub async fn get_agent(&self, principal: &Principal, name: &str) -> Result<Agent, Refusal> {
        principal.require(Permission::AgentsRead)?;
        self.find_agent(principal, name).await
    }

    /// All agents by slug.
    pub async fn list_agents(&self, principal: &Principal) -> Result<Vec<Agent>, Refusal> {
        principal.require(Permission::AgentsRead)?;
        Ok(self.store.agents(principal.organization).await?)
    }

    /// Published versions, newest first.
    pub async fn agent_versions(&self, principal: &Principal, name: &str) -> Result<Vec<AgentVersion>, Refusal> {
        principal.require(Permission::AgentsRead)?;
        let agent = self.find_agent(principal, name).await?;
        Ok(self.store.agent_versions(agent.id).await?)
    }

    /// One published version by its number.
    pub async fn agent_version(&self, principal: &Principal, name: &str, number: u32) -> Result<AgentVersion, Refusal> {
        let versions = self.agent_versions(principal, name).await?;
        versions.into_iter().find(|v| v.number == number).ok_or_else(|| not_found("version"))
    }

    pub(crate) async fn find_agent(&self, principal: &Principal, name: &str) -> Result<Agent, Refusal> {
        self.store
            .agent(principal.organization, name)
            .await?
            .ok_or_else(|| Refusal::new(RefusalCode::AgentNotFound, "no such agent in this organization"))
    }

    async fn publish(
        &self,
        principal: &Principal,
        mut agent: Agent,
        definition: Arc<AgentDefinition>,
    ) -> Result<(Agent, AgentVersion), Refusal> {
        if let Some(refusal) = faults(RefusalCode::InvalidDefinition, definition_faults(&definition)) {
            return Err(refusal);
        }
        let newest = self.store.agent_versions(agent.id).await?.first().map_or(0, |v| v.number);
        let now = self.clock.now();
        let version = AgentVersion {
            id: AgentVersionId(self.clock.uuid()),
            agent: agent.id,
            number: newest + 1,
            definition,
            published_at: now,
        };
        let before = agent.published.map(|id| id.to_string());
        agent.published = Some(version.id);
        if agent.state == AgentState::Draft {
            agent.state = AgentState::Published;
        }
        agent.updated_at = now;
        let changes =
            Changes::none().of("version", newest, version.number).of("version_id", before, version.id.to_string());
        self.audited(principal, AuditAction::AgentPublished, agent.id, changes).publish_agent(&agent, &version).await?;
        Ok((agent, version))
    }

    async fn set_state(&self, principal: &Principal, mut agent: Agent, state: AgentState) -> Result<Agent, Refusal> {
        if agent.state != state {
            let action = match state {
                AgentState::Disabled => AuditAction::AgentDisabled,
                AgentState::Draft | AgentState::Published => AuditAction::AgentEnabled,
            };
            let changes = Changes::none().of("state", agent.state.as_str(), state.as_str());
            agent.state = state;
            agent.updated_at = self.clock.now();
            self.audited(principal, action, agent.id, changes).update_agent(&agent).await?;
        }
        Ok(agent)
    }

    async fn number_of(&self, principal: &Principal, name: Option<&str>) -> Result<Option<NumberId>, Refusal> {
        let Some(name) = name else { return Ok(None) };
        match self.find_number(principal, name).await {
            Ok(number) => Ok(Some(number.id)),
            Err(refusal) if refusal.code == RefusalCode::NotFound => {
                Err(invalid("/number", "no such number in this organization; add it to a trunk first"))
            }
            Err(refusal) => Err(refusal),
        }
    }
}

/// A definition is too long to repeat; its versions hold it.
fn differences(before: Option<&Agent>, after: &Agent) -> Changes {
    Changes::none()
        .of("slug", before.map(|a| a.slug.as_str()), after.slug.as_str())
        .of("number", before.and_then(|a| a.number).map(|id| id.to_string()), after.number.map(|id| id.to_string()))
        .of("calls_per_second", before.and_then(|a| a.calls_per_second), after.calls_per_second)
        .of("live_calls", before.and_then(|a| a.live_calls), after.live_calls)
        .hidden("draft", before.map(|a| &a.draft), Some(&after.draft))
}

/// What keeps a definition from being published, as places in the document.
pub(crate) fn definition_faults(definition: &AgentDefinition) -> Vec<FieldFault> {
    let pointer = |path: &str| match path {
        "." => "/definition".to_owned(),
        path => format!("/definition/{}", path.replace('~', "~0").replace('/', "~1").replace('.', "/")),
    };
    definition
        .check()
        .into_iter()
        .map(|fault| FieldFault { pointer: pointer(&fault.path), detail: fault.detail })
        .collect()
}

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}
