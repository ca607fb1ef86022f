//! Calls and their events.

use std::sync::Arc;

use async_trait::async_trait;
use domain::call::{Call, CallKey};
use domain::call_event::{CallEvent, CallFact};
use domain::callee::Callee;
use domain::caps::CapUse;
use domain::money::Money;
use domain::outcome::CallStatus;
use domain::time::Timestamp;
use domain::{AgentId, CallId, EventId, NumberId, OrganizationId, TrunkId};

use super::{Lease, NumberStanding, Page, StoreError};

/// Which calls to list.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Only these states; empty for all.
    pub status: Vec<CallStatus>,
    /// Only calls of this agent.
    pub agent: Option<AgentId>,
    /// Only calls to this number.
    pub to: Option<Callee>,
    /// Accepted at or after.
    pub created_from: Option<Timestamp>,
    /// Accepted before.
    pub created_to: Option<Timestamp>,
    /// From the previous page.
    pub cursor: Option<String>,
    /// 1 to 200.
    pub limit: u32,
}

/// A call to store, with all that must be true at once with it.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// The call; the store numbers it.
    pub call: Call,
    /// `Queued`.
    pub first: NewEvent,
    /// Not dialed before then.
    pub due_at: Timestamp,
    /// Money kept back from the organization's wallet until the call is over; `None` when it is not billed.
    pub hold: Option<Money>,
    /// Caps that the call counts against: all of them take it, or none.
    pub caps: Vec<CapUse>,
    /// The client's own name for this request, with what will be answered to it.
    pub answer: Option<HeldBack>,
    /// Takes its turn by pace (agent, number, organization, trunk) now or is refused, instead of waiting for it.
    pub pace_now: Option<WayOut>,
    /// Nobody has asked yet how its number stands: refused with [`CreateRefused::Listed`] if it is on the do-not-call list,
    /// in force or not, or one of the organization's own.
    pub lists_unread: bool,
    /// Refused while another call of its agent to its number is not over.
    pub one_at_a_time: bool,
}

impl NewCall {
    /// A call of an organization that is not billed, without caps and without a key of the client's.
    pub fn plain(call: Call, first: NewEvent) -> Self {
        let due_at = call.created_at;
        Self {
            call,
            first,
            due_at,
            hold: None,
            caps: Vec::new(),
            answer: None,
            pace_now: None,
            lists_unread: false,
            one_at_a_time: false,
        }
    }
}

/// What carries a call, beside its agent and organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WayOut {
    /// Number it is called from.
    pub number: NumberId,
    /// Trunk of that number.
    pub trunk: TrunkId,
}

/// An answer that is stored together with what it answers, so that a repeated request gets it again.
#[derive(Clone)]
pub struct HeldBack<T = Call> {
    /// Whose key it is: organization, API key, method and path.
    pub scope: String,
    /// `Idempotency-Key` as sent.
    pub key: String,
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// Now; what expired before is not known any more.
    pub now: Timestamp,
    /// Kept until then.
    pub expires_at: Timestamp,
    /// Writes the answer for what was stored (a call's sequence is known then).
    pub write: Arc<dyn Fn(&T) -> KeptAnswer + Send + Sync>,
}

impl<T> std::fmt::Debug for HeldBack<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeldBack").finish_non_exhaustive()
    }
}

/// A first answer.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status.
    pub status: u16,
    /// Header fields that belong to the answer (`Content-Type`, `Location`).
    pub headers: Vec<(String, String)>,
    /// Body, byte for byte.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// A call that was stored.
#[derive(Clone, Debug)]
pub struct Placed {
    /// With its sequence.
    pub call: Call,
    /// Its first event.
    pub event: CallEvent,
    /// What was kept for repeats, if a key came with it.
    pub answer: Option<KeptAnswer>,
}

/// Why a call was not stored; nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum CreateRefused {
    /// The wallet holds less than the hold.
    #[error("the wallet does not cover the call")]
    Funds {
        /// What is there and not held back.
        balance: Money,
    },
    /// A cap is reached.
    #[error("a cap is reached")]
    Cap(CapUse),
    /// The client's key was used before, by this very request or another: compare fingerprints.
    #[error("this Idempotency-Key was answered before")]
    AnsweredBefore {
        /// SHA-256 of what was asked then.
        fingerprint: [u8; 32],
        /// What was answered; `None` while the first request is in flight.
        answer: Option<KeptAnswer>,
        /// The answer, or the reservation of the one in flight, is forgotten then.
        until: Timestamp,
    },
    /// It was to go at once, and a pace does not allow it.
    #[error("{name} is reached")]
    Pace {
        /// Which, such as `agent.calls_per_second`.
        name: String,
        /// The next turn comes after this long.
        retry_after: std::time::Duration,
    },
    /// Somebody has to look at how its number stands.
    #[error("the number is on a list")]
    Listed {
        /// What was to be stored.
        new: Box<NewCall>,
        /// How its number stands.
        standing: Box<NumberStanding>,
    },
    /// It was to be the only one, and another call of its agent to its number is not over.
    #[error("a call of this agent to this number is not over")]
    InProgress,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A fact to append. The store numbers it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Drawn by the writer, so that a retried write is recognised.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub fact: CallFact,
}

/// Calls and their events.
#[async_trait]
pub trait CallStore: Send + Sync {
    /// Stores call, first event (`Queued`), queue row, outbox row, hold, uses of caps and the kept answer in one
    /// transaction; durable when it returns. The call comes back with its `sequence`.
    async fn insert_call(&self, new: NewCall) -> Result<Placed, CreateRefused>;
    /// One call by any of its names.
    async fn call(&self, organization: OrganizationId, key: &CallKey) -> Result<Option<Call>, StoreError>;
    /// Newest first.
    async fn calls(&self, organization: OrganizationId, filter: &CallFilter) -> Result<Page<Call>, StoreError>;
    /// Appends facts and writes the call's new state beside them, in one transaction with their outbox rows.
    /// Refused with `Fenced` when the lease is not `(node, epoch)` or the call is terminal.
    /// The terminal fact settles the wallet in the same transaction.
    async fn append(&self, lease: Lease, call: &Call, facts: Vec<NewEvent>) -> Result<Vec<CallEvent>, StoreError>;
    /// Events of one call after a sequence number, in order.
    async fn events(
        &self,
        organization: OrganizationId,
        call: CallId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<CallEvent>, StoreError>;
    /// Events of all calls of a tenant after a position, in order.
    async fn events_after(
        &self,
        organization: OrganizationId,
        position: i64,
        limit: u32,
    ) -> Result<Vec<CallEvent>, StoreError>;
    /// Ends a call that no session holds (still queued): writes its terminal event. `Fenced` when a node claimed it.
    async fn end_queued(&self, call: &Call, fact: NewEvent) -> Result<CallEvent, StoreError>;
}
