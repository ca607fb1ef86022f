//! Agents by the names that other APIs know them by, and calls by page number, as those APIs list them.

use std::collections::BTreeMap;

use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::call::Call;
use domain::phone_number::PhoneNumber;
use domain::refusal::{Refusal, RefusalCode};
use domain::time::Timestamp;
use domain::{AgentId, NumberId};

use crate::ports::store::{AgentName, AgentTotals, CallFilter, StoreError};
use crate::refusals::conflict;
use crate::{Platform, Principal};

impl Platform {
    /// The agent of the tenant that has this name, with all its names; `AgentNotFound` where there is none.
    pub async fn agent_by_name(&self, principal: &Principal, name: &AgentName) -> Result<(Agent, AgentNames), Refusal> {
        if let Some(agent) = self.store.agent_named(principal.organization, name).await? {
            return Ok(agent);
        }
        // An agent gets its names when somebody first asks for them.
        self.store.names_of_agents(principal.organization).await?;
        let found = self.store.agent_named(principal.organization, name).await?;
        found.ok_or_else(|| Refusal::new(RefusalCode::AgentNotFound, "no agent of this organization has this name"))
    }

    /// The agent of the tenant that calls from `number`; the first by its slug where several do.
    pub async fn agent_calling_from(
        &self,
        principal: &Principal,
        number: &PhoneNumber,
    ) -> Result<Option<Agent>, Refusal> {
        principal.require(Permission::CallsWrite)?;
        let numbers = self.store.numbers(principal.organization).await?;
        let Some(number) = numbers.iter().find(|own| own.number == *number) else { return Ok(None) };
        let agents = self.store.agents(principal.organization).await?;
        Ok(agents.into_iter().filter(|agent| agent.number == Some(number.id)).min_by(|a, b| a.slug.cmp(&b.slug)))
    }

    /// The names of every agent of the tenant.
    pub async fn agent_names(&self, principal: &Principal) -> Result<BTreeMap<AgentId, AgentNames>, Refusal> {
        Ok(self.store.names_of_agents(principal.organization).await?.into_iter().collect())
    }

    /// The names of one agent.
    pub async fn names_of(&self, principal: &Principal, agent: AgentId) -> Result<AgentNames, Refusal> {
        let names = self.agent_names(principal).await?.remove(&agent);
        names.ok_or_else(|| Refusal::new(RefusalCode::AgentNotFound, "no such agent in this organization"))
    }

    /// Gives an agent other names. Idempotent; a name that another agent of the tenant has is refused.
    pub async fn rename_agent(&self, principal: &Principal, agent: AgentId, names: AgentNames) -> Result<(), Refusal> {
        principal.require(Permission::AgentsWrite)?;
        if self.names_of(principal, agent).await? == names {
            return Ok(());
        }
        let store = self.audited(principal, AuditAction::AgentUpdated, agent, Changes::none().with("names", "changed"));
        match store.name_agent(principal.organization, agent, &names).await {
            Err(StoreError::Duplicate(_)) => Err(conflict("another agent of this organization has one of these names")),
            done => Ok(done?),
        }
    }

    /// What each agent did since then; agents that did nothing are left out.
    pub async fn agent_totals(
        &self,
        principal: &Principal,
        since: Timestamp,
    ) -> Result<Vec<(AgentId, AgentTotals)>, Refusal> {
        principal.require(Permission::AgentsRead)?;
        Ok(self.store.agent_totals(principal.organization, since).await?)
    }

    /// The numbers that agents call from, by id.
    pub async fn numbers_of_agents(&self, principal: &Principal) -> Result<Vec<(NumberId, PhoneNumber)>, Refusal> {
        principal.require(Permission::AgentsRead)?;
        let numbers = self.store.numbers(principal.organization).await?;
        Ok(numbers.into_iter().map(|own| (own.id, own.number)).collect())
    }

    /// Calls from `offset` on, newest first, and how many there are in all.
    pub async fn calls_by_page(
        &self,
        principal: &Principal,
        filter: &CallFilter,
        offset: u64,
    ) -> Result<(Vec<Call>, u64), Refusal> {
        principal.require(Permission::CallsRead)?;
        Ok(self.store.calls_from(principal.organization, filter, offset).await?)
    }
}
