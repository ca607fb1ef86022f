//! How long recordings and what was said are kept, out of the document. True when anything was changed.

use domain::agent::Agent;
use domain::refusal::Refusal;

use super::document::{AgentEntry, OrganizationEntry};
use crate::{Platform, Principal};

pub(super) async fn organization(
    platform: &Platform,
    principal: &Principal,
    entry: &OrganizationEntry,
) -> Result<bool, Refusal> {
    let Some(wanted) = entry.retention else { return Ok(false) };
    if platform.organization_retention(principal).await? == wanted {
        return Ok(false);
    }
    platform.set_organization_retention(principal, wanted).await?;
    Ok(true)
}

pub(super) async fn agent(
    platform: &Platform,
    principal: &Principal,
    entry: &AgentEntry,
    agent: &mut Agent,
) -> Result<bool, Refusal> {
    let Some(wanted) = entry.retention.filter(|wanted| *wanted != agent.retention) else { return Ok(false) };
    (agent.retention, _) = platform.set_agent_retention(principal, &entry.id, wanted).await?;
    Ok(true)
}
