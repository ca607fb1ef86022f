//! How long recordings and what was said are kept: of the organization, and of an agent where it differs.
//!
//! Law: a setting holds for calls of before, too, as soon as it is stored; whoever shortens it deletes. So it is audited.

use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::refusal::Refusal;
use domain::retention::{AgentRetention, MOST_DAYS, Retention, RetentionFault};
use serde::Serialize;

use crate::refusals::invalid;
use crate::{Platform, Principal};

impl Platform {
    /// The organization's settings.
    pub async fn organization_retention(&self, principal: &Principal) -> Result<Retention, Refusal> {
        principal.require(Permission::PolicyRead)?;
        Ok(self.own_organization(principal).await?.retention)
    }

    /// Replaces the organization's settings.
    pub async fn set_organization_retention(
        &self,
        principal: &Principal,
        retention: Retention,
    ) -> Result<Retention, Refusal> {
        principal.require(Permission::PolicyWrite)?;
        retention.check().map_err(too_long)?;
        let mut organization = self.own_organization(principal).await?;
        let changes = differences(&organization.retention, &retention);
        organization.retention = retention;
        self.audited(principal, AuditAction::RetentionUpdated, organization.id, changes)
            .update_organization(&organization)
            .await?;
        Ok(retention)
    }

    /// An agent's own settings, and what holds for its calls.
    pub async fn agent_retention(
        &self,
        principal: &Principal,
        name: &str,
    ) -> Result<(AgentRetention, Retention), Refusal> {
        principal.require(Permission::PolicyRead)?;
        let own = self.find_agent(principal, name).await?.retention;
        Ok((own, own.over(self.own_organization(principal).await?.retention)))
    }

    /// Replaces an agent's own settings; empty ones leave all to the organization.
    pub async fn set_agent_retention(
        &self,
        principal: &Principal,
        name: &str,
        retention: AgentRetention,
    ) -> Result<(AgentRetention, Retention), Refusal> {
        principal.require(Permission::PolicyWrite)?;
        retention.check().map_err(too_long)?;
        let mut agent = self.find_agent(principal, name).await?;
        let organization = self.own_organization(principal).await?;
        let changes = differences(&agent.retention, &retention);
        agent.retention = retention;
        self.audited(principal, AuditAction::RetentionUpdated, agent.id, changes).update_agent(&agent).await?;
        Ok((retention, retention.over(organization.retention)))
    }
}

fn too_long(fault: RetentionFault) -> Refusal {
    invalid(fault.pointer, format!("must lie between 0 and {MOST_DAYS}; null keeps for ever"))
}

fn differences(before: &impl Serialize, after: &impl Serialize) -> Changes {
    let word = |settings: serde_json::Result<serde_json::Value>| settings.unwrap_or_default();
    Changes::none().of("retention", word(serde_json::to_value(before)), word(serde_json::to_value(after)))
}
