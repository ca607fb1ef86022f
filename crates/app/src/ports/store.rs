//! What the database must do, cut by use so that another engine comes in without touching a use case.
//!
//! Law: state change, event and outbox row share one transaction, and a call that returned is durable.

use std::sync::Arc;

use async_trait::async_trait;
use domain::agent::{Agent, AgentVersion};
use domain::api_key::ApiKey;
use domain::call::{Call, CallKey};
use domain::call_event::{CallEvent, CallFact};
use domain::organization::Organization;
use domain::outcome::CallStatus;
use domain::phone_number::PhoneNumber;
use domain::suppression::Suppression;
use domain::time::Timestamp;
use domain::trunk::{CallerNumber, Trunk};
use domain::{
    AgentId, AgentVersionId, ApiKeyId, AttemptId, CallId, EventId, NodeId, NumberId, OrganizationId, SuppressionId,
    TrunkId,
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
pub trait Store: CallStore + CallQueue + AgentStore + TenantStore + TelephonyStore + Send + Sync {}
impl<T: CallStore + CallQueue + AgentStore + TenantStore + TelephonyStore + Send + Sync> Store for T {}

/// One page of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// Rows, newest first.
    pub items: Vec<T>,
    /// Pass it to get the next page; `None` at the end.
    pub next: Option<String>,
}

/// Which calls to list.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Only these states; empty for all.
    pub status: Vec<CallStatus>,
    /// Only calls of this agent.
    pub agent: Option<AgentId>,
    /// Only calls to this number.
    pub to: Option<PhoneNumber>,
    /// Accepted at or after.
    pub created_from: Option<Timestamp>,
    /// Accepted before.
    pub created_to: Option<Timestamp>,
    /// From the previous page.
    pub cursor: Option<String>,
    /// 1 to 200.
    pub limit: u32,
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
    /// Stores call, first event (`Queued`), queue row and outbox row in one transaction; durable when it returns. The
    /// call comes back with its `sequence`.
    async fn insert_call(&self, call: Call, first: NewEvent) -> Result<(Call, CallEvent), StoreError>;
    /// One call by any of its names.
    async fn call(&self, organization: OrganizationId, key: &CallKey) -> Result<Option<Call>, StoreError>;
    /// Newest first.
    async fn calls(&self, organization: OrganizationId, filter: &CallFilter) -> Result<Page<Call>, StoreError>;
    /// Appends facts and writes the call's new state beside them, in one transaction with their outbox rows.
    /// Refused with `Fenced` when the lease is not `(node, epoch)` or the call is terminal.
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
    /// Agent's own limit on call starts a second.
    pub agent_calls_per_second: Option<f64>,
    /// Trunk it goes out on.
    pub trunk: Arc<Trunk>,
}

