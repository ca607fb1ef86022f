//! What the database must do, cut by use so that another engine comes in without touching a use case.
//!
//! Law: state change, event and outbox row share one transaction, and a call that returned is durable.

mod agents;
mod answers;
mod audit;
mod calls;
mod content;
mod dialects;
mod members;
mod nodes;
mod policy;
mod queue;
mod retention;
mod statistics;
mod telephony;
mod tenants;
mod wallet;
mod webhooks;

pub use agents::AgentStore;
pub use answers::{AnswerStore, KnownAnswer, Reservation};
pub use audit::{AuditFilter, AuditStore};
pub use calls::{CallFilter, CallStore, CreateRefused, HeldBack, KeptAnswer, NewCall, NewEvent, Placed, WayOut};
pub use content::ContentStore;
pub use dialects::{AgentName, AgentTotals, DialectStore};
pub use members::{MemberStore, RoleChange};
pub use nodes::{Beat, NodeStore};
pub use policy::{ContactFilter, DECISIONS_KEPT, DecisionFilter, NumberStanding, PolicyStore, SuppressionFilter};
pub use queue::{AboutToDial, CallQueue, ClaimedCall, Claims, DialGuard, Lease};
pub use retention::{Chore, DueRecording, RetentionRule, RetentionStore};
pub use statistics::{Alike, LastDial, Span, StatisticsStore};
pub use telephony::TelephonyStore;
pub use tenants::{KeyUse, TenantStore};
pub use wallet::{Brake, LedgerFilter, NewEntry, WalletStore, WalletTerms};
pub use webhooks::{
    Backlog, ClaimedDelivery, DeliveryClaim, DeliveryFilter, FannedOut, Judge, News, Replay, Settlement, WebhookStore,
};

/// The database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique name or key is taken; nothing was written.
    #[error("{0} already exists")]
    Duplicate(&'static str),
    /// The row is no longer ours: another node holds the lease, or the call is over.
    #[error("the call is no longer held by this node")]
    Fenced,
    /// The database is busy, full or gone; nothing was written.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// A row does not read back as what was written.
    #[error("database holds something unreadable: {0}")]
    Corrupt(String),
    /// The cursor of a listing was not made by this store.
    #[error("the cursor is not one that this server gave out")]
    InvalidCursor,
}

/// Everything a store does; a convenience for wiring.
pub trait Store:
    CallStore
    + CallQueue
    + AgentStore
    + DialectStore
    + TenantStore
    + TelephonyStore
    + WalletStore
    + AnswerStore
    + WebhookStore
    + AuditStore
    + ContentStore
    + RetentionStore
    + StatisticsStore
    + NodeStore
    + MemberStore
    + PolicyStore
    + Send
    + Sync
{
}
impl<
    T: CallStore
        + CallQueue
        + AgentStore
        + DialectStore
        + TenantStore
        + TelephonyStore
        + WalletStore
        + AnswerStore
        + WebhookStore
        + AuditStore
        + ContentStore
        + RetentionStore
        + StatisticsStore
        + NodeStore
        + MemberStore
        + PolicyStore
        + Send
        + Sync,
> Store for T
{
}

/// One page of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// Rows, newest first.
    pub items: Vec<T>,
    /// Pass it to get the next page; `None` at the end.
    pub next: Option<String>,
}
