//! How each engine is connected to, and what it does differently from the other: the only place for either.

use std::path::PathBuf;

use domain::time::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use sea_orm_migration::MigratorTrait;

use crate::errors::failed;
use crate::migrations::Migrator;
use crate::rows::unreadable;
use crate::{OpenError, Stored};

pub(crate) mod positions;
mod postgres;
mod sqlite;

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Embedded, one writer.
    Sqlite,
    /// A server, many writers.
    Postgres,
}

/// An open database.
#[derive(Debug)]
pub(crate) struct Engine {
    /// Which engine it is.
    pub(crate) kind: Kind,
    /// Where it lies, for messages; without credentials.
    pub(crate) name: String,
    /// Many readers.
    pub(crate) reads: DatabaseConnection,
    /// For writing.
    pub(crate) writes: DatabaseConnection,
    /// Whether that is one connection, SQLite's, which nobody reads through.
    pub(crate) own: bool,
    /// Tasks that may write at once.
    pub(crate) writers: u32,
}

impl Engine {
    /// Finds the engine for `target` and connects.
    pub(crate) async fn open(target: &str) -> Result<Self, OpenError> {
        match target.split_once(':') {
            Some(("sqlite", ":memory:")) => sqlite::open_in_memory().await,
            Some(("sqlite", path)) => sqlite::open_file(path.strip_prefix("//").unwrap_or(path)).await,
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => postgres::open(target).await,
            Some((scheme, rest)) if rest.starts_with("//") && scheme.len() > 1 => {
                Err(OpenError::UnknownEngine(format!("{scheme}:…")))
            }
            _ => sqlite::open_file(target).await,
        }
    }

    /// Brings the schema up to date.
    pub(crate) async fn migrate(&self) -> Result<(), OpenError> {
        let done = match self.kind {
            Kind::Sqlite => Migrator::up(&self.writes, None).await,
            Kind::Postgres => postgres::migrate(&self.writes).await,
        };
        done.map_err(|error| {
            if error.to_string().contains("migration has been applied but its file is missing") {
                return OpenError::NewerSchema { path: PathBuf::from(&self.name) };
            }
            match self.kind {
                Kind::Sqlite => sqlite::open_error(std::path::Path::new(&self.name), &error),
                Kind::Postgres => OpenError::Server { name: self.name.clone(), detail: error.to_string() },
            }
        })
    }
}

/// The engine's clock: the server's on PostgreSQL, and this process's where the database lives within it.
pub(crate) async fn now(connection: &impl ConnectionTrait) -> Stored<Timestamp> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(Timestamp::now());
    }
    // An exact number since PostgreSQL 14; `now()` would be when the transaction began.
    let asked = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now";
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, asked)).await.map_err(failed)?;
    let micros: i64 = row.ok_or_else(|| unreadable("clock"))?.try_get("", "now").map_err(failed)?;
    crate::rows::moment(micros)
}
