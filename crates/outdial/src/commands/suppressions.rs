//! `outdial suppressions`.

use anyhow::Result;
use api::wire::suppressions::{CreateSuppression, Suppression, SuppressionPage};

use crate::cli::Suppressions;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Suppressions, output: Output) -> Result<()> {
    match command {
        Suppressions::List { remote } => {
            let entries: SuppressionPage = Client::new(&remote)?.get("/v1/suppressions").await?;
            output.rows(&entries.items, ["NUMBER", "REASON", "SINCE", "ID"], |entry| {
                [entry.number.clone(), entry.reason.clone(), entry.created_at.to_string(), entry.id.clone()]
            })?;
        }
        Suppressions::Add { number, reason, remote } => {
            let new = CreateSuppression { number, reason, ..CreateSuppression::default() };
            let entry: Suppression = Client::new(&remote)?.post("/v1/suppressions", &new).await?;
            output.either(&entry, |entry| format!("{} ({}, {})", entry.number, entry.reason, entry.id))?;
        }
        Suppressions::Remove { suppression, remote } => {
            Client::new(&remote)?.delete(&format!("/v1/suppressions/{}", segment(&suppression))).await?;
            super::removed(&suppression, output)?;
        }
    }
    Ok(())
}
