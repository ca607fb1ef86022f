//! Nodes on the wire.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::NodeState;

/// A process of the installation, as it last showed itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// Id, new at every start.
    #[schema(example = "node_018f00000000700080000000000000a1")]
    pub id: String,
    /// What it is called: `cluster.node_name`, or the machine's name.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it last extended its leases.
    pub last_beat_at: Timestamp,
    /// It still holds its leases; a node that is not alive is lost, and others take its calls over.
    pub alive: bool,
    /// What it does, by its own word. One that is `draining` and has no live call may be stopped.
    pub state: NodeState,
    /// It is asked to drain; it obeys at once, or with its next beat.
    pub drain_wanted: bool,
    /// Calls that it holds.
    pub live_calls: u32,
}

impl From<app::manage_nodes::SeenNode> for Node {
    fn from(seen: app::manage_nodes::SeenNode) -> Self {
        let node = seen.node;
        Self {
            id: node.id.to_string(),
            name: node.name,
            version: node.version,
            started_at: node.started_at,
            last_beat_at: node.beat_at,
            alive: seen.alive,
            state: NodeState(node.state),
            drain_wanted: node.drain_wanted,
            live_calls: node.live_calls,
        }
    }
}
