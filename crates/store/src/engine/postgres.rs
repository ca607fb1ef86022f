//! PostgreSQL 14 or newer: many nodes on one database.
//!
//! A commit is on disk when it returns (`synchronous_commit` is left as the server has it, `on` by default). Several
//! connections write, because a statement that waits for a row's lock must not hold up the rest of the node.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, TransactionTrait};
use sea_orm_migration::MigratorTrait;

use super::{Engine, Kind};
use crate::OpenError;
use crate::migrations::Migrator;

/// How long a caller waits for a connection before the database counts as gone.
const ACQUIRE: Duration = Duration::from_secs(5);
/// Connections for reads.
const READERS: u32 = 8;
/// Connections that write, each with a task of its own.
pub(super) const WRITERS: u32 = 8;
/// Key of the advisory lock under which the schema is changed ("outdial" in ASCII).
const MIGRATION_LOCK: i64 = 0x006f_7574_6469_616c;
/// Oldest server that has everything that is used here.
const OLDEST: i32 = 140_000;

/// Connects.
pub(super) async fn open(url: &str) -> Result<Engine, OpenError> {
    let name = without_secrets(url);
    let writes = connect(url, &name, WRITERS).await?;
    let version = writes
        .query_one_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Postgres,
            "SELECT current_setting('server_version_num')::int AS version",
        ))
        .await
        .and_then(|row| row.map_or(Ok(0), |row| row.try_get::<i32>("", "version")))
        .map_err(|error| open_error(&name, &error))?;
    if version < OLDEST {
        let detail = format!("the server is PostgreSQL {}, and 14 is the oldest that will do", version / 10_000);
        return Err(OpenError::Server { name, detail });
    }
    let reads = connect(url, &name, READERS).await?;
    Ok(Engine { kind: Kind::Postgres, name, reads, writes, own: false, writers: WRITERS })
}

async fn connect(url: &str, name: &str, connections: u32) -> Result<DatabaseConnection, OpenError> {
    let mut options = ConnectOptions::new(url);
    // Statements carry numbers and variables, which must not reach a log or a span.
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        .connect_timeout(ACQUIRE)
        // A server that was restarted leaves dead connections in the pool.
        .test_before_acquire(true)
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    // A transaction that was left hanging, by a node that stands still say, must not keep its locks for ever.
    options.map_sqlx_postgres_opts(|o| {
        o.application_name("outdial").options([
            ("statement_timeout", "30s"),
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "10s"),
        ])
    });
    Database::connect(options).await.map_err(|error| open_error(name, &error))
}

/// Brings the schema up to date, one node after the other: many may start at once.
pub(super) async fn migrate(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let transaction = connection.begin().await?;
    // Who comes second waits for as long as the first takes.
    transaction.execute_unprepared("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0").await?;
    transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await
}

fn open_error(name: &str, error: &DbErr) -> OpenError {
    OpenError::Server { name: name.to_owned(), detail: error.to_string() }
}

/// Host and database of an URL; user, password and parameters stay out of messages.
fn without_secrets(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let host_and_name = rest.rsplit_once('@').map_or(rest, |(_, after)| after);
    format!("postgres://{host_and_name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_reaches_a_message() {
        for url in [
            "postgres://alice:s3cret@db.example.org:5432/outdial?sslmode=require&password=s3cret",
            "postgresql://alice:s3c%40ret@db.example.org:5432/outdial",
            "postgres://alice:s3@cret@db.example.org:5432/outdial",
        ] {
            assert_eq!(without_secrets(url), "postgres://db.example.org:5432/outdial");
        }
        assert_eq!(without_secrets("postgres://localhost/outdial"), "postgres://localhost/outdial");
    }
}
