//! Leases against a model: whatever nodes do, and in whatever order, a call is held by at most one of them, dialed at
//! most once and ended at most once.

use std::collections::BTreeMap;

use app::ports::store::{CallQueue, CallStore, DialGuard, Lease, StoreError};
use domain::CallId;
use domain::NodeId;
use domain::call::CallKey;
use domain::call_event::CallFact;
use domain::outcome::{CallStatus, EndReason};
use proptest::prelude::*;
use store::SqlStore;

use crate::builders::{Tenant, at, attempt, ended, fact, node};

const LEASE: i64 = 30;

/// What a node may do. Leases are named by their place among all that were ever given, so that old ones are tried too.
#[derive(Clone, Debug)]
enum Op {
    Create,
    Wait(i64),
    Claim {
        node: usize,
        limit: u32,
    },
    Dial {
        lease: usize,
    },
    Requeue {
        lease: usize,
    },
    End {
        lease: usize,
    },
    Cancel {
        call: usize,
    },
    /// The node knows of its calls those whose place, in the order of their creation, is a bit of `knows`.
    Heartbeat {
        node: usize,
        knows: u16,
    },
    Sweep {
        node: usize,
    },
    /// All that a process kept in memory is gone. Nodes that never come back are those of which nothing more is heard.
    Restart,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        3 => Just(Op::Create),
        2 => (1..20_i64).prop_map(Op::Wait),
        4 => (0..3_usize, 1..4_u32).prop_map(|(node, limit)| Op::Claim { node, limit }),
        3 => (0..30_usize).prop_map(|lease| Op::Dial { lease }),
        2 => (0..30_usize).prop_map(|lease| Op::Requeue { lease }),
        2 => (0..30_usize).prop_map(|lease| Op::End { lease }),
        1 => (0..10_usize).prop_map(|call| Op::Cancel { call }),
        2 => (0..3_usize, any::<u16>()).prop_map(|(node, knows)| Op::Heartbeat { node, knows: knows | 1 }),
        3 => (0..3_usize).prop_map(|node| Op::Sweep { node }),
        1 => Just(Op::Restart),
    ];
    proptest::collection::vec(op, 1..60)
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Queued,
    Held { lease: Lease, until: i64, dialed: bool },
    Ended,
}

struct World {
    target: String,
    store: SqlStore,
    tenant: Tenant,
    nodes: [NodeId; 3],
    now: i64,
    order: Vec<CallId>,
    calls: BTreeMap<CallId, State>,
    leases: Vec<Lease>,
}

