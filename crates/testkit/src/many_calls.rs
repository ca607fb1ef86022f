//! A long log of calls: one call goes in by way of the product, the others are copies of it by way of SQL, spread over
//! ninety days, as a database is after a busy quarter.

use std::path::Path;

use anyhow::Result;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

/// Days that the calls lie over.
pub const DAYS: u64 = 90;
/// Copies that one statement writes, so that the log of writes stays small.
const AT_ONCE: u64 = 50_000;

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

/// Copies the oldest call of an SQLite database, which a server may have open, so many times.
pub async fn fill(database: &Path, calls: u64) -> Result<()> {
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
