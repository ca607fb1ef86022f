//! The database behind the store ports: sea-orm over sqlx, SQLite today, one code path for another engine.
//!
//! Law: a write that was answered is durable; state, event and outbox row share one transaction; what one engine
//! does differently from another lies in `engine/` and nowhere else. On a call's way this is where a call is
//! accepted, claimed, noted and ended.

use std::sync::Arc;

use app::ports::store::StoreError;
use sea_orm::{DatabaseConnection, DatabaseTransaction};

mod agents;
mod calls;
mod creates;
mod cursor;
mod dialects;
mod engine;
mod errors;
mod events;
mod master_key;
mod migrations;
mod open_error;
mod queue;
mod recent;
mod rows;
mod sealed;
mod sealing;
mod takeover;
mod telephony;
mod tenants;
mod together;
mod version_cache;
mod webhooks;
mod writer;

pub use master_key::{InvalidMasterKey, KeySource, MasterKeys};
pub use open_error::OpenError;

use engine::Engine;
use recent::Recent;
use sealed::Secrets;
use version_cache::VersionCache;
use writer::{Work, Writer};

/// A store in an SQL database.
#[derive(Debug)]
pub struct SqlStore {
    reads: DatabaseConnection,
    writer: Writer,
    versions: Arc<VersionCache>,
    secrets: Arc<Secrets>,
    recent: Recent,
}

impl SqlStore {
    /// Opens the database at `target`, makes it if it is missing, and brings its schema up to date.
    ///
    /// `target` is a path, `sqlite:PATH`, or `sqlite::memory:` for one that lives as long as the store. The error
    /// names the remedy. Without a master key, which this has not, secrets can be neither stored nor read.
    pub async fn open(target: &str) -> Result<Self, OpenError> {
        Self::open_with(target, KeySource::None).await
    }

    /// The same with a master key, under which secrets lie sealed. Keys that are not those of this database are
    /// refused before anything is changed.
    pub async fn open_with(target: &str, keys: KeySource) -> Result<Self, OpenError> {
        let engine = Engine::open(target).await?;
        engine.migrate().await?;
        let Engine { reads, writes, .. } = engine;
        let secrets = Arc::new(sealing::begin(&writes, keys).await?);
        Ok(Self { reads, writer: Writer::start(writes), versions: Arc::default(), secrets, recent: Recent::default() })
    }

    /// Changes the set-up; the next read sees it.
    async fn change<T, F>(&self, work: F) -> Stored<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c DatabaseTransaction) -> Work<'c, T> + Send + 'static,
    {
        let result = self.writer.run(work).await;
        self.recent.changed();
        result
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
