//! `outdial trunks`.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use api::wire::Listing;
use api::wire::telephony::{CreateTrunk, Trunk};
use api::wire::words::SipTransport;

use crate::cli::Trunks;
use crate::client::{Client, segment};
use crate::output::Output;

/// Runs the command.
pub async fn run(command: Trunks, output: Output) -> Result<()> {
    match command {
        Trunks::List { remote } => {
            let trunks: Listing<Trunk> = Client::new(&remote)?.get("/v1/trunks").await?;
            output.rows(&trunks.items, ["TRUNK", "ADDRESS", "ID"], |trunk| {
                [trunk.name.clone(), trunk.address.clone(), trunk.id.clone()]
            })?;
        }
        Trunks::Add { name, address, transport, username, password_file, calls_per_second, channels, remote } => {
            let transport = if transport == "tcp" { SipTransport::Tcp } else { SipTransport::Udp };
            let password = password_file.as_deref().map(first_line).transpose()?;
            let new = CreateTrunk { name, address, transport, username, password, calls_per_second, channels };
            let trunk: Trunk = Client::new(&remote)?.post("/v1/trunks", &new).await?;
            output.either(&trunk, |trunk| format!("{} at {} ({})", trunk.name, trunk.address, trunk.id))?;
        }
        Trunks::Remove { trunk, remote } => {
            Client::new(&remote)?.delete(&format!("/v1/trunks/{}", segment(&trunk))).await?;
            super::removed(&trunk, output)?;
        }
    }
    Ok(())
}

/// A password on the command line would stand in the process list and the shell's history.
fn first_line(path: &Path) -> Result<String> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("reading standard input")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    }
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
