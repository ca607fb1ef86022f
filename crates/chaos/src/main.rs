//! The crash test: real nodes under load are killed, stopped and restarted, and a checker proves from what clients, far
//! end and sink wrote down that no call was lost, none was placed twice, and none that policy forbids.
//!
//! Law: the checker believes nobody. Answers are what arrived at the client, INVITEs what arrived at the far end. See
//! docs/chaos.md.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Parser;

mod check;
mod collect;
mod evidence;
mod far_end;
mod faults;
mod load;
mod random;
mod report;
mod run;
mod scenes;
mod sink;
mod world;

use report::Report;
use run::{Engine, RunSettings};

/// Kills of an engine in a short and in a long run.
const SHORT: usize = 6;
const LONG: usize = 100;
/// Creates a second.
const RATE: f64 = 8.0;

#[derive(Parser)]
#[command(about = "Kills nodes under load and proves that no call is lost, doubled or forbidden")]
struct Args {
    /// One to two minutes an engine.
    #[arg(long, conflicts_with = "kills")]
    short: bool,
    /// SIGKILLs of an engine.
    #[arg(long)]
    kills: Option<usize>,
    /// Names the plan; drawn and printed when absent.
    #[arg(long)]
    seed: Option<u64>,
    /// Only this one.
    #[arg(long)]
    engine: Option<Engine>,
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Keeps logs and databases here, whatever comes out.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// The server; the one that was built beside this program when absent.
    #[arg(long)]
    outdial: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let seed = args.seed.unwrap_or_else(drawn);
    let kills = args.kills.unwrap_or(if args.short { SHORT } else { LONG });
    let outdial = args.outdial.clone().map_or_else(beside, Ok)?;
    let outdial = outdial.canonicalize().with_context(|| format!("{}: build it first", outdial.display()))?;
    let engines = args.engine.map_or_else(|| vec![Engine::Sqlite, Engine::Postgres], |engine| vec![engine]);
    let (mut passed, mut documents) = (true, Vec::new());
    for engine in engines {
        let folder = folder(args.keep.as_deref(), engine)?;
        tell(&args, &format!("chaos on {}: {kills} kills, --seed {seed}, logs in {}", engine.name(), folder.display()));
        let settings = RunSettings {
            engine,
            seed,
            kills,
            patience: !args.short,
            rate: RATE,
            outdial: outdial.clone(),
            folder: folder.clone(),
        };
        let begun = Instant::now();
        let evidence =
            run::run(&settings).await.with_context(|| format!("seed {seed}, logs in {}", folder.display()))?;
        let report = Report::of(engine, seed, begun.elapsed().as_secs(), &evidence);
        passed &= report.passed();
        let kept = args.keep.is_some() || !report.passed();
        if kept {
            std::fs::write(folder.join("evidence.json"), serde_json::to_vec_pretty(&evidence)?)?;
        } else {
            std::fs::remove_dir_all(&folder)?;
        }
        tell(&args, &report.text());
        documents.push(report.json(kept.then_some(folder.as_path())));
        if kept {
            tell(&args, &format!("logs and evidence.json are in {}; repeat with --seed {seed}", folder.display()));
        }
    }
    if args.json {
        print(&serde_json::to_string_pretty(&documents)?);
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(args: &Args, text: &str) {
    if !args.json {
        print(text);
    }
}

#[expect(clippy::print_stdout, reason = "the report is this program's output")]
fn print(text: &str) {
    println!("{text}");
}

fn beside() -> std::io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("outdial"))
}

fn folder(keep: Option<&Path>, engine: Engine) -> Result<PathBuf> {
    let folder = match keep {
        Some(keep) => keep.join(engine.name()),
        None => tempfile::Builder::new().prefix(&format!("outdial-chaos-{}-", engine.name())).tempdir()?.keep(),
    };
    std::fs::create_dir_all(&folder)?;
    // Calls of an earlier run would be calls that nobody asked for.
    anyhow::ensure!(std::fs::read_dir(&folder)?.next().is_none(), "{} is not empty", folder.display());
    Ok(folder.canonicalize()?)
}

fn drawn() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since.subsec_nanos())
}
