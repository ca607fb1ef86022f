//! What the document says of an agent in other APIs: its names there, and its click-to-call credentials.

use domain::agent::Agent;
use uuid::Uuid;

use super::ProvisionError;
use super::apply::refused;
use super::document::{AgentEntry, AgentIds};
use crate::click_to_call::GivenCredentials;
use crate::{Platform, Principal};

/// Brings names and credentials in line; whether anything changed.
pub(super) async fn apply(
    platform: &Platform,
    principal: &Principal,
    agent: &Agent,
    entry: &AgentEntry,
    at: &str,
) -> Result<bool, ProvisionError> {
    let mut changed = false;
    if let Some(ids) = &entry.ids {
        changed |= rename(platform, principal, agent, ids, &format!("{at}.ids")).await?;
    }
    if let Some(voiceb) = &entry.voiceb {
        let at = format!("{at}.voiceb");
        let before = platform.store.click_to_call(agent.id).await.map_err(|error| refused(&at)(error.into()))?;
        let given = GivenCredentials {
            token: voiceb.token.clone(),
            secret: voiceb.secret.clone(),
            verify_signature: !voiceb.disable_signature_verification,
        };
        let set = platform.set_click_credentials(principal, &entry.id, given).await.map_err(refused(&at))?;
        changed |= before.as_ref() != Some(&set);
    }
    Ok(changed)
}

async fn rename(
    platform: &Platform,
    principal: &Principal,
    agent: &Agent,
    ids: &AgentIds,
    at: &str,
) -> Result<bool, ProvisionError> {
    let before = platform.names_of(principal, agent.id).await.map_err(refused(at))?;
    let mut names = before.clone();
    if let Some(text) = &ids.voicing {
        let wrong = |_| ProvisionError::new(format!("{at}.voicing"), "must be a UUID");
        names.voicing = Uuid::parse_str(text).map_err(wrong)?;
    }
    names.integer = ids.integer.unwrap_or(names.integer);
    for (name, given) in
        [(&mut names.klen, &ids.klen), (&mut names.vonage, &ids.vonage), (&mut names.voxpria, &ids.voxpria)]
    {
        if let Some(given) = given {
            name.clone_from(given);
        }
    }
    let changed = names != before;
    platform.rename_agent(principal, agent.id, names).await.map_err(refused(at))?;
    Ok(changed)
}
