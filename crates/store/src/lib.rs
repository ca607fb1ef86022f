//! The database behind the store ports: sea-orm over sqlx, SQLite today, one code path for another engine.
//!
//! Law: a write that was answered is durable; state, event and outbox row share one transaction; what one engine
//! does differently from another lies in `engine/` and nowhere else. On a call's way this is where a call is
//! accepted, claimed, noted and ended.

use std::sync::Arc;

use app::ports::store::StoreError;
use sea_orm::DatabaseConnection;

mod agents;
mod calls;
mod cursor;
mod engine;
mod errors;
mod events;
mod migrations;
mod open_error;
mod queue;
mod rows;
mod telephony;
mod tenants;
mod version_cache;
mod writer;

pub use open_error::OpenError;

use engine::Engine;
use version_cache::VersionCache;
use writer::Writer;

/// A store in an SQL database.
#[derive(Debug)]
pub struct SqlStore {
    reads: DatabaseConnection,
    writer: Writer,
    versions: Arc<VersionCache>,
}

impl SqlStore {
    /// Opens the database at `target`, makes it if it is missing, and brings its schema up to date.
    ///
    /// `target` is a path, `sqlite:PATH`, or `sqlite::memory:` for one that lives as long as the store. The error
    /// names the remedy.
    pub async fn open(target: &str) -> Result<Self, OpenError> {
        let engine = Engine::open(target).await?;
        engine.migrate().await?;
        let Engine { reads, writes, .. } = engine;
        Ok(Self { reads, writer: Writer::start(writes), versions: Arc::new(VersionCache::default()) })
    }

    /// Finishes the writes that were accepted and closes the database. Writes after it are refused.
    pub async fn close(&self) {
        self.writer.close().await;
        if let Err(error) = self.reads.close_by_ref().await {
            tracing::warn!(error.detail = %error, "the database did not close cleanly");
        }
    }
}

/// Shorthand of this crate.
type Stored<T> = Result<T, StoreError>;
