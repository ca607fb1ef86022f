//! `outdial numbers`.

use anyhow::Result;
use api::wire::Listing;
use api::wire::telephony::{CreateNumber, Number};

use crate::cli::Numbers;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Numbers, output: Output) -> Result<()> {
    match command {
        Numbers::List { remote } => {
            let numbers: Listing<Number> = Client::new(&remote)?.get("/v1/numbers").await?;
            output.rows(&numbers.items, ["NUMBER", "ID", "TRUNK"], |number| {
                [number.number.clone(), number.id.clone(), number.trunk_id.clone()]
            })?;
        }
        Numbers::Add { number, trunk, remote } => {
            let new = CreateNumber { number, trunk, calls_per_second: None, live_calls: None };
            let number: Number = Client::new(&remote)?.post("/v1/numbers", &new).await?;
            output.either(&number, |number| format!("{} ({})", number.number, number.id))?;
        }
        Numbers::Remove { number, remote } => {
            Client::new(&remote)?.delete(&format!("/v1/numbers/{}", segment(&number))).await?;
            super::removed(&number, output)?;
        }
    }
    Ok(())
}
