//! The database behind the store ports: sea-orm over sqlx, one code path for SQLite and PostgreSQL.
//!
//! Law: a write that was answered is durable; state, event and outbox row share one transaction; what one engine
//! does differently from another lies in `engine/` and nowhere else. On a call's way this is where a call is
//! accepted, claimed, noted and ended.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use app::ports::store::StoreError;
use sea_orm::DatabaseConnection;

mod agents;
mod answers;
mod audit;
mod calls;
mod claims;
mod content;
mod creates;
mod cursor;
mod dialects;
mod engine;
mod errors;
mod events;
mod master_key;
mod members;
mod migrations;
mod nodes;
mod open_error;
#[cfg(test)]
extern crate self as store;
#[cfg(test)]
mod plans;
mod policy;
mod queue;
mod recent;
mod retention;
mod rows;
mod sealed;
mod sealing;
mod sequences;
mod takeover;
mod telephony;
mod tenants;
mod together;
mod transaction;
mod version_cache;
mod wallet;
mod webhooks;
mod writer;

pub use master_key::{InvalidMasterKey, KeySource, MasterKeys};
pub use open_error::OpenError;

use engine::Engine;
use recent::Recent;
use sealed::Secrets;
use transaction::{Transaction, Writing};
use version_cache::VersionCache;
use writer::{Work, Writer};

/// A store in an SQL database.
#[derive(Debug)]
pub struct SqlStore {
    reads: DatabaseConnection,
    writer: Arc<Writer>,
    versions: Arc<VersionCache>,
    secrets: Arc<Secrets>,
    recent: Arc<Recent>,
    /// A call was stored here that is due now: the next claim need not look whether there is one.
    due_here: Arc<AtomicBool>,
    pending: audit::Pending,
}

impl SqlStore {
    /// Opens the database at `target`, makes it if it is missing, and brings its schema up to date.
    ///
    /// `target` is a path, `sqlite:PATH`, `postgres://…`, or `sqlite::memory:` for one that lives as long as the store. The error
    /// names the remedy. Without a master key, which this has not, secrets can be neither stored nor read.
    pub async fn open(target: &str) -> Result<Self, OpenError> {
        Self::open_with(target, KeySource::None).await
    }

    /// The same with a master key, under which secrets lie sealed. Keys that are not those of this database are
    /// refused before anything is changed.
    pub async fn open_with(target: &str, keys: KeySource) -> Result<Self, OpenError> {
        Self::over(Engine::open(target).await?, keys).await
    }

    async fn over(engine: Engine, keys: KeySource) -> Result<Self, OpenError> {
        engine.migrate().await?;
        let Engine { reads, writes, own, writers, .. } = engine;
        let secrets = Arc::new(sealing::begin(&writes, keys).await?);
        Ok(Self {
            reads,
            writer: Arc::new(Writer::start(&Writing { connection: writes, own }, writers)),
            versions: Arc::default(),
            secrets,
            recent: Arc::default(),
            due_here: Arc::default(),
            pending: audit::Pending::default(),
        })
    }

    /// What addresses of recordings are signed with, made from the master key and the same on every node.
    pub fn link_keys(&self) -> Vec<[u8; 32]> {
        self.secrets.link_keys()
    }

    /// Another way to the same database.
    fn another(&self) -> Self {
        Self {
            reads: self.reads.clone(),
            writer: self.writer.clone(),
            versions: self.versions.clone(),
            secrets: self.secrets.clone(),
            recent: self.recent.clone(),
            due_here: self.due_here.clone(),
            pending: audit::Pending::default(),
        }
    }

    /// Whether the database can be reached and is one that will do; its name, without credentials. Changes nothing on a
    /// server; a file that is missing is made.
    pub async fn reach(target: &str) -> Result<String, OpenError> {
        let engine = Engine::open(target).await?;
        for connection in [&engine.reads, &engine.writes] {
            // It only looked; nothing can be lost by closing.
            let _ = connection.close_by_ref().await;
        }
        Ok(engine.name)
    }

    /// Changes the set-up, together with the audit entry that waits for it; the next read sees it.
    async fn change<T, F>(&self, work: F) -> Stored<T>
    where
        T: audit::Happened + Send + 'static,
        F: for<'c> FnOnce(&'c Transaction) -> Work<'c, T> + Clone + Send + 'static,
    {
        let result = match self.pending.take() {
            None => self.writer.run(work).await,
            Some(entry) => {
                self.writer
                    .run(move |tx| {
                        Box::pin(async move {
                            let done = work(tx).await?;
                            if done.happened() {
                                audit::insert(tx, &entry).await?;
                            }
                            Ok(done)
                        })
                    })
                    .await
            }
        };
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
