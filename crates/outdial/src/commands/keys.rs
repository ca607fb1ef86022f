//! `outdial keys`.

use anyhow::{Context, Result};
use api::wire::Listing;
use api::wire::keys::{CreateKey, CreatedKey, Key, RotateKey};
use api::wire::words::{Dialect, Permission};

use crate::cli::Keys;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Keys, output: Output) -> Result<()> {
    match command {
        Keys::Create { name, dialect, permissions, category, allowed_ips, agent, expires_at, remote } => {
            let (permissions, scopes) = words(&dialect, permissions)?;
            let dialect = domain::dialect::Dialect::parse(&dialect).map(Dialect);
            let new = CreateKey { name, dialect, category, permissions, scopes, allowed_ips, agent, expires_at };
            let made: CreatedKey = Client::new(&remote)?.post("/v1/keys", &new).await?;
            told(&made, output)?;
        }
        Keys::Rotate { key, overlap_s, remote } => {
            let path = format!("/v1/keys/{}/rotate", segment(&key));
            let made: CreatedKey = Client::new(&remote)?.post(&path, &RotateKey { overlap_s: Some(overlap_s) }).await?;
            told(&made, output)?;
        }
        Keys::List { remote } => {
            let keys: Listing<Key> = Client::new(&remote)?.get("/v1/keys").await?;
            output.rows(&keys.items, ["KEY", "NAME", "API", "SECRET", "PERMISSIONS", "STATE"], |key| {
                let own = key.permissions.iter().map(|p| p.0.as_str());
                let words: Vec<&str> = own.chain(key.scopes.iter().map(String::as_str)).collect();
                let (id, name, dialect) = (key.id.clone(), key.name.clone(), key.dialect.0.as_str().to_owned());
                [id, name, dialect, format!("{}…", key.hint), words.join(","), state(key).to_owned()]
            })?;
        }
        Keys::Revoke { key, remote } => {
            Client::new(&remote)?.delete(&format!("/v1/keys/{}", segment(&key))).await?;
            super::removed(&key, output)?;
        }
    }
    Ok(())
}

fn told(made: &CreatedKey, output: Output) -> Result<()> {
    output.either(made, |made| format!("{}\nthe secret, shown once: {}", made.key.id, made.secret))?;
    Ok(())
}

fn state(key: &Key) -> &'static str {
    match (key.revoked_at, key.disabled_at, key.expires_at) {
        (Some(_), _, _) => "revoked",
        (_, Some(_), _) => "switched off",
        (_, _, Some(end)) if end <= jiff::Timestamp::now() => "expired",
        _ => "active",
    }
}

/// Words of ours are permissions, the others the dialect's own.
fn words(dialect: &str, words: Vec<String>) -> Result<(Vec<Permission>, Vec<String>)> {
    if dialect == "native" {
        return Ok((words.iter().map(|text| permission(text)).collect::<Result<_>>()?, Vec::new()));
    }
    Ok((Vec::new(), words))
}

fn permission(text: &str) -> Result<Permission> {
    let known = || domain::api_key::Permission::ALL.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(", ");
    let found = domain::api_key::Permission::parse(text).map(Permission);
    found.with_context(|| format!("--permission {text}: known are {}", known()))
}
