//! Bounds of organizations and keys, out of the document.

use domain::api_key::ApiKey;

use super::ProvisionError;
use super::apply::{ProvisionReport, refused};
use super::document::{KeyEntry, OrganizationEntry};
use crate::{Platform, Principal};

/// Brings an organization's bounds in line.
pub(super) async fn organization(
    platform: &Platform,
    principal: &Principal,
    entry: &OrganizationEntry,
    at: &str,
    report: &mut ProvisionReport,
) -> Result<(), ProvisionError> {
    let Some(wanted) = &entry.caps else { return Ok(()) };
    let place = format!("{at}.caps");
    if platform.get_caps(principal).await.map_err(refused(&place))? != *wanted {
        platform.set_caps(principal, wanted.clone()).await.map_err(refused(&place))?;
        report.updated.push(place);
    }
    Ok(())
}

/// Brings a key's bounds in line; true when anything was changed.
pub(super) async fn key(
    platform: &Platform,
    principal: &Principal,
    entry: &KeyEntry,
    key: &ApiKey,
    at: &str,
) -> Result<bool, ProvisionError> {
    let Some(wanted) = entry.caps.as_ref().filter(|wanted| **wanted != key.caps) else { return Ok(false) };
    let set = platform.set_key_caps(principal, key.id, wanted.clone()).await;
    set.map_err(refused(&format!("{at}.caps")))?;
    Ok(true)
}
