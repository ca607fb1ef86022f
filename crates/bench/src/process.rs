//! What the kernel knows about a process and about this machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// Processor time of a process by thread name, to the nanosecond (`/proc/PID/task/*/schedstat`). Threads that ended are
/// not in it; a server's threads stay.
pub(crate) fn cpu_by_thread(pid: u32) -> Result<BTreeMap<String, Duration>> {
    let mut threads: BTreeMap<String, Duration> = BTreeMap::new();
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.path();
        // A thread may end between the two looks.
        let Ok(name) = std::fs::read_to_string(task.join("comm")) else { continue };
        let Ok(statistics) = std::fs::read_to_string(task.join("schedstat")) else { continue };
        let ran = statistics.split_whitespace().next().context("an empty schedstat")?.parse()?;
        *threads.entry(name.trim().to_owned()).or_default() += Duration::from_nanos(ran);
    }
    Ok(threads)
}

/// Processor time of the thread that asks.
pub(crate) fn cpu_of_this_thread() -> Result<Duration> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ran = statistics.split_whitespace().next().context("an empty schedstat")?.parse()?;
    Ok(Duration::from_nanos(ran))
}

/// Processor time of a process, user and system.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    Ok(cpu_by_thread(pid)?.values().sum())
}

/// Resident memory in kB.
pub(crate) fn resident_kb(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// Processor, memory, kernel and load, in one line each.
pub(crate) fn machine() -> Vec<String> {
    let read = |path: &str| std::fs::read_to_string(Path::new(path)).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or("unknown", |(_, value)| value).trim().to_owned()
    };
    let (processor, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let count = processor.lines().filter(|line| line.starts_with("processor")).count();
    vec![
        format!("processor: {count} x {}", field(&processor, "model name")),
        format!("memory: {}", field(&memory, "MemTotal")),
        format!("kernel: {}", read("/proc/sys/kernel/osrelease").trim()),
        format!("load: {}", load()),
    ]
}

/// Load averages of 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
