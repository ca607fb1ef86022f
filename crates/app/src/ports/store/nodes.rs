//! The nodes of an installation: each shows itself with every heartbeat, and reads what is asked of it.

use async_trait::async_trait;
use domain::NodeId;
use domain::node::{Node, NodeState};
use domain::time::Timestamp;

use super::StoreError;

/// What a node shows of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Which.
    pub node: NodeId,
    /// What people call it.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// When it last extended its leases; its first beat is its start.
    pub at: Timestamp,
    /// Until when they hold.
    pub until: Timestamp,
    /// What it does.
    pub state: NodeState,
    /// Calls that it holds.
    pub live_calls: u32,
}

/// The nodes.
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// Writes what a node shows of itself, and returns whether it is asked to drain. A node that shows itself for the
    /// first time sweeps out those that were lost more than a day ago.
    async fn node_beats(&self, beat: &Beat) -> Result<bool, StoreError>;
    /// A node that stopped in order is forgotten.
    async fn node_gone(&self, node: NodeId) -> Result<(), StoreError>;
    /// All that are known, lost ones too, oldest first.
    async fn nodes(&self) -> Result<Vec<Node>, StoreError>;
    /// Asks a node to drain, or no longer to. False when that was asked already, or there is no such node.
    async fn want_drain(&self, node: NodeId, drain: bool) -> Result<bool, StoreError>;
}
