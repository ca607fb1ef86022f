//! The rounds of one node.

use std::sync::Arc;
use std::time::Duration;

use app::ports::Clock;
use app::ports::store::{Chore, DECISIONS_KEPT, RetentionRule, Store, StoreError};
use domain::NodeId;
use domain::time::Timestamp;
use machines::retention::{Contents, due, uncounted_before};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::folder::RecordingsFolder;

/// Calls of one transaction, and files of one lease: small, for other writes wait for it where there is one writer.
const BATCH: u32 = 20;
/// Dials, numbers and decisions of one transaction.
const DIALS: u32 = 200;
/// How long a chore is another node's after the one that does it was last heard of.
const LEASE: Duration = Duration::from_secs(120);
/// The folder is looked through, and dials are forgotten, this often.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// Name of the chore that forgets dials.
const DIALS_CHORE: &str = "dials";

/// How a node purges.
#[derive(Clone, Copy, Debug)]
pub struct PurgerSettings {
    /// Pause between two rounds.
    pub every: Duration,
}

impl Default for PurgerSettings {
    fn default() -> Self {
        Self { every: Duration::from_secs(60) }
    }
}

/// What a purger works with.
pub struct PurgerContext {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// The folder that this node records into.
    pub folder: RecordingsFolder,
    /// How it purges.
    pub settings: PurgerSettings,
}

/// What a round let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Recordings that were due.
    pub recordings: u64,
    /// Calls whose contents were due.
    pub contents: u64,
    /// Files that nothing named.
    pub files: u64,
    /// Dials, numbers and decisions of policy.
    pub dials: u64,
}

/// Why a round ended early. The next one goes on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the recordings folder: {0}")]
    Disk(#[from] std::io::Error),
}

/// The purger of one node.
pub struct Purger {
    pub(crate) node: NodeId,
    pub(crate) context: PurgerContext,
}

impl Purger {
    /// A purger that is not running yet, of this node.
    pub fn new(node: NodeId, context: PurgerContext) -> Self {
        Self { node, context }
    }

    /// Goes round until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut next = interval(self.context.settings.every);
        next.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(next.tick()).await.is_some() {
            self.round(&stop).await;
        }
    }

    /// Lets everything go that is due, or what can be had until `stop`.
    pub async fn round(&self, stop: &CancellationToken) -> Purged {
        let mut purged = Purged::default();
        let rules = match self.context.store.retention_rules().await {
            Ok(rules) => rules,
            Err(error) => {
                tracing::warn!(%error, "how long calls are kept could not be read");
                return purged;
            }
        };
        let note = |what: &str, done: Result<(), Failed>| {
            if let Err(error) = done {
                tracing::warn!(what, %error, "what is due could not be deleted, trying again");
            }
        };
        note("recordings", self.recordings(&rules, &mut purged.recordings, stop).await);
        note("contents", self.contents(&rules, &mut purged.contents, stop).await);
        note("files", self.files(&mut purged.files, stop).await);
        note("dials", self.dials(&mut purged.dials, stop).await);
        if purged != Purged::default() {
            let Purged { recordings, contents, files, dials } = purged;
            tracing::info!(recordings, contents, files, dials, "deleted what was due");
        }
        purged
    }

    /// Files in the folder, then their rows. One node a folder: the lease is taken again before each batch.
    async fn recordings(
        &self,
        rules: &[RetentionRule],
        gone: &mut u64,
        stop: &CancellationToken,
    ) -> Result<(), Failed> {
        let (store, folder) = (&self.context.store, self.context.folder.id());
        let chore = format!("recordings/{folder}");
        let mut held = false;
        for rule in rules {
            let Some(ended) = due(rule.retention, self.now()).recordings else { continue };
            while !stop.is_cancelled() {
                let found = store.due_recordings(rule.agent, folder, ended, BATCH).await?;
                if found.is_empty() {
                    break;
                }
                held = self.begin(&chore, Duration::ZERO).await?;
                if !held {
                    return Ok(());
                }
                let mut without_file = Vec::with_capacity(found.len());
                for recording in found {
                    let (folder, call) = (self.context.folder.clone(), recording.call);
                    match on_disk(move || folder.remove(&recording.path)).await {
                        Ok(()) => without_file.push(call),
                        Err(error) => tracing::error!(call.id = %call, %error, "a recording could not be deleted"),
                    }
                }
                // What cannot be deleted would be found again for ever.
                let stuck = without_file.is_empty();
                *gone += store.purge_recordings(rule, without_file, self.now()).await?;
                if stuck {
                    break;
                }
            }
        }
        if held {
            store.end_chore(&chore, self.node, self.now()).await?;
        }
        Ok(())
    }

    /// Nodes do this side by side: each batch passes over what another one holds.
    async fn contents(&self, rules: &[RetentionRule], gone: &mut u64, stop: &CancellationToken) -> Result<(), Failed> {
        for rule in rules {
            let Some(due) = due(rule.retention, self.now()).contents else { continue };
            while !stop.is_cancelled() {
                let began = Instant::now();
                let batch = self.batch_of_contents(rule, due).await?;
                *gone += batch;
                if batch < u64::from(BATCH) {
                    break;
                }
                // Half of the writer's time is left to calls.
                stop.run_until_cancelled(tokio::time::sleep(began.elapsed())).await;
            }
        }
        Ok(())
    }

    async fn batch_of_contents(&self, rule: &RetentionRule, due: Contents) -> Result<u64, StoreError> {
        self.context.store.purge_contents(rule, due, self.now(), BATCH).await
    }

    async fn files(&self, gone: &mut u64, stop: &CancellationToken) -> Result<(), Failed> {
        let chore = format!("files/{}", self.context.folder.id());
        if !self.begin(&chore, TIDY_EVERY).await? {
            return Ok(());
        }
        let folder = self.context.folder.clone();
        for day in on_disk(move || folder.days()).await? {
            if stop.is_cancelled() || !self.begin(&chore, TIDY_EVERY).await? {
                return Ok(());
            }
            *gone += self.tidy(&day, self.now()).await?;
        }
        Ok(self.context.store.end_chore(&chore, self.node, self.now()).await?)
    }

    async fn dials(&self, gone: &mut u64, stop: &CancellationToken) -> Result<(), Failed> {
        loop {
            if stop.is_cancelled() || !self.begin(DIALS_CHORE, TIDY_EVERY).await? {
                return Ok(());
            }
            let now = self.now();
            let decided = now.saturating_sub(DECISIONS_KEPT).unwrap_or(now);
            match self.context.store.purge_dials(uncounted_before(now), decided, DIALS).await? {
                0 => break,
                batch => *gone += batch,
            }
        }
        Ok(self.context.store.end_chore(DIALS_CHORE, self.node, self.now()).await?)
    }

    /// Takes a chore that is due `every` so often, or goes on with it.
    pub(crate) async fn begin(&self, name: &str, every: Duration) -> Result<bool, StoreError> {
        let now = self.now();
        let until = now.saturating_add(LEASE).unwrap_or(now);
        let done_before = now.saturating_sub(every).unwrap_or(now);
        self.context.store.begin_chore(Chore { name, node: self.node, now, until, done_before }).await
    }

    fn now(&self) -> Timestamp {
        self.context.clock.now()
    }
}

/// Does it where a slow disk holds up nobody.
pub(crate) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|broken| Err(std::io::Error::other(broken)))
}
