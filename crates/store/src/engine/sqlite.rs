//! SQLite: write-ahead log, one writing connection, every commit on disk before it returns.
//!
//! `synchronous=FULL` is what makes a 2xx durable in WAL mode (<https://sqlite.org/pragma.html#pragma_synchronous>);
//! group commit in `writer.rs` pays for it once per batch.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};

use super::{Engine, Kind};
use crate::OpenError;

/// How long a statement waits for another process's lock.
const BUSY: Duration = Duration::from_secs(2);
/// How long a read waits for a free connection; longer than `BUSY`, so that a lock is reported as a lock.
const ACQUIRE: Duration = Duration::from_secs(10);
/// A file above this is not read whole before it is used.
const CHECKED: u64 = 1 << 30;
/// Connections for reads.
const READERS: u32 = 4;

/// Opens or makes a file.
pub(super) async fn open_file(path: &str) -> Result<Engine, OpenError> {
    let path = PathBuf::from(path);
    prepare(&path).map_err(|source| OpenError::Folder { path: path.clone(), source })?;
    check(&path).await?;
    let file = path.clone();
    let connect = async |connections, read_only| {
        // A path may hold what an URL may not; the name in the URL only stands in for it.
        let mut options = options("sqlite:outdial.db", connections);
        let file = file.clone();
        options.map_sqlx_sqlite_opts(move |o| {
            o.filename(&file)
                .busy_timeout(BUSY)
                .foreign_keys(true)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .pragma("query_only", if read_only { "ON" } else { "OFF" })
        });
        Database::connect(options).await.map_err(|error| open_error(&path, &error))
    };
    let writes: DatabaseConnection = connect(1, false).await?;
    let reads = connect(READERS, true).await?;
    Ok(Engine { kind: Kind::Sqlite, name: path.display().to_string(), reads, writes, own: true, writers: 1 })
}

/// Reads the whole file, as far as it is of a size for that, before anything is written to it: a damaged one is left as
/// it is found, for whoever restores it.
async fn check(path: &Path) -> Result<(), OpenError> {
    let size = std::fs::metadata(path).map_or(0, |file| file.len());
    if size == 0 || size > CHECKED {
        return Ok(());
    }
    let (mut options, file) = (options("sqlite:outdial.db", 1), path.to_owned());
    options.map_sqlx_sqlite_opts(move |o| o.filename(&file).busy_timeout(BUSY).read_only(true));
    let wrong = |error: DbErr| open_error(path, &error);
    let connection = Database::connect(options).await.map_err(wrong)?;
    // <https://sqlite.org/pragma.html#pragma_quick_check>: one row `ok`, or what is wrong.
    let asked = Statement::from_string(connection.get_database_backend(), "PRAGMA quick_check(1)");
    let answer = connection.query_one_raw(asked).await;
    // It only looked; nothing can be lost by closing.
    let _ = connection.close_by_ref().await;
    let verdict = match answer.map_err(wrong)? {
        Some(row) => row.try_get_by_index::<String>(0).map_err(wrong)?,
        None => "no answer to quick_check".to_owned(),
    };
    if verdict == "ok" { Ok(()) } else { Err(OpenError::Corrupt { path: path.to_owned(), detail: verdict }) }
}

/// A database in memory. There is only one connection, which readers and writer take in turn.
pub(super) async fn open_in_memory() -> Result<Engine, OpenError> {
    let path = PathBuf::from(":memory:");
    let mut options = options("sqlite::memory:", 1);
    options.map_sqlx_sqlite_opts(|o| o.foreign_keys(true));
    let writes = Database::connect(options).await.map_err(|error| open_error(&path, &error))?;
    let name = path.display().to_string();
    Ok(Engine { kind: Kind::Sqlite, name, reads: writes.clone(), writes, own: false, writers: 1 })
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    // Statements carry numbers and variables, which must not reach a log or a span.
    options
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

/// Makes folder and file, readable for their owner alone: the file holds trunk passwords and personal data.
fn prepare(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Tells what can be done about a database that does not open, by SQLite's result codes.
pub(super) fn open_error(path: &Path, error: &DbErr) -> OpenError {
    let path = path.to_owned();
    let detail = error.to_string();
    // <https://sqlite.org/rescode.html>: 5 BUSY, 6 LOCKED, 11 CORRUPT, 26 NOTADB.
    match primary_code(&detail) {
        Some(5 | 6) => OpenError::Locked { path },
        Some(11 | 26) => OpenError::Corrupt { path, detail },
        _ => OpenError::Other { path, detail },
    }
}

/// sqlx writes errors as `error returned from database: (code: 26) file is not a database`; an extended code holds
/// the primary one in its low byte.
fn primary_code(detail: &str) -> Option<u32> {
    let (_, rest) = detail.split_once("(code: ")?;
    let (code, _) = rest.split_once(')')?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}
