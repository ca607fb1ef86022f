//! From an HTTP request to its INVITE: `POST /v1/calls` leaves, the answer 201 comes, the INVITE reaches the far end.
//! All three on one clock; the far end refuses with 486, so that calls do not pile up. Beside it the least server that could
//! do it (a route, three durable inserts, a datagram), at the same rhythm: what the machine itself takes for that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use super::{Settings, floor, number};
use crate::far_end::{Behaviour, FarEnd};
use crate::report::{self, Sample, millis};
use crate::server::{Child, Kind, Wire};

/// An INVITE that takes longer never came.
const LIMIT: Duration = Duration::from_secs(10);

/// A request's own times.
struct Created {
    number: String,
    sent: Instant,
    accepted: Instant,
}

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let busy = Behaviour { busy: true, ..super::talks([].into(), false) };
    let far_end = FarEnd::start(busy.clone())?;
    let mut rows = Vec::new();
    for pass in 1..=settings.passes {
        for (who, kind) in [("", Kind::Stub { recording: false }), (", floor: the least server", Kind::Floor)] {
            let child = Child::start(kind, &far_end)?;
            // The first calls open connections and load the agent.
            rate(&child, &far_end, &busy, 10.0, 10).await?;
            for (label, per_second, calls) in plan(settings.quick) {
                let (whole, accepted, missing) = rate(&child, &far_end, &busy, per_second, calls).await?;
                rows.push(row(pass, &format!("{label}: request to INVITE{who}"), &whole, missing));
                rows.push(row(pass, &format!("{label}: request to 201{who}"), &accepted, 0));
            }
        }
        let insert = floor::single_inserts(folder.path(), Duration::from_secs(1)).await?;
        rows.push(row(pass, "floor: one durable SQLite insert", &insert, 0));
        rows.push(row(pass, "floor: one fdatasync", &floor::fdatasyncs(folder.path(), 1_000)?, 0));
    }
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    let head = ["what", "pass", "n", "p50 ms", "p95 ms", "p99 ms", "never came"];
    report::table("create to INVITE (HTTP, durable, over loopback)", &head, &rows);
    Ok(())
}

fn plan(quick: bool) -> [(&'static str, f64, usize); 3] {
    if quick {
        [("idle", 5.0, 20), ("20/s", 20.0, 60), ("100/s", 100.0, 200)]
    } else {
        [("idle", 5.0, 60), ("20/s", 20.0, 200), ("100/s", 100.0, 800)]
    }
}

fn row(pass: usize, what: &str, sample: &Sample, missing: usize) -> Vec<String> {
    let mut row = vec![what.to_owned(), pass.to_string(), sample.len().to_string()];
    row.extend(sample.cells(2));
    row.push(missing.to_string());
    row
}

/// Sends `calls` requests at a steady rate, each when its time has come, whatever the others do.
async fn rate(
    child: &Child,
    far_end: &FarEnd,
    behaviour: &Behaviour,
    per_second: f64,
    calls: usize,
) -> Result<(Sample, Sample, usize)> {
    far_end.reset(behaviour.clone());
    let idle = Arc::new(Mutex::new(Vec::new()));
    let mut requests = JoinSet::new();
    let mut pace = tokio::time::interval(Duration::from_secs_f64(1.0 / per_second));
    for n in 0..calls {
        pace.tick().await;
        let (address, number, idle) = (child.address(), number(n), Arc::clone(&idle));
        requests.spawn(async move {
            let body = Child::body(&number);
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut wire = match kept {
                Some(wire) => wire,
                None => Wire::connect(&address).await?,
            };
            let sent = Instant::now();
            wire.create(&body).await?;
            let accepted = Instant::now();
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(wire);
            anyhow::Ok(Created { number, sent, accepted })
        });
    }
    let mut created = Vec::with_capacity(calls);
    while let Some(request) = requests.join_next().await {
        created.push(request.context("a request's task")??);
    }
    let invited = invites(far_end, calls).await;
    let whole: Sample = created.iter().filter_map(|c| Some(millis(*invited.get(&c.number[1..])? - c.sent))).collect();
    let missing = created.len() - whole.len();
    Ok((whole, created.iter().map(|c| millis(c.accepted - c.sent)).collect(), missing))
}

/// When each INVITE came, once all have or the time is up.
async fn invites(far_end: &FarEnd, calls: usize) -> HashMap<String, Instant> {
    let begun = Instant::now();
    let mut look = tokio::time::interval(Duration::from_millis(20));
    loop {
        look.tick().await;
        if far_end.look(<[_]>::len) >= calls || begun.elapsed() > LIMIT {
            return far_end.look(|calls| calls.iter().map(|call| (call.number.clone(), call.invited)).collect());
        }
    }
}
