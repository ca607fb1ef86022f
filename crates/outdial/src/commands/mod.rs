//! One file per command: reads its arguments, calls the server or starts it, prints what came of it.

use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;

use crate::cli::{Cli, Command};
use crate::output::Output;
use crate::{doctor, serve};

pub mod agents;
pub mod audit;
pub mod calls;
pub mod caps;
pub mod contacts;
mod credentials;
pub mod demo;
mod documents;
pub mod follow;
pub mod keys;
pub mod nodes;
pub mod numbers;
pub mod openapi;
pub mod policy;
pub mod simulate;
pub mod summary;
pub mod suppressions;
pub mod trunks;
pub mod wallet;
pub mod webhook_listen;
pub mod webhooks;

/// Runs the command.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let output = Output { json: cli.json };
    match cli.command {
        Command::Serve(args) => serve::run(&args, output).await.map(|()| ExitCode::SUCCESS),
        Command::Demo(args) => demo::run(&args, output).await,
        Command::Simulate(args) => simulate::run(&args, output).await,
        Command::Calls(calls) => calls::run(calls, output).await,
        Command::Agents(agents) => agents::run(agents, output).await.map(|()| ExitCode::SUCCESS),
        Command::Trunks(trunks) => trunks::run(trunks, output).await.map(|()| ExitCode::SUCCESS),
        Command::Numbers(numbers) => numbers::run(numbers, output).await.map(|()| ExitCode::SUCCESS),
        Command::Suppressions(list) => suppressions::run(list, output).await.map(|()| ExitCode::SUCCESS),
        Command::Wallet(wallet) => wallet::run(wallet, output).await.map(|()| ExitCode::SUCCESS),
        Command::Policy(policy) => policy::run(policy, output).await.map(|()| ExitCode::SUCCESS),
        Command::Caps(caps) => caps::run(caps, output).await.map(|()| ExitCode::SUCCESS),
        Command::Contacts(contacts) => contacts::run(contacts, output).await.map(|()| ExitCode::SUCCESS),
        Command::Audit(audit) => audit::run(audit, output).await.map(|()| ExitCode::SUCCESS),
        Command::Webhooks(hooks) => webhooks::run(hooks, output).await.map(|()| ExitCode::SUCCESS),
        Command::Keys(keys) => keys::run(keys, output).await.map(|()| ExitCode::SUCCESS),
        Command::Nodes(nodes) => nodes::run(nodes, output).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor(args) => doctor::run(&args, output).await,
        Command::Openapi { dialect } => openapi::run(&dialect, output).map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "outdial", &mut script);
            output.raw(&String::from_utf8_lossy(&script))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Says that something is gone.
fn removed(name: &str, output: Output) -> Result<()> {
    let said = serde_json::json!({ "removed": name });
    Ok(output.either(&said, |_| format!("removed {name}"))?)
}
