//! Durable creates a second over HTTP, from 64 clients at once, beside single durable inserts in the same minute.
//! No dialer runs: what is measured is the way in. The clients share the machine with the server; they run on one
//! thread, and what they cost is told.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use super::{Settings, floor, number, talks};
use crate::far_end::FarEnd;
use crate::process;
use crate::report::{self, Sample, millis};
use crate::server::{Child, Kind, Wire};

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let far_end = FarEnd::start(talks([].into(), false))?;
    let window = Duration::from_secs(if settings.quick { 1 } else { 4 });
    let mut rows = Vec::new();
    for pass in 1..=settings.passes {
        let single = floor::single_inserts(folder.path(), window / 2).await?;
        let floor = single.len() as f64 / (window / 2).as_secs_f64();
        rows.push(row("floor: single durable inserts, one client", pass, floor, floor, &single, None));
        for clients in [1, 64] {
            let child = Child::start(Kind::StubWithoutDialer, &far_end)?;
            let before = child.cpu()?;
            let begun = Instant::now();
            let (taken, client) = creates(child.address(), clients, window).await?;
            let rate = taken.len() as f64 / begun.elapsed().as_secs_f64();
            let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / taken.len().max(1) as f64;
            let cpu = (each(child.cpu()? - before), each(client));
            rows.push(row(&format!("creates over HTTP, {clients} clients"), pass, rate, floor, &taken, Some(cpu)));
        }
    }
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    let head =
        ["what", "pass", "a second", "x floor", "server us each", "client us each", "p50 ms", "p95 ms", "p99 ms"];
    report::table("durable creates", &head, &rows);
    Ok(())
}

fn row(what: &str, pass: usize, rate: f64, floor: f64, taken: &Sample, cpu: Option<(f64, f64)>) -> Vec<String> {
    let mut row = vec![what.to_owned(), pass.to_string(), format!("{rate:.0}"), format!("{:.2}", rate / floor)];
    row.push(cpu.map_or(String::new(), |(server, _)| format!("{server:.0}")));
    row.push(cpu.map_or(String::new(), |(_, client)| format!("{client:.0}")));
    row.extend(taken.cells(2));
    row
}

/// Milliseconds of each create, and the processor time of the thread that all clients run on.
async fn creates(address: String, clients: usize, window: Duration) -> Result<(Sample, Duration)> {
    let thread = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let before = process::cpu_of_this_thread()?;
        let taken = runtime.block_on(at_once(&address, clients, window))?;
        Ok((taken, process::cpu_of_this_thread()? - before))
    });
    thread.await.context("the clients' thread")?
}

async fn at_once(address: &str, clients: usize, window: Duration) -> Result<Sample> {
    let mut wires = Vec::with_capacity(clients);
    for _ in 0..clients {
        wires.push(Wire::connect(address).await?);
    }
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (client, mut wire) in wires.into_iter().enumerate() {
        let body = Child::body(&number(client));
        tasks.spawn(async move {
            let mut taken = Vec::new();
            while begun.elapsed() < window {
                let one = Instant::now();
                wire.create(&body).await?;
                taken.push(millis(one.elapsed()));
            }
            anyhow::Ok(taken)
        });
    }
    let mut all = Vec::new();
    while let Some(taken) = tasks.join_next().await {
        all.extend(taken.context("a client's task")??);
    }
    Ok(all.into_iter().collect())
}
