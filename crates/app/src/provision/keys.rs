//! Keys of the document: which words are ours, and which the dialect's own.

use std::net::IpAddr;

use domain::api_key::Permission;
use domain::dialect::Dialect;
use ipnet::IpNet;

use super::ProvisionError;
use super::document::KeyEntry;
use crate::manage_keys::NewKey;

/// The key that an entry asks for.
pub(super) fn new_key(entry: &KeyEntry, at: &str) -> Result<NewKey, ProvisionError> {
    if entry.secret.is_empty() {
        return Err(ProvisionError::new(format!("{at}.secret"), "must not be empty"));
    }
    let dialect = Dialect::from(entry.dialect);
    let (permissions, scopes) = words(entry, dialect, at)?;
    let networks = entry.allowed_ips.iter().enumerate().map(|(n, text)| {
        network(text).ok_or_else(|| {
            ProvisionError::new(
                format!("{at}.allowed_ips[{n}]"),
                "must be a network or an address, such as 192.0.2.0/24",
            )
        })
    });
    Ok(NewKey {
        name: entry.name.clone().unwrap_or_else(|| "provisioned".to_owned()),
        dialect,
        category: entry.category.clone(),
        permissions,
        scopes,
        allowed_ips: networks.collect::<Result<_, _>>()?,
        ..NewKey::default()
    })
}

/// Permissions of ours and words of the dialect's own. A key of another dialect works through that dialect's routes,
/// which place and read calls.
fn words(entry: &KeyEntry, dialect: Dialect, at: &str) -> Result<(Vec<Permission>, Vec<String>), ProvisionError> {
    if dialect != Dialect::Native {
        let scopes = entry.permissions.clone().unwrap_or_default();
        return Ok((Permission::OF_OTHER_DIALECTS.to_vec(), scopes));
    }
    let Some(words) = &entry.permissions else { return Ok((vec![Permission::All], Vec::new())) };
    let read = words.iter().enumerate().map(|(n, word)| {
        Permission::parse(word).ok_or_else(|| {
            let known: Vec<&str> = Permission::ALL.iter().map(|(_, text)| *text).collect();
            ProvisionError::new(format!("{at}.permissions[{n}]"), format!("must be one of {}", known.join(", ")))
        })
    });
    Ok((read.collect::<Result<_, _>>()?, Vec::new()))
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
