//! How long recordings and what was said are kept, out of the document.

use domain::agent::Agent;

use super::ProvisionError;
use super::apply::{ProvisionReport, refused};
use super::document::{AgentEntry, OrganizationEntry};
use crate::{Platform, Principal};

/// Brings an organization's settings in line.
pub(super) async fn organization(
    platform: &Platform,
    principal: &Principal,
    entry: &OrganizationEntry,
    at: &str,
    report: &mut ProvisionReport,
) -> Result<(), ProvisionError> {
    let Some(wanted) = entry.retention else { return Ok(()) };
    let place = format!("{at}.retention");
    if platform.organization_retention(principal).await.map_err(refused(&place))? != wanted {
        platform.set_organization_retention(principal, wanted).await.map_err(refused(&place))?;
        report.updated.push(place);
    }
    Ok(())
}

/// Brings an agent's own settings in line; true when anything was changed.
pub(super) async fn agent(
    platform: &Platform,
    principal: &Principal,
    entry: &AgentEntry,
    agent: &mut Agent,
    at: &str,
) -> Result<bool, ProvisionError> {
    let Some(wanted) = entry.retention.filter(|wanted| *wanted != agent.retention) else { return Ok(false) };
    let set = platform.set_agent_retention(principal, &entry.id, wanted).await;
    (agent.retention, _) = set.map_err(refused(&format!("{at}.retention")))?;
    Ok(true)
}
