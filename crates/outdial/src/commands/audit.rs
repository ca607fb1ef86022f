//! `outdial audit`.

use anyhow::Result;
use api::wire::audit::AuditPage;

use crate::cli::Audit;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Audit, output: Output) -> Result<()> {
    let Audit::List { actions, resource, key, limit, remote } = command;
    let mut path = format!("/v1/audit?limit={limit}");
    let filters = [("action", Some(actions.join(","))), ("resource", resource), ("key", key)];
    for (name, value) in filters {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            path.push_str(&format!("&{name}={}", segment(&value)));
        }
    }
    let page: AuditPage = Client::new(&remote)?.get(&path).await?;
    output.rows(&page.items, ["TIME", "WHO", "ACT", "THING", "CHANGED"], |entry| {
        let fields = entry.changes.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        [
            entry.at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            entry.key_id.clone().unwrap_or_else(|| entry.actor.clone()),
            entry.action.0.as_str().to_owned(),
            entry.resource.clone(),
            fields.collect::<Vec<_>>().join(", "),
        ]
    })?;
    Ok(())
}