/// The durable queue of calls that wait to be dialed.
#[async_trait]
pub trait CallQueue: Send + Sync {
    /// Takes up to `limit` due calls, oldest first, and leases them until `until`.
    async fn claim(
        &self,
        node: NodeId,
        limit: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<ClaimedCall>, StoreError>;
    /// Puts a claimed call that was not dialed back, to be due at `at`.
    async fn requeue(&self, lease: Lease, at: Timestamp) -> Result<(), StoreError>;
    /// Extends every lease of the node; returns how many.
    async fn heartbeat(&self, node: NodeId, until: Timestamp) -> Result<u64, StoreError>;
    /// Calls whose lease ran out. Those that were never dialed are queued again by the store; those that may have rung
    /// come back under a new lease of `node`, to be ended as `node_lost`.
    async fn sweep(&self, node: NodeId, now: Timestamp, until: Timestamp) -> Result<Vec<(Lease, Call)>, StoreError>;
    /// Marks the attempt as about to dial; the `Dialing` fact and the attempt are durable when this returns.
    async fn about_to_dial(
        &self,
        lease: Lease,
        call: &Call,
        attempt: AttemptId,
        fact: NewEvent,
    ) -> Result<CallEvent, StoreError>;
    /// Live leases by trunk, for channel limits.
    async fn live_calls(&self, trunk: TrunkId, now: Timestamp) -> Result<u64, StoreError>;
}

/// Agents and their versions.
#[async_trait]
pub trait AgentStore: Send + Sync {
    /// Stores a new agent; `Duplicate("agent")` when the slug is taken.
    async fn insert_agent(&self, agent: &Agent) -> Result<(), StoreError>;
    /// Replaces a stored agent.
    async fn update_agent(&self, agent: &Agent) -> Result<(), StoreError>;
    /// Stores the version and the agent that points at it, in one transaction.
    async fn publish_agent(&self, agent: &Agent, version: &AgentVersion) -> Result<(), StoreError>;
    /// By slug or id.
    async fn agent(&self, organization: OrganizationId, name: &str) -> Result<Option<Agent>, StoreError>;
    /// All of a tenant, by slug.
    async fn agents(&self, organization: OrganizationId) -> Result<Vec<Agent>, StoreError>;
    /// Newest first.
    async fn agent_versions(&self, agent: AgentId) -> Result<Vec<AgentVersion>, StoreError>;
    /// One version.
    async fn agent_version(&self, id: AgentVersionId) -> Result<Option<Arc<AgentVersion>>, StoreError>;
}

/// Tenants, keys, suppressions.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// Stores a new tenant; `Duplicate("organization")` when the name is taken.
    async fn insert_organization(&self, organization: &Organization) -> Result<(), StoreError>;
    /// Replaces a stored tenant.
    async fn update_organization(&self, organization: &Organization) -> Result<(), StoreError>;
    /// By id.
    async fn organization(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError>;
    /// By name.
    async fn organization_named(&self, name: &str) -> Result<Option<Organization>, StoreError>;
    /// Stores a new key; `Duplicate("key")` when the secret is known already.
    async fn insert_key(&self, key: &ApiKey) -> Result<(), StoreError>;
    /// Replaces a stored key (name, permissions, revocation).
    async fn update_key(&self, key: &ApiKey) -> Result<(), StoreError>;
    /// Notes when a key was last used. Apart from `update_key`, so that it cannot undo a revocation.
    async fn key_used(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError>;
    /// By SHA-256 of its secret.
    async fn key_by_hash(&self, sha256: &[u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    /// All of a tenant.
    async fn keys(&self, organization: OrganizationId) -> Result<Vec<ApiKey>, StoreError>;
    /// One key.
    async fn key(&self, organization: OrganizationId, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;
    /// Stores a do-not-call entry; a number that is on the list already stays as it is.
    async fn suppress(&self, entry: &Suppression) -> Result<(), StoreError>;
    /// Whether a number is on the list.
    async fn suppression(
        &self,
        organization: OrganizationId,
        number: &PhoneNumber,
    ) -> Result<Option<Suppression>, StoreError>;
    /// All of a tenant, newest first.
    async fn suppressions(&self, organization: OrganizationId) -> Result<Vec<Suppression>, StoreError>;
    /// Takes a number off the list; false when it was not on it.
    async fn unsuppress(&self, organization: OrganizationId, id: SuppressionId) -> Result<bool, StoreError>;
}

/// Trunks and numbers.
#[async_trait]
pub trait TelephonyStore: Send + Sync {
    /// Stores a new trunk; `Duplicate("trunk")` when the name is taken.
    async fn insert_trunk(&self, trunk: &Trunk) -> Result<(), StoreError>;
    /// Replaces a stored trunk.
    async fn update_trunk(&self, trunk: &Trunk) -> Result<(), StoreError>;
    /// By name or id.
    async fn trunk(&self, organization: OrganizationId, name: &str) -> Result<Option<Trunk>, StoreError>;
    /// All of a tenant, by name.
    async fn trunks(&self, organization: OrganizationId) -> Result<Vec<Trunk>, StoreError>;
    /// Removes a trunk without numbers; false when there is none such.
    async fn delete_trunk(&self, organization: OrganizationId, id: TrunkId) -> Result<bool, StoreError>;
    /// Stores a new number; `Duplicate("number")` when the tenant has it already.
    async fn insert_number(&self, number: &CallerNumber) -> Result<(), StoreError>;
    /// Replaces a stored number.
    async fn update_number(&self, number: &CallerNumber) -> Result<(), StoreError>;
    /// One number by id.
    async fn number(&self, organization: OrganizationId, id: NumberId) -> Result<Option<CallerNumber>, StoreError>;
    /// All of a tenant.
    async fn numbers(&self, organization: OrganizationId) -> Result<Vec<CallerNumber>, StoreError>;
    /// Removes a number that no agent calls from; false when there is none such.
    async fn delete_number(&self, organization: OrganizationId, id: NumberId) -> Result<bool, StoreError>;
}
