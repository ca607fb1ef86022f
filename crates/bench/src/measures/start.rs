//! From starting the process to the line `listening on …`, its memory then, and the size of the binary.

use std::path::Path;

use anyhow::Result;

use super::{Settings, talks};
use crate::far_end::FarEnd;
use crate::report::{self, Sample, millis};
use crate::server::{Child, Kind};

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let far_end = FarEnd::start(talks([].into(), false))?;
    let times = if settings.quick { 3 } else { 9 };
    let embedded = Kind::Embedded { models: &settings.models, agent: &settings.agent };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..times {
        for (kind, starts) in [(embedded, &mut with), (Kind::Stub { recording: false }, &mut without)] {
            let child = Child::start(kind, &far_end)?;
            starts.push((millis(child.started_in), child.resident_kb()? as f64 / 1024.0));
        }
    }
    let row = |what: &str, starts: &[(f64, f64)]| {
        let time: Sample = starts.iter().map(|(time, _)| *time).collect();
        let memory: Sample = starts.iter().map(|(_, memory)| *memory).collect();
        let cells = [time.median(), time.percentile(100.0), memory.median()].map(|value| format!("{value:.0}"));
        [&[what.to_owned(), times.to_string()][..], &cells].concat()
    };
    let rows = [row("with embedded models", &with), row("without models", &without)];
    report::table("start to ready (empty data folder)", &["server", "n", "p50 ms", "most ms", "resident MB"], &rows);
    let mut binaries = vec![std::env::current_exe()?];
    binaries.extend(binaries[0].parent().map(|folder| folder.join("outdial")));
    for binary in binaries {
        size(&binary);
    }
    Ok(())
}

fn size(binary: &Path) {
    if let (Ok(meta), Some(name)) = (binary.metadata(), binary.file_name()) {
        let megabytes = meta.len() as f64 / 1_048_576.0;
        report::line(&format!("binary {}: {megabytes:.1} MB with line tables", name.to_string_lossy()));
    }
}
