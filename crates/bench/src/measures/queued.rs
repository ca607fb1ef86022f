//! What a call that waits costs: memory of the server and bytes on disk, by table, and the same for an event.
//! No dialer runs, so that every call waits.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbBackend, Statement};
use tokio::task::JoinSet;

use super::{Settings, number, talks};
use crate::far_end::FarEnd;
use crate::report;
use crate::server::{Child, Kind, Wire};

const CLIENTS: usize = 64;
/// Tables that grow with calls; their indexes count with them.
const TABLES: [&str; 4] = ["calls", "queue", "call_events", "outbox"];

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let calls = if settings.quick { 10_000 } else { 100_000 };
    let far_end = FarEnd::start(talks([].into(), false))?;
    let child = Child::start(Kind::StubWithoutDialer, &far_end)?;
    // The first thousand make caches, threads and pools as large as they get.
    create(child.address(), 1_000).await?;
    settle().await;
    let before = child.resident_kb()?;
    let begun = Instant::now();
    create(child.address(), calls).await?;
    let rate = calls as f64 / begun.elapsed().as_secs_f64();
    settle().await;
    let grown = child.resident_kb()?.saturating_sub(before) as f64 * 1_000.0 / calls as f64;
    let database = child.database();
    let mut rows = vec![vec!["resident memory of the server".to_owned(), format!("{grown:.0}")]];
    for (table, bytes) in by_table(&database).await? {
        rows.push(vec![format!("on disk: {table}"), format!("{:.0}", bytes as f64 / (calls + 1_000) as f64)]);
    }
    let whole = std::fs::metadata(&database)?.len() as f64 / (calls + 1_000) as f64;
    rows.push(vec!["on disk: the file, without its log".to_owned(), format!("{whole:.0}")]);
    report::table(&format!("{calls} waiting calls, created at {rate:.0}/s"), &["what", "bytes a call"], &rows);
    Ok(())
}

/// Long enough for the allocator and the log to come to rest; a figure of memory is not read in mid-flight.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

async fn create(address: String, calls: usize) -> Result<()> {
    let mut tasks = JoinSet::new();
    for client in 0..CLIENTS {
        let mut wire = Wire::connect(&address).await?;
        tasks.spawn(async move {
            for n in (client..calls).step_by(CLIENTS) {
                wire.create(&Child::body(&number(n))).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.context("a client's task")??;
    }
    Ok(())
}

/// Bytes of each table with its indexes, by SQLite's own count of pages (<https://sqlite.org/dbstat.html>).
async fn by_table(database: &Path) -> Result<Vec<(String, i64)>> {
    let mut options = ConnectOptions::new("sqlite:read.db");
    let path = database.to_owned();
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| sqlite.filename(&path));
    let database = Database::connect(options).await?;
    let mut found = Vec::new();
    for table in TABLES {
        let sizes = "SELECT COALESCE(SUM(s.pgsize), 0) AS bytes FROM dbstat s JOIN sqlite_schema m ON m.name = s.name \
                     WHERE m.tbl_name = ?";
        let sizes = Statement::from_sql_and_values(DbBackend::Sqlite, sizes, [table.into()]);
        let row = database.query_one_raw(sizes).await?.context("no sizes")?;
        found.push((table.to_owned(), row.try_get("", "bytes")?));
    }
    database.close().await?;
    Ok(found)
}
