//! `bench`: the figures of `docs/benchmarks.md`, measured on this machine.
//!
//! Law: every figure stands beside its floor or its target in the same run, with the load of the machine; nothing here
//! asserts a time. The server runs in a child process, the far end and the clients in this one.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

mod far_end;
mod measures;
mod process;
mod report;
mod server;

use measures::Settings;

/// Measures Outdial on this machine.
#[derive(Parser, Debug)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// What to measure; everything in this order when nothing is named.
    #[arg(value_enum)]
    measures: Vec<Measure>,
    /// Fewer calls and shorter windows.
    #[arg(long)]
    quick: bool,
    /// Passes of each measure.
    #[arg(long, default_value_t = 3)]
    passes: usize,
    /// Folder of the embedded models.
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// Agent of the voice-to-voice figure.
    #[arg(long, default_value = "examples/lead-callback/agent.yaml")]
    agent: PathBuf,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// The measured server; started by the measures.
    #[command(hide = true)]
    Server(server::Serve),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// HTTP request to INVITE.
    Invite,
    /// Answer to first audio, and own delay per turn.
    Turns,
    /// Voice to voice with embedded models.
    Voice,
    /// Processor and memory of a call.
    Load,
    /// Start to ready.
    Start,
    /// Durable creates a second.
    Creates,
    /// Processor time of a create over each vendor's route beside our own.
    Dialects,
    /// Memory and disk of calls that wait.
    Queued,
    /// Pages of the log of calls, and figures, where a million calls are stored.
    Listing,
    /// Calls that nodes claim from PostgreSQL a second.
    Claims,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            report::line(&format!("bench: no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::line(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    if let Some(Command::Server(serve)) = cli.command {
        return server::serve(serve).await;
    }
    for fact in process::machine() {
        report::line(&fact);
    }
    let passes = if cli.quick { 1 } else { cli.passes.max(1) };
    let settings = Settings { quick: cli.quick, passes, models: cli.models, agent: cli.agent };
    let all = Measure::value_variants();
    let chosen = if cli.measures.is_empty() { all } else { &cli.measures };
    for measure in chosen {
        match measure {
            Measure::Invite => measures::create_to_invite::run(&settings).await?,
            Measure::Turns => measures::turns::run(&settings).await?,
            Measure::Voice => measures::voice_to_voice::run(&settings).await?,
            Measure::Load => measures::load::run(&settings).await?,
            Measure::Start => measures::start::run(&settings).await?,
            Measure::Creates => measures::creates::run(&settings).await?,
            Measure::Dialects => measures::dialects::run(&settings).await?,
            Measure::Queued => measures::queued::run(&settings).await?,
            Measure::Listing => measures::listing::run(&settings).await?,
            Measure::Claims => measures::claims::run(&settings).await?,
        }
    }
    Ok(())
}
