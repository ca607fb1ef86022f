//! Durable creates a second over HTTP, from 64 clients at once, beside single durable inserts in the same minute.
//! No dialer runs: what is measured is the way in. The clients share the machine with the server.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use super::{Settings, floor, number, talks};
use crate::far_end::FarEnd;
use crate::report::{self, Sample, millis};
use crate::server::{Child, Kind};

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
            let taken = creates(&child, clients, window).await?;
            let rate = taken.len() as f64 / begun.elapsed().as_secs_f64();
            let cpu = (child.cpu()? - before).as_secs_f64() * 1e6 / taken.len().max(1) as f64;
            rows.push(row(&format!("creates over HTTP, {clients} clients"), pass, rate, floor, &taken, Some(cpu)));
        }
    }
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    let head = ["what", "pass", "a second", "x floor", "server us each", "p50 ms", "p95 ms", "p99 ms"];
    report::table("durable creates", &head, &rows);
    Ok(())
}

fn row(what: &str, pass: usize, rate: f64, floor: f64, taken: &Sample, cpu: Option<f64>) -> Vec<String> {
    let mut row = vec![what.to_owned(), pass.to_string(), format!("{rate:.0}"), format!("{:.2}", rate / floor)];
    row.push(cpu.map_or(String::new(), |cpu| format!("{cpu:.0}")));
    row.extend(taken.cells(2));
    row
}

async fn creates(child: &Child, clients: usize, window: Duration) -> Result<Sample> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        let (http, number) = (child.client.clone(), number(client));
        tasks.spawn(async move {
            let mut taken = Vec::new();
            while begun.elapsed() < window {
                let one = Instant::now();
                Child::call(&http, &number).await?;
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
