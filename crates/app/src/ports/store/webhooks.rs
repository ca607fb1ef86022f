//! Endpoints, the way from the outbox to deliveries, and deliveries under leases.
//!
//! Law: a committed event becomes one delivery per endpoint that wants it, whoever fans out and however often it is
//! tried; a later event of a call is not handed out for an endpoint while an earlier one is pending there.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::call::Call;
use domain::call_event::CallEvent;
use domain::organization_event::OrganizationEvent;
use domain::time::Timestamp;
use domain::webhook::{DeadReason, Delivery, DeliveryAttempt, DeliveryState, Disabled, Health, WebhookEndpoint};
use domain::{CallId, DeliveryId, EventId, NodeId, OrganizationId, WebhookEndpointId};

use super::{Page, StoreError};

/// What one fan-out did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FannedOut {
    /// Rows of the outbox that are done with.
    pub events: usize,
    /// Deliveries that were made of them.
    pub deliveries: usize,
    /// More waits: go on at once.
    pub more: bool,
}

/// What a node takes on.
#[derive(Clone, Debug)]
pub struct DeliveryClaim {
    /// Who claims.
    pub node: NodeId,
    /// Due by then.
    pub now: Timestamp,
    /// The lease lasts until then.
    pub until: Timestamp,
    /// Most deliveries.
    pub limit: usize,
    /// Most deliveries of a lane that is not in `rooms`.
    pub each: usize,
    /// Most deliveries of these lanes; nothing of a lane with none.
    pub rooms: BTreeMap<String, usize>,
}

/// A delivery under a lease. `delivery.attempts` counts the try that begins and fences its outcome.
#[derive(Clone, Debug)]
pub struct ClaimedDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// What has its own room, so that it delays nobody else: the endpoint, or the server of a status URL.
    pub lane: String,
    /// Where it goes; `None` when the endpoint is gone.
    pub endpoint: Option<WebhookEndpoint>,
}

/// What a delivery tells of.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// An event of a call, and the call as it stood after it.
    Call(Box<Call>, Box<CallEvent>),
    /// An event of a tenant.
    Organization(OrganizationEvent),
}

/// Judges an endpoint's health inside the transaction that writes it.
pub type Judge = Arc<dyn Fn(Health) -> (Health, Option<Disabled>) + Send + Sync>;

/// How a try went, to be written.
#[derive(Clone)]
pub struct Settlement {
    /// Delivery.
    pub delivery: DeliveryId,
    /// Who held it.
    pub node: NodeId,
    /// The try.
    pub attempt: DeliveryAttempt,
    /// New state. `Pending` is due again at `attempt.next_at`.
    pub state: DeliveryState,
    /// Why it was given up.
    pub dead_reason: Option<DeadReason>,
    /// What it means for the endpoint; `None` where nothing was asked of it.
    pub judge: Option<Judge>,
    /// Id of the event that tells when the endpoint is switched off by it.
    pub notice: EventId,
}

impl std::fmt::Debug for Settlement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settlement").field("delivery", &self.delivery).field("state", &self.state).finish()
    }
}

/// What to look for in a listing of deliveries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeliveryFilter {
    /// Of this endpoint.
    pub endpoint: Option<WebhookEndpointId>,
    /// Of this call.
    pub call: Option<CallId>,
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Cursor of the page before.
    pub cursor: Option<String>,
    /// Rows a page.
    pub limit: u32,
}

/// What to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Endpoint that gets it.
    pub endpoint: WebhookEndpointId,
    /// Events at or after.
    pub since: Timestamp,
    /// Those that arrived too. Otherwise only what was given up or never sent.
    pub delivered_too: bool,
    /// Due then.
    pub now: Timestamp,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Rows of the outbox.
    pub outbox: u64,
    /// Pending deliveries.
    pub pending: u64,
    /// When the oldest of them was made.
    pub oldest: Option<Timestamp>,
}

/// Endpoints and deliveries.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Stores a new endpoint; `Duplicate("webhook")` when the id is taken.
    async fn insert_endpoint(&self, endpoint: &WebhookEndpoint) -> Result<(), StoreError>;
    /// Replaces a stored endpoint. Switched off, its pending deliveries are given up in the same transaction.
    async fn update_endpoint(&self, endpoint: &WebhookEndpoint) -> Result<(), StoreError>;
    /// One endpoint.
    async fn endpoint(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
    ) -> Result<Option<WebhookEndpoint>, StoreError>;
    /// All of a tenant that have an address, oldest first.
    async fn endpoints(&self, organization: OrganizationId) -> Result<Vec<WebhookEndpoint>, StoreError>;
    /// Removes an endpoint; its pending deliveries are given up. False when there is none such.
    async fn delete_endpoint(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Puts an event of a tenant into the outbox.
    async fn tell(&self, event: &OrganizationEvent) -> Result<(), StoreError>;
    /// Makes deliveries of the oldest rows of the outbox. Nodes may do it side by side.
    async fn fan_out(&self, now: Timestamp) -> Result<FannedOut, StoreError>;

    /// Stores a delivery that is not made of an outbox row (a test event).
    async fn insert_delivery(&self, delivery: &Delivery, event: &OrganizationEvent) -> Result<(), StoreError>;
    /// Leases due deliveries, those whose lease ran out too, the longest due first.
    async fn claim_deliveries(&self, claim: DeliveryClaim) -> Result<Vec<ClaimedDelivery>, StoreError>;
    /// One event of a call by its id.
    async fn event(&self, organization: OrganizationId, id: EventId) -> Result<Option<CallEvent>, StoreError>;
    /// What a delivery tells of; `None` when that is not stored any more.
    async fn news(&self, delivery: &Delivery) -> Result<Option<News>, StoreError>;
    /// Writes how a try went. `Fenced` when another node has taken the delivery over, or it was asked for anew.
    async fn settle_delivery(&self, settlement: Settlement) -> Result<(), StoreError>;

    /// One delivery with its tries.
    async fn delivery(
        &self,
        organization: OrganizationId,
        id: DeliveryId,
    ) -> Result<Option<(Delivery, Vec<DeliveryAttempt>)>, StoreError>;
    /// Newest first.
    async fn deliveries(
        &self,
        organization: OrganizationId,
        filter: &DeliveryFilter,
    ) -> Result<Page<Delivery>, StoreError>;
    /// Makes a delivery pending again under the same id, with a new round of tries. `None` when there is none such.
    async fn resend_delivery(
        &self,
        organization: OrganizationId,
        id: DeliveryId,
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError>;
    /// Sends events of the log again to an endpoint that wants them; returns how many.
    async fn replay(&self, organization: OrganizationId, replay: Replay) -> Result<u64, StoreError>;
    /// What waits, over all tenants.
    async fn backlog(&self) -> Result<Backlog, StoreError>;
    /// Removes deliveries that were finished before; returns how many, a bounded number a call.
    async fn purge_deliveries(&self, finished_before: Timestamp) -> Result<u64, StoreError>;
}
