//! The log of calls where it is long: first pages of `GET /v1/calls` by each filter, a page far down, and the figures of
//! seven days, each over HTTP from one client, with the body read and parsed.
//!
//! The filters ask for little of the much: an agent with one call in ten thousand, states that nothing is in.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use app::ports::Clock;
use outdial::wiring::SystemClock;
use serde_json::Value;
use testkit::many_calls::{self, DAYS};

use super::{Settings, number, talks};
use crate::far_end::FarEnd;
use crate::report::{self, Sample, millis};
use crate::server::{AGENT, Child, Kind};

const DAY: Duration = Duration::from_secs(86_400);

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let (calls, asked) = if settings.quick { (50_000, 40) } else { (1_000_000, 200) };
    let far_end = FarEnd::start(talks([].into(), false))?;
    let child = Child::start(Kind::StubWithoutDialer, &far_end)?;
    Child::call(&child.client, &number(0)).await?;
    let begun = Instant::now();
    many_calls::fill(&child.database(), calls).await?;
    report::line(&format!("\n{calls} calls written in {:.0} s", begun.elapsed().as_secs_f64()));
    let mut rows = Vec::new();
    for (what, path) in paths(&child).await? {
        for pass in 1..=settings.passes {
            let (items, taken) = ask(&child, &path, asked).await?;
            let mut row = vec![what.to_owned(), pass.to_string(), items];
            row.extend(taken.cells(1));
            rows.push(row);
        }
    }
    let head = ["what", "pass", "items", "p50 ms", "p95 ms", "p99 ms"];
    report::table(&format!("lists and figures with {calls} calls, {asked} requests each"), &head, &rows);
    Ok(())
}

/// What is asked for, with where.
async fn paths(child: &Child) -> Result<Vec<(&'static str, String)>> {
    let now = SystemClock::start().now();
    let (middle, week) = (now - DAY * (DAYS as u32 / 2), now - DAY * 7);
    let cut: Value = child.client.get(&format!("/v1/calls?created_to={middle}")).await?;
    let cursor = cut["next_cursor"].as_str().context("a page in the middle has a next")?.to_owned();
    let to = number(7).replace('+', "%2B");
    Ok([
        ("plain", String::new()),
        ("200 a page", "limit=200".to_owned()),
        ("cursor in the middle", format!("cursor={cursor}")),
        ("status, common", "status=completed".to_owned()),
        ("status, one call", "status=queued".to_owned()),
        ("status, live, none", "status=in_progress".to_owned()),
        ("status, over, none", "status=busy".to_owned()),
        ("three states", "status=completed,failed,busy".to_owned()),
        ("three states, none", "status=busy,in_progress,ringing".to_owned()),
        ("agent", format!("agent={AGENT}")),
        ("agent and status", format!("agent={AGENT}&status=failed")),
        ("number", format!("to={to}")),
        ("from and to", format!("created_from={}&created_to={middle}", middle - DAY)),
        ("status, cursor in the middle", format!("status=completed&cursor={cursor}")),
    ]
    .map(|(what, query)| (what, format!("/v1/calls?{query}")))
    .into_iter()
    .chain([("figures of seven days", format!("/v1/statistics?from={week}&to={now}"))])
    .collect())
}

/// How many items the answer has, and milliseconds of each request after the first.
async fn ask(child: &Child, path: &str, asked: usize) -> Result<(String, Sample)> {
    let first: Value = child.client.get(path).await?;
    let items = first["items"].as_array().map_or_else(|| first["calls"].to_string(), |items| items.len().to_string());
    let mut taken = Vec::with_capacity(asked);
    for _ in 0..asked {
        let one = Instant::now();
        let _answer: Value = child.client.get(path).await?;
        taken.push(millis(one.elapsed()));
    }
    Ok((items, taken.into_iter().collect()))
}
