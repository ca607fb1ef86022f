//! `outdial keys`.

use anyhow::{Context, Result};
use api::wire::Listing;
use api::wire::keys::{CreateKey, CreatedKey, Key};
use api::wire::words::Permission;

use crate::cli::Keys;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Keys, output: Output) -> Result<()> {
    match command {
        Keys::Create { name, permissions, remote } => {
            let permissions = permissions.iter().map(|text| permission(text)).collect::<Result<_>>()?;
            let new = CreateKey { name, permissions };
            let made: CreatedKey = Client::new(&remote)?.post("/v1/keys", &new).await?;
            output.either(&made, |made| format!("{}\nthe secret, shown once: {}", made.key.id, made.secret))?;
        }
        Keys::List { remote } => {
            let keys: Listing<Key> = Client::new(&remote)?.get("/v1/keys").await?;
            output.rows(&keys.items, ["KEY", "NAME", "SECRET", "PERMISSIONS", "STATE"], |key| {
                let permissions: Vec<&str> = key.permissions.iter().map(|p| p.0.as_str()).collect();
                let state = if key.revoked_at.is_some() { "revoked" } else { "active" };
                [key.id.clone(), key.name.clone(), format!("{}…", key.hint), permissions.join(","), state.to_owned()]
            })?;
        }
        Keys::Revoke { key, remote } => {
            Client::new(&remote)?.delete(&format!("/v1/keys/{}", segment(&key))).await?;
            super::removed(&key, output)?;
        }
    }
    Ok(())
}

fn permission(text: &str) -> Result<Permission> {
    let known = || domain::api_key::Permission::ALL.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(", ");
    let found = domain::api_key::Permission::parse(text).map(Permission);
    found.with_context(|| format!("--permission {text}: known are {}", known()))
}
