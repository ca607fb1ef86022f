//! How each engine is connected to: the only place where engines differ.

use std::path::PathBuf;

use sea_orm::DatabaseConnection;
use sea_orm_migration::MigratorTrait;

use crate::OpenError;
use crate::migrations::Migrator;

mod sqlite;

/// An open database.
#[derive(Debug)]
pub(crate) struct Engine {
    /// Where it lies, for messages.
    pub(crate) path: PathBuf,
    /// Many readers.
    pub(crate) reads: DatabaseConnection,
    /// The one writer.
    pub(crate) writes: DatabaseConnection,
}

impl Engine {
    /// Finds the engine for `target` and connects.
    pub(crate) async fn open(target: &str) -> Result<Self, OpenError> {
        match target.split_once(':') {
            Some(("sqlite", ":memory:")) => sqlite::open_in_memory().await,
            Some(("sqlite", path)) => sqlite::open_file(path.strip_prefix("//").unwrap_or(path)).await,
            Some((scheme, rest)) if rest.starts_with("//") && scheme.len() > 1 => {
                Err(OpenError::UnknownEngine(format!("{scheme}:…")))
            }
            _ => sqlite::open_file(target).await,
        }
    }

    /// Brings the schema up to date.
    pub(crate) async fn migrate(&self) -> Result<(), OpenError> {
        Migrator::up(&self.writes, None).await.map_err(|error| {
            if error.to_string().contains("migration has been applied but its file is missing") {
                return OpenError::NewerSchema { path: self.path.clone() };
            }
            sqlite::open_error(&self.path, &error)
        })
    }
}
