//! Checks of the tree that no compiler makes, `cargo xtask layering` and `cargo xtask tidy`; and the way to programs
//! that must be built with others, `cargo xtask chaos` and `cargo xtask simulate-cluster`.
//!
//! Law: a check reads and reports; it never changes a file. Nothing of the product is linked in, so that the checks
//! are built in a moment.

use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

mod layering;
mod tidy;

#[derive(Parser)]
#[command(about = "Checks of the Outdial tree")]
struct Args {
    #[command(subcommand)]
    check: Check,
}

#[derive(Subcommand)]
enum Check {
    /// Arrows between crates point only where ARCHITECTURE.md lets them.
    Layering,
    /// Every module says what it is for; no file is longer than 500 lines without a reason in it.
    Tidy,
    /// Kills nodes under load and proves that no call is lost, doubled or forbidden (docs/chaos.md).
    #[command(disable_help_flag = true)]
    Chaos {
        /// Handed on; `--help` tells them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// A hundred nodes and a hundred thousand calls at once, simulated (docs/scaling.md).
    #[command(disable_help_flag = true)]
    SimulateCluster {
        /// Handed on; `--help` tells them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let faults = match Args::parse().check {
        Check::Layering => layering::faults()?,
        Check::Tidy => tidy::faults()?,
        Check::Chaos { arguments } => return chaos(&arguments),
        Check::SimulateCluster { arguments } => return run("cluster_sim", &arguments),
    };
    for fault in &faults {
        report(fault);
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the server and the test that starts it, and runs the test.
fn chaos(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut build = Command::new(env!("CARGO"));
    let built = build.args(["build", "--quiet", "--locked", "-p", "outdial", "-p", "chaos"]).status()?;
    anyhow::ensure!(built.success(), "the build failed");
    run("chaos", arguments)
}

/// Builds a program and runs it.
fn run(package: &str, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let mut cargo = Command::new(env!("CARGO"));
    let run = cargo.args(["run", "--quiet", "--locked", "-p", package, "--"]).args(arguments).status()?;
    Ok(if run.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "the findings are this program's output")]
fn report(line: &str) {
    println!("{line}");
}
