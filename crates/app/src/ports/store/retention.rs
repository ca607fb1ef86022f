//! What is due to go by age, worked off by every node side by side.
//!
//! Law: a batch is one transaction with its entry in the audit log, and taking it twice changes nothing. Rows that another
//! node holds are passed over; work outside the database (files) goes under the lease of a chore.

use async_trait::async_trait;
use domain::retention::Retention;
use domain::time::Timestamp;
use domain::{AgentId, CallId, NodeId, OrganizationId, RecordingFolderId};
use machines::retention::{Contents, Named};

use super::StoreError;

/// How the calls of an agent are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionRule {
    /// Tenant.
    pub organization: OrganizationId,
    /// Whose calls.
    pub agent: AgentId,
    /// How long; the agent's own settings over those of the organization.
    pub retention: Retention,
}

/// A recording that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueRecording {
    /// Its call.
    pub call: CallId,
    /// Path below the recordings folder.
    pub path: String,
}

/// Work that one node at a time does, every so often.
#[derive(Clone, Copy, Debug)]
pub struct Chore<'a> {
    /// Its name.
    pub name: &'a str,
    /// Who wants to do it.
    pub node: NodeId,
    /// Now.
    pub now: Timestamp,
    /// The lease lasts until then, unless it is taken again.
    pub until: Timestamp,
    /// It is due when it was last done then or before.
    pub done_before: Timestamp,
}

/// What goes by age.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Every agent of which anything is not kept for ever.
    async fn retention_rules(&self) -> Result<Vec<RetentionRule>, StoreError>;
    /// Recordings in a folder, of calls of an agent that ended then or before; those that are due the longest first.
    async fn due_recordings(
        &self,
        agent: AgentId,
        folder: RecordingFolderId,
        ended: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueRecording>, StoreError>;
    /// Takes recordings whose files are gone off their calls; returns of how many.
    async fn purge_recordings(
        &self,
        rule: &RetentionRule,
        calls: Vec<CallId>,
        at: Timestamp,
    ) -> Result<u64, StoreError>;
    /// Empties what was said in up to `limit` calls of the rule's agent that are due, as `ContentStore::forget_content`
    /// does; returns in how many.
    async fn purge_contents(
        &self,
        rule: &RetentionRule,
        due: Contents,
        at: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError>;
    /// Forgets up to `limit` dials of before, as many numbers that nobody dialed or kept from being dialed since, and as
    /// many decisions of policy from before `decided`; returns how many rows went.
    async fn purge_dials(&self, before: Timestamp, decided: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// What is known of calls that files are named after; those that are not known are missing.
    async fn calls_named(&self, calls: Vec<CallId>) -> Result<Vec<(CallId, Named)>, StoreError>;
    /// Notes in which folder the recordings of these calls lie.
    async fn recordings_found(&self, folder: RecordingFolderId, calls: Vec<CallId>) -> Result<(), StoreError>;

    /// Takes a chore that is due and in nobody's hands, or goes on with it; false where another node does it or it was
    /// done.
    async fn begin_chore(&self, chore: Chore<'_>) -> Result<bool, StoreError>;
    /// The chore is done, if this node still had it.
    async fn end_chore(&self, name: &str, node: NodeId, now: Timestamp) -> Result<(), StoreError>;
}
