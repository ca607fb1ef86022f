//! The processes of the installation: which there are, and which of them claim no more calls. They belong to no tenant;
//! who may see and drain them is the operator (`nodes:read`, `nodes:write`).

use domain::NodeId;
use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::node::Node;
use domain::refusal::{Refusal, RefusalCode};

use crate::refusals::conflict;
use crate::{Platform, Principal};

/// A node, judged at the moment of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenNode {
    /// As it last showed itself.
    pub node: Node,
    /// It still holds its leases, by the clock that leases go by.
    pub alive: bool,
}

impl Platform {
    /// All nodes, oldest first; lost ones for a day.
    pub async fn list_nodes(&self, principal: &Principal) -> Result<Vec<SeenNode>, Refusal> {
        principal.require(Permission::NodesRead)?;
        self.seen_nodes().await
    }

    /// Asks a node, by id or by name, to claim no more calls; those that it holds go on to their end.
    pub async fn drain_node(&self, principal: &Principal, name: &str) -> Result<SeenNode, Refusal> {
        self.want_drain(principal, name, true).await
    }

    /// Asks a node to claim calls again.
    pub async fn resume_node(&self, principal: &Principal, name: &str) -> Result<SeenNode, Refusal> {
        self.want_drain(principal, name, false).await
    }

    async fn want_drain(&self, principal: &Principal, name: &str, drain: bool) -> Result<SeenNode, Refusal> {
        principal.require(Permission::NodesWrite)?;
        let mut seen = one_alive(self.seen_nodes().await?, name)?;
        let action = if drain { AuditAction::NodeDrained } else { AuditAction::NodeResumed };
        let changes = Changes::none().of("drain_wanted", seen.node.drain_wanted, drain);
        // Asked before: nothing changes and nothing is written, but the node is told again.
        self.audited(principal, action, seen.node.id, changes).want_drain(seen.node.id, drain).await?;
        self.bus.tell_nodes();
        seen.node.drain_wanted = drain;
        Ok(seen)
    }

    async fn seen_nodes(&self) -> Result<Vec<SeenNode>, Refusal> {
        let now = self.store.now().await?;
        let judged = |node: Node| SeenNode { alive: node.is_alive(now), node };
        Ok(self.store.nodes().await?.into_iter().map(judged).collect())
    }
}

/// The node that is meant: nothing can be asked of one that is lost.
fn one_alive(nodes: Vec<SeenNode>, name: &str) -> Result<SeenNode, Refusal> {
    let id = name.parse::<NodeId>().ok();
    let mut named: Vec<SeenNode> =
        nodes.into_iter().filter(|seen| Some(seen.node.id) == id || seen.node.name == name).collect();
    if named.is_empty() {
        return Err(Refusal::new(RefusalCode::NotFound, "no such node"));
    }
    named.retain(|seen| seen.alive);
    let found = named.pop().ok_or_else(|| conflict("the node is lost; its calls are taken over by others"))?;
    if named.is_empty() { Ok(found) } else { Err(conflict("several nodes have this name; take the id")) }
}
