//! The log of calls where it is long: first pages of `GET /v1/calls` by each filter, a page far down, and the figures of
//! seven days, each over HTTP from one client, with the body read and parsed.
//!
//! One call goes in by way of the product; the others are copies of it by way of SQL, spread over 90 days. The filters ask
//! for little of the much: an agent with one call in ten thousand, states that nothing is in.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use app::ports::Clock;
use outdial::wiring::SystemClock;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use serde_json::Value;

use super::{Settings, number, talks};
use crate::far_end::FarEnd;
use crate::report::{self, Sample, millis};
use crate::server::{AGENT, Child, Kind};

const DAYS: u64 = 90;
/// Copies that one statement writes, so that the log of writes stays small.
const AT_ONCE: u64 = 50_000;
const DAY: Duration = Duration::from_secs(86_400);

/// Columns that differ from call to call; `i` counts them and `n` is how many there are.
const OTHER: [(&str, &str); 12] = [
    ("id", "randomblob(16)"),
    ("agent", "CASE WHEN i % 10000 = 0 THEN agent ELSE x'0000000000004000800000000000000a' END"),
    ("to_number", "'+1555' || (2000000 + i % 500000)"),
    ("status", "CASE WHEN i % 100 < 62 THEN 'completed' WHEN i % 100 < 92 THEN 'no_answer' ELSE 'failed' END"),
    ("end_reason", "CASE WHEN i % 100 < 62 THEN 'callee_hangup' ELSE 'unknown' END"),
    (
        "outcome",
        "CASE WHEN i % 100 < 62 THEN json_object('name', 'outcome ' || (i % 5), 'slots', json('{}'), 'evidence_turns', json('[]')) END",
    ),
    ("price", "json_object('currency', 'EUR', 'rate_per_minute', '0.06', 'increment_s', 1)"),
    ("cost", "i % 100 * 1000"),
    ("created_at", "created_at - i * (90 * 86400000000 / n)"),
    ("dialed_at", "created_at - i * (90 * 86400000000 / n) + 1000000"),
    ("answered_at", "CASE WHEN i % 100 < 62 THEN created_at - i * (90 * 86400000000 / n) + 9000000 END"),
    ("ended_at", "created_at - i * (90 * 86400000000 / n) + 60000000"),
];

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let (calls, asked) = if settings.quick { (50_000, 40) } else { (1_000_000, 200) };
    let far_end = FarEnd::start(talks([].into(), false))?;
    let child = Child::start(Kind::StubWithoutDialer, &far_end)?;
    Child::call(&child.client, &number(0)).await?;
    let begun = Instant::now();
    fill(&child.database(), calls).await?;
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

async fn fill(database: &Path, calls: u64) -> Result<()> {
    let mut options = ConnectOptions::new("sqlite:fill.db");
    let path = database.to_owned();
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| sqlite.filename(&path));
    let database = Database::connect(options).await?;
    let (names, values) = columns(&database).await?;
    for first in (1..=calls).step_by(AT_ONCE as usize) {
        let last = (first + AT_ONCE - 1).min(calls);
        let numbers = format!(
            "(WITH RECURSIVE s(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM s WHERE i < {last}) \
             SELECT i, {calls} AS n FROM s)"
        );
        let copy = format!(
            "INSERT INTO calls ({names}) SELECT {values} FROM (SELECT * FROM calls ORDER BY sequence LIMIT 1), {numbers}"
        );
        database.execute_unprepared(&copy).await?;
    }
    let replies = format!(
        "INSERT INTO reply_latencies (organization, day, agent, bucket, replies) \
         WITH RECURSIVE d(d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM d WHERE d < {DAYS}), \
         b(b) AS (SELECT 1 UNION ALL SELECT b + 1 FROM b WHERE b < 60) \
         SELECT organization, created_at / 86400000000 - d, agent, b, 100 FROM \
         (SELECT * FROM calls ORDER BY sequence LIMIT 1), d, b"
    );
    database.execute_unprepared(&replies).await?;
    database.close().await?;
    Ok(())
}

/// Names of the columns, and what a copy has in them.
async fn columns(database: &DatabaseConnection) -> Result<(String, String)> {
    let asked = "SELECT name FROM pragma_table_info('calls') WHERE name <> 'sequence'";
    let rows = database.query_all_raw(Statement::from_string(DbBackend::Sqlite, asked)).await?;
    let names: Vec<String> = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
    let values: Vec<&str> = names
        .iter()
        .map(|name| OTHER.iter().find(|(other, _)| other == name).map_or(name.as_str(), |(_, value)| *value))
        .collect();
    Ok((names.join(", "), values.join(", ")))
}
