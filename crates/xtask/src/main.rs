//! Checks of the tree that no compiler makes: `cargo xtask layering` and `cargo xtask tidy`.
//!
//! Law: a check reads and reports; it never changes a file.

use std::process::ExitCode;

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
}

fn main() -> anyhow::Result<ExitCode> {
    let faults = match Args::parse().check {
        Check::Layering => layering::faults()?,
        Check::Tidy => tidy::faults()?,
    };
    for fault in &faults {
        report(fault);
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "the findings are this program's output")]
fn report(line: &str) {
    println!("{line}");
}
