//! `outdial caps`.

use anyhow::Result;
use api::wire::Listing;
use api::wire::caps::Brake;
use reqwest::Method;
use serde_json::{Value, json};

use super::documents::{read, show};
use crate::cli::Caps;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Caps, output: Output) -> Result<()> {
    match command {
        Caps::Show { key, remote } => show(&Client::new(&remote)?.get::<Value>(&path(key.as_deref())).await?, output),
        Caps::Set { file, key, remote } => {
            let (client, caps) = (Client::new(&remote)?, read(&file)?);
            let set: Value = client.answer(client.request(Method::PUT, &path(key.as_deref())).json(&caps)).await?;
            show(&set, output)
        }
        Caps::Brakes { remote } => {
            let brakes: Listing<Brake> = Client::new(&remote)?.get("/v1/brakes").await?;
            output.rows(&brakes.items, ["HOLDS", "TRIPPED BY", "SINCE", "UNTIL"], |brake| {
                [brake.scope.clone(), brake.cap.clone(), brake.tripped_at.to_string(), brake.until.to_string()]
            })?;
            Ok(())
        }
        Caps::Release { scope, remote } => {
            Client::new(&remote)?.delete(&format!("/v1/brakes/{}", segment(&scope))).await?;
            Ok(output.either(&json!({ "released": scope }), |_| format!("{scope} is no longer held"))?)
        }
    }
}

fn path(key: Option<&str>) -> String {
    key.map_or_else(|| "/v1/caps".to_owned(), |key| format!("/v1/keys/{}/caps", segment(key)))
}
