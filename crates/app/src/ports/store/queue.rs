//! The durable queue of calls that wait to be dialed, and the leases under which they are.

use std::sync::Arc;

use async_trait::async_trait;
use domain::agent::AgentVersion;
use domain::call::Call;
use domain::call_event::CallEvent;
use domain::outcome::EndReason;
use domain::time::Timestamp;
use domain::trunk::Trunk;
use domain::{AttemptId, CallId, NodeId, TrunkId};

use super::{NewEvent, StoreError};

/// A node's hold on a call. Every write under it carries the epoch, so that a node that lost it cannot overwrite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Call.
    pub call: CallId,
    /// Who holds it.
    pub node: NodeId,
    /// Counts up with every claim.
    pub epoch: u64,
}

/// A call taken from the queue, with all that is needed to dial it.
#[derive(Clone, Debug)]
pub struct ClaimedCall {
    /// The hold.
    pub lease: Lease,
    /// The call.
    pub call: Call,
    /// What the agent says and does.
    pub version: Arc<AgentVersion>,
    /// Trunk it goes out on.
    pub trunk: Arc<Trunk>,
    /// What policy wants asked once more in the commit before the INVITE; the dialer's gate fills it in.
    pub guard: DialGuard,
}

/// What one claim took.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// To be dialed now: their turn by pace and by calls at once has come.
    pub calls: Vec<ClaimedCall>,
    /// When the next call is due, if one waits: the time to claim again.
    pub next_due: Option<Timestamp>,
    /// More was due than was looked at: claim again at once.
    pub more: bool,
}

/// What is asked in the very transaction that says "about to dial", beside the do-not-call list and the organization's
/// own numbers, which always are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DialGuard {
    /// At most so many calls to the person since then, this one not counted.
    pub frequency: Option<(u32, Timestamp)>,
}

/// What came of "about to dial".
#[derive(Clone, Debug, PartialEq)]
pub enum AboutToDial {
    /// Committed: the INVITE may leave.
    Committed(CallEvent),
    /// Policy forbids it; only the decision was written, and the call is still held.
    Forbidden(EndReason),
}

/// The durable queue of calls that wait to be dialed.
#[async_trait]
pub trait CallQueue: Send + Sync {
    /// The clock that leases and pace go by: the database's own where several nodes share it, so that a node whose
    /// clock is wrong neither loses a lease nor takes one.
    async fn now(&self) -> Result<Timestamp, StoreError>;
    /// Takes up to `limit` due calls, oldest first, and leases them until `until`. Pace (agent, trunk, number,
    /// organization) and calls at once are kept in the same transaction, exactly across nodes; calls whose turn has
    /// not come stand in line, in order, and hold up no others.
    async fn claim(&self, node: NodeId, limit: u32, now: Timestamp, until: Timestamp) -> Result<Claims, StoreError>;
    /// Puts a claimed call that was not dialed back, to be due at `at`.
    async fn requeue(&self, lease: Lease, at: Timestamp) -> Result<(), StoreError>;
    /// Extends the leases that the node has on the calls that it names; returns how many. What it holds without knowing
    /// (the answer to its claim was lost) lapses.
    async fn heartbeat(&self, node: NodeId, held: Vec<CallId>, until: Timestamp) -> Result<u64, StoreError>;
    /// Calls whose lease ran out. Those that were never dialed are queued again by the store; those that may have rung
    /// come back under a new lease of `node`, to be ended as `node_lost`.
    async fn sweep(&self, node: NodeId, now: Timestamp, until: Timestamp) -> Result<Vec<(Lease, Call)>, StoreError>;
    /// Marks the attempt as about to dial, unless policy forbids it; the `Dialing` fact and the attempt are durable
    /// when this returns. The same fact again changes nothing and says whether the lease still holds.
    async fn about_to_dial(
        &self,
        lease: Lease,
        call: &Call,
        attempt: AttemptId,
        fact: NewEvent,
        guard: DialGuard,
    ) -> Result<AboutToDial, StoreError>;
    /// Live leases by trunk, for channel limits.
    async fn live_calls(&self, trunk: TrunkId, now: Timestamp) -> Result<u64, StoreError>;
}
