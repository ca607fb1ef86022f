//! The nodes of an installation.

use std::time::Duration;

use app::ports::store::{AuditFilter, Beat, Store};
use domain::audit::{Actor, AuditAction, AuditEntry, Changes, Origin};
use domain::node::NodeState;
use domain::{AuditId, NodeId};

use crate::builders::{Tenant, at, uuid};

fn beat(node: NodeId, seconds: i64) -> Beat {
    Beat {
        node,
        name: "east-1".to_owned(),
        version: "1.2.3".to_owned(),
        at: at(seconds),
        until: at(seconds) + Duration::from_secs(6),
        state: NodeState::Running,
        live_calls: 3,
    }
}

pub(crate) async fn a_node_shows_itself_and_is_alive_for_a_lease(store: &dyn Store) {
    let (first, second) = (NodeId(uuid()), NodeId(uuid()));
    assert!(!store.node_beats(&beat(first, 1)).await.unwrap());
    store.node_beats(&beat(second, 2)).await.unwrap();
    store.node_beats(&Beat { live_calls: 4, ..beat(first, 3) }).await.unwrap();
    let nodes = store.nodes().await.unwrap();
    assert_eq!(nodes.iter().map(|node| node.id).collect::<Vec<_>>(), [first, second], "oldest first");
    let node = &nodes[0];
    assert_eq!((node.name.as_str(), node.version.as_str()), ("east-1", "1.2.3"));
    let times = [node.started_at, node.beat_at, node.alive_until].map(|time| time.as_microsecond());
    assert_eq!(times, [1, 3, 9].map(|seconds| at(seconds).as_microsecond()));
    assert_eq!((node.state, node.live_calls), (NodeState::Running, 4));
    assert_eq!((node.is_alive(at(8)), node.is_alive(at(9))), (true, false));
    store.node_gone(first).await.unwrap();
    store.node_gone(first).await.unwrap();
    assert_eq!(store.nodes().await.unwrap().len(), 1);
}

pub(crate) async fn what_is_asked_of_a_node_and_what_it_does_are_kept_apart(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let node = NodeId(uuid());
    store.node_beats(&beat(node, 1)).await.unwrap();
    let entry = |action| AuditEntry {
        id: AuditId(uuid()),
        organization: tenant.organization.id,
        at: at(2),
        actor: Actor::Operator,
        action,
        resource: node.to_string(),
        changes: Changes::none(),
        origin: Origin::default(),
    };
    assert!(store.audited(entry(AuditAction::NodeDrained)).want_drain(node, true).await.unwrap());
    assert!(
        !store.audited(entry(AuditAction::NodeDrained)).want_drain(node, true).await.unwrap(),
        "it was asked before"
    );
    let asked = store.nodes().await.unwrap().remove(0);
    assert_eq!((asked.drain_wanted, asked.state), (true, NodeState::Running), "it has not heard of it yet");
    assert!(store.node_beats(&beat(node, 3)).await.unwrap(), "a beat reads what is asked and does not undo it");
    store.node_beats(&Beat { state: NodeState::Draining, ..beat(node, 4) }).await.unwrap();
    assert_eq!(store.nodes().await.unwrap()[0].state, NodeState::Draining);
    assert!(store.audited(entry(AuditAction::NodeResumed)).want_drain(node, false).await.unwrap());
    assert!(!store.node_beats(&beat(node, 5)).await.unwrap());
    assert!(!store.want_drain(NodeId(uuid()), true).await.unwrap(), "there is no such node");
    let filter = AuditFilter { limit: 10, ..AuditFilter::default() };
    let log = store.audit(tenant.organization.id, &filter).await.unwrap().items;
    let acts: Vec<_> = log.iter().map(|entry| entry.action).collect();
    assert_eq!(acts, [AuditAction::NodeResumed, AuditAction::NodeDrained]);
}

pub(crate) async fn lost_nodes_are_shown_for_a_day(store: &dyn Store) {
    const DAY: i64 = 86_400;
    let (long_lost, lost, new) = (NodeId(uuid()), NodeId(uuid()), NodeId(uuid()));
    store.node_beats(&beat(long_lost, 0)).await.unwrap();
    store.node_beats(&beat(lost, 1)).await.unwrap();
    store.node_beats(&beat(new, DAY + 7)).await.unwrap();
    let left: Vec<_> = store.nodes().await.unwrap().iter().map(|node| node.id).collect();
    assert_eq!(left, [lost, new]);
}
