//! Reads the command line, runs one command, and ends with an exit code that says how it went: 0 well, 1 failed,
//! 2 not understood, 78 a configuration that will not do.

use std::process::ExitCode;

use clap::Parser;
use outdial::cli::Cli;
use outdial::client::Refused;
use outdial::config::{ConfigError, EXIT_CONFIG};
use outdial::output::complain;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("outdial: no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(outdial::commands::run(cli)) {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("outdial: {}", told(&error)));
            if error.is::<ConfigError>() { ExitCode::from(EXIT_CONFIG) } else { ExitCode::FAILURE }
        }
    }
}

/// One line, but for a refusal that names its fields below it.
fn told(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Refused>() {
        Some(refused) => refused.to_string(),
        None => format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
