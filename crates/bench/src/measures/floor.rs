//! What the disk itself costs in the same minute: one fully durable row after the other, and one `fdatasync`.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use uuid::Uuid;

use crate::report::{Sample, millis};

/// A row as long as a call's.
pub(crate) const ROW: usize = 400;

/// Milliseconds of each of the single inserts that fit into `window`: 400 bytes and a unique key, SQLite in WAL mode
/// with `synchronous=FULL`, a transaction each, by the store's own driver.
pub(crate) async fn single_inserts(folder: &Path, window: Duration) -> Result<Sample> {
    let database = open(folder).await?;
    let body = "x".repeat(ROW);
    let (begun, mut taken) = (Instant::now(), Vec::new());
    while begun.elapsed() < window {
        let one = Instant::now();
        insert(&database, &body).await?;
        taken.push(millis(one.elapsed()));
    }
    database.close().await?;
    Ok(taken.into_iter().collect())
}

/// One durable row.
pub(crate) async fn insert(database: &DatabaseConnection, body: &str) -> Result<()> {
    let values = [Uuid::now_v7().into(), body.to_owned().into()];
    let insert = Statement::from_sql_and_values(DbBackend::Sqlite, "INSERT INTO floor VALUES (?, ?)", values);
    database.execute_raw(insert).await?;
    Ok(())
}

/// A database of the kind that the store uses, with a table for rows.
pub(crate) async fn open(folder: &Path) -> Result<DatabaseConnection> {
    let path = folder.join(format!("floor-{}.db", Uuid::now_v7()));
    let mut options = ConnectOptions::new("sqlite:floor.db");
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(move |sqlite| {
        let sqlite = sqlite.filename(&path).create_if_missing(true);
        sqlite.pragma("journal_mode", "WAL").pragma("synchronous", "FULL")
    });
    let database = Database::connect(options).await?;
    database.execute_unprepared("CREATE TABLE floor (id BLOB PRIMARY KEY, body TEXT)").await?;
    Ok(database)
}

/// Milliseconds of each of `count` appends of 512 bytes with `fdatasync`.
pub(crate) fn fdatasyncs(folder: &Path, count: usize) -> Result<Sample> {
    let mut file = File::create(folder.join("fdatasync"))?;
    let mut taken = Vec::with_capacity(count);
    for _ in 0..count {
        file.write_all(&[7; 512])?;
        let one = Instant::now();
        file.sync_data()?;
        taken.push(millis(one.elapsed()));
    }
    Ok(taken.into_iter().collect())
}