impl World {
    async fn new(target: &str) -> Self {
        let store = SqlStore::open(target).await.unwrap();
        // A name that no case before has taken, where cases share a database.
        let tenant = Tenant::in_store(&store, &crate::builders::uuid().to_string()).await;
        let nodes = [node(), node(), node()];
        Self {
            target: target.to_owned(),
            store,
            tenant,
            nodes,
            now: 0,
            order: Vec::new(),
            calls: BTreeMap::new(),
            leases: Vec::new(),
        }
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Create => {
                let call = self.tenant.queued(&self.store, at(self.now)).await;
                self.order.push(call.id);
                self.calls.insert(call.id, State::Queued);
            }
            Op::Wait(seconds) => self.now += seconds,
            Op::Claim { node, limit } => self.claim(self.nodes[node], limit).await,
            Op::Dial { lease } => self.dial(lease).await,
            Op::Requeue { lease } => self.requeue(lease).await,
            Op::End { lease } => self.end(lease).await,
            Op::Cancel { call } => self.cancel(call).await,
            Op::Heartbeat { node, knows } => self.heartbeat(self.nodes[node], knows).await,
            Op::Sweep { node } => self.sweep(self.nodes[node]).await,
            Op::Restart => self.restart().await,
        }
    }

    /// Opens the database anew; one in memory would be gone.
    async fn restart(&mut self) {
        if !self.target.contains(":memory:") {
            self.store.close().await;
            self.store = SqlStore::open(&self.target).await.unwrap();
        }
    }

    /// Leaves nothing in the queue for the case after this one.
    async fn clear(&self) {
        if let Some(url) = self.target.strip_prefix("postgres:") {
            let other = sea_orm::Database::connect(format!("postgres:{url}")).await.unwrap();
            sea_orm::ConnectionTrait::execute_unprepared(&other, "DELETE FROM queue").await.unwrap();
            other.close().await.unwrap();
        }
        self.store.close().await;
    }

    /// A lease that was once given, and whether it holds.
    fn given(&self, index: usize) -> Option<(Lease, bool, bool)> {
        let lease = *self.leases.get(index)?;
        Some(match self.calls[&lease.call] {
            State::Held { lease: current, dialed, .. } => (lease, current == lease, dialed),
            State::Queued | State::Ended => (lease, false, false),
        })
    }

    async fn claim(&mut self, node: NodeId, limit: u32) {
        let until = self.now + LEASE;
        let claimed = self.store.claim(node, limit, at(self.now), at(until)).await.unwrap().calls;
        let waiting = self.calls.values().filter(|state| **state == State::Queued).count();
        assert_eq!(claimed.len(), waiting.min(limit as usize));
        for one in claimed {
            assert_eq!(one.lease.node, node);
            assert_eq!(self.calls[&one.call.id], State::Queued, "it was free");
            let newer = self.leases.iter().filter(|old| old.call == one.call.id).all(|old| old.epoch < one.lease.epoch);
            assert!(newer, "epochs count up");
            self.leases.push(one.lease);
            self.calls.insert(one.call.id, State::Held { lease: one.lease, until, dialed: false });
        }
    }

    async fn dial(&mut self, lease: usize) {
        let Some((lease, holds, dialed)) = self.given(lease) else { return };
        let call = self.store.call(self.tenant.organization.id, &CallKey::Id(lease.call)).await.unwrap().unwrap();
        let tried = attempt();
        let said = fact(CallFact::Dialing { attempt: tried });
        let result = self.store.about_to_dial(lease, &call, tried, said, DialGuard::default()).await;
        assert_eq!(result.is_ok(), holds && !dialed, "{result:?}");
        if let (true, Some(State::Held { dialed, .. })) = (result.is_ok(), self.calls.get_mut(&lease.call)) {
            *dialed = true;
        }
    }

    async fn requeue(&mut self, lease: usize) {
        let Some((lease, holds, dialed)) = self.given(lease) else { return };
        let result = self.store.requeue(lease, at(self.now)).await;
        assert_eq!(result.is_ok(), holds && !dialed, "{result:?}");
        if result.is_ok() {
            self.calls.insert(lease.call, State::Queued);
        }
    }

    async fn end(&mut self, lease: usize) {
        let Some((lease, holds, _)) = self.given(lease) else { return };
        let mut call = self.store.call(self.tenant.organization.id, &CallKey::Id(lease.call)).await.unwrap().unwrap();
        let end = fact(ended(CallStatus::Failed, EndReason::NodeLost));
        call.apply(end.at, &end.fact);
        let result = self.store.append(lease, &call, vec![end]).await;
        assert_eq!(result.is_ok(), holds, "{result:?}");
        if holds {
            self.calls.insert(lease.call, State::Ended);
        }
    }

    async fn cancel(&mut self, call: usize) {
        let Some(id) = self.order.get(call).copied() else { return };
        let mut call = self.store.call(self.tenant.organization.id, &CallKey::Id(id)).await.unwrap().unwrap();
        let end = fact(ended(CallStatus::Canceled, EndReason::Canceled));
        call.apply(end.at, &end.fact);
        match self.store.end_queued(&call, end).await {
            Ok(_) => assert_eq!(self.calls.insert(id, State::Ended), Some(State::Queued)),
            Err(StoreError::Fenced) => assert_ne!(self.calls[&id], State::Queued),
            Err(error) => panic!("{error}"),
        }
    }

    async fn heartbeat(&mut self, node: NodeId, knows: u16) {
        let longer = self.now + LEASE;
        let known = self.order.iter().enumerate().filter(|(place, _)| knows & (1 << (place % 16)) != 0);
        let known: Vec<CallId> = known.map(|(_, call)| *call).collect();
        let extended = self.store.heartbeat(node, known.clone(), at(longer)).await.unwrap();
        let mut mine = 0;
        for (call, state) in &mut self.calls {
            if let State::Held { lease, until, .. } = state
                && lease.node == node
                && known.contains(call)
            {
                *until = longer;
                mine += 1;
            }
        }
        assert_eq!(extended, mine);
    }

    async fn sweep(&mut self, node: NodeId) {
        let taken_until = self.now + LEASE;
        let lost = self.store.sweep(node, at(self.now), at(taken_until)).await.unwrap();
        let mut expected = Vec::new();
        for (call, state) in &mut self.calls {
            match state {
                State::Held { until, dialed: false, .. } if *until <= self.now => *state = State::Queued,
                State::Held { lease, until, dialed: true } if *until <= self.now => {
                    *lease = Lease { call: *call, node, epoch: lease.epoch + 1 };
                    *until = taken_until;
                    expected.push(*lease);
                }
                _ => {}
            }
        }
        let mut leases: Vec<Lease> = lost.into_iter().map(|(lease, _)| lease).collect();
        leases.sort_by_key(|lease| lease.call);
        assert_eq!(leases, expected);
        self.leases.extend(leases);
    }

    /// What the log says in the end.
    async fn judge(&self) {
        for (call, state) in &self.calls {
            let log = self.store.events(self.tenant.organization.id, *call, 0, 1_000).await.unwrap();
            let dialed = log.iter().filter(|e| matches!(e.fact, CallFact::Dialing { .. })).count();
            let over = log.iter().filter(|e| e.fact.is_terminal()).count();
            assert!(dialed <= 1, "one INVITE");
            assert_eq!(over, usize::from(*state == State::Ended), "one end");
            assert_eq!(log.iter().map(|e| e.sequence).collect::<Vec<_>>(), (1..=log.len() as u32).collect::<Vec<_>>());
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn play(target: &str, ops: Vec<Op>) {
    let mut world = World::new(target).await;
    for op in ops {
        world.step(op).await;
    }
    world.judge().await;
    world.clear().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn leases_follow_the_model(ops in ops()) {
        runtime().block_on(play("sqlite::memory:", ops));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn leases_follow_the_model_over_restarts(ops in ops()) {
        let folder = tempfile::tempdir().unwrap();
        runtime().block_on(play(folder.path().join("outdial.db").to_str().unwrap(), ops));
    }
}

#[test]
fn leases_follow_the_model_on_postgres() {
    let url = runtime().block_on(crate::builders::postgres_database());
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(ops in ops())| runtime().block_on(play(&url, ops)));
}

#[tokio::test]
async fn what_a_dead_process_held_is_resolved_at_once_when_another_takes_over() {
    let store = SqlStore::open("sqlite::memory:").await.unwrap();
    let tenant = Tenant::in_store(&store, "acme").await;
    let (dead, heir) = (node(), node());
    let (rang, waited) = (tenant.queued(&store, at(0)).await, tenant.queued(&store, at(0)).await);
    let held = store.claim(dead, 2, at(0), at(LEASE)).await.unwrap().calls;
    let dialed = held.iter().find(|one| one.call.id == rang.id).unwrap();
    let said = fact(CallFact::Dialing { attempt: attempt() });
    let tried = attempt();
    store.about_to_dial(dialed.lease, &dialed.call, tried, said.clone(), DialGuard::default()).await.unwrap();

    assert!(store.sweep(heir, at(1), at(LEASE)).await.unwrap().is_empty(), "the leases still live");
    assert_eq!(store.expire_leases(at(1)).await.unwrap(), 2);
    let swept = store.sweep(heir, at(1), at(LEASE)).await.unwrap();
    assert_eq!(swept.iter().map(|(_, call)| call.id).collect::<Vec<_>>(), [rang.id]);
    let again = store.claim(heir, 2, at(1), at(LEASE)).await.unwrap().calls;
    assert_eq!(again.iter().map(|one| one.call.id).collect::<Vec<_>>(), [waited.id]);
    // The dead one, should it live after all, learns that it lost the call before its INVITE leaves.
    let late = store.about_to_dial(dialed.lease, &dialed.call, tried, said, DialGuard::default()).await;
    assert!(matches!(late, Err(StoreError::Fenced)));
}
