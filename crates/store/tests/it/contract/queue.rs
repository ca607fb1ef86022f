//! Queue and leases.

use std::collections::HashMap;

use app::ports::store::{AboutToDial, ClaimedCall, Claims, DialGuard, Store, StoreError};
use domain::SuppressionId;
use domain::call::CallKey;
use domain::call_event::CallFact;
use domain::outcome::{CallStatus, EndReason};
use domain::suppression::{Suppression, SuppressionSource};

use crate::builders::{Tenant, at, attempt, ended, fact, node, uuid};

fn dialing(attempt: domain::AttemptId) -> CallFact {
    CallFact::Dialing { attempt }
}

async fn claim_one(store: &dyn Store, node: domain::NodeId, now: i64, until: i64) -> ClaimedCall {
    store.claim(node, 1, at(now), at(until)).await.unwrap().calls.pop().expect("a call is due")
}

pub(crate) async fn a_claim_brings_all_that_is_needed_to_dial(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let call = tenant.queued(store, at(0)).await;
    let me = node();
    let claimed = claim_one(store, me, 1, 30).await;
    assert_eq!(claimed.call, call);
    assert_eq!(*claimed.version, tenant.version);
    assert_eq!(*claimed.trunk, tenant.trunk);
    assert_eq!((claimed.lease.call, claimed.lease.node, claimed.lease.epoch), (call.id, me, 1));
}

pub(crate) async fn calls_are_claimed_in_order_and_not_before_they_are_due(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let late = tenant.queued(store, at(50)).await;
    let first = tenant.queued(store, at(10)).await;
    let second = tenant.queued(store, at(10)).await;
    let ids = |claimed: Vec<ClaimedCall>| claimed.into_iter().map(|c| c.call.id).collect::<Vec<_>>();
    assert!(store.claim(node(), 9, at(9), at(99)).await.unwrap().calls.is_empty());
    assert_eq!(ids(store.claim(node(), 1, at(11), at(99)).await.unwrap().calls), [first.id]);
    assert_eq!(ids(store.claim(node(), 9, at(11), at(99)).await.unwrap().calls), [second.id]);
    assert_eq!(ids(store.claim(node(), 9, at(50), at(99)).await.unwrap().calls), [late.id]);
    assert!(store.claim(node(), 0, at(60), at(99)).await.unwrap().calls.is_empty());
}

pub(crate) async fn eight_claimers_get_each_call_exactly_once(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    for _ in 0..200 {
        tenant.queued(store, at(0)).await;
    }
    let claimers = (0..8).map(|_| async {
        let me = node();
        let mut mine = Vec::new();
        loop {
            let claimed = store.claim(me, 7, at(1), at(30)).await.unwrap().calls;
            if claimed.is_empty() {
                return mine;
            }
            assert!(claimed.iter().all(|c| c.lease.node == me && c.lease.epoch == 1));
            mine.extend(claimed.into_iter().map(|c| c.call.id));
        }
    });
    let mut times: HashMap<_, u32> = HashMap::new();
    for call in futures_util::future::join_all(claimers).await.into_iter().flatten() {
        *times.entry(call).or_default() += 1;
    }
    assert_eq!(times.len(), 200);
    assert!(times.values().all(|n| *n == 1));
}

pub(crate) async fn a_requeued_call_is_claimed_again_under_a_new_epoch(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let me = node();
    let first = claim_one(store, me, 1, 30).await;
    store.requeue(first.lease, at(20)).await.unwrap();
    assert!(matches!(store.requeue(first.lease, at(20)).await, Err(StoreError::Fenced)));
    assert!(store.claim(me, 1, at(19), at(30)).await.unwrap().calls.is_empty());
    let second = claim_one(store, me, 20, 50).await;
    assert_eq!(second.lease.epoch, 2);
    let write = store.append(first.lease, &first.call, vec![fact(CallFact::OptedOut)]).await;
    assert!(matches!(write, Err(StoreError::Fenced)), "the same node under an old epoch is fenced too");
    store.append(second.lease, &second.call, vec![fact(CallFact::OptedOut)]).await.unwrap();
}

pub(crate) async fn a_lost_lease_cannot_write(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let paused = claim_one(store, node(), 1, 30).await;
    let rival = node();
    assert!(store.sweep(rival, at(31), at(60)).await.unwrap().is_empty(), "it was never dialed");
    let taken = claim_one(store, rival, 31, 60).await;
    let tried = attempt();
    let dial = store.about_to_dial(paused.lease, &paused.call, tried, fact(dialing(tried)), DialGuard::default()).await;
    assert!(matches!(dial, Err(StoreError::Fenced)));
    assert!(matches!(store.requeue(paused.lease, at(70)).await, Err(StoreError::Fenced)));
    let append = store.append(paused.lease, &paused.call, vec![fact(CallFact::OptedOut)]).await;
    assert!(matches!(append, Err(StoreError::Fenced)));
    let call = store.call(tenant.organization.id, &CallKey::Id(taken.call.id)).await.unwrap().unwrap();
    assert_eq!(call, taken.call, "nothing of it was written");
}

pub(crate) async fn a_heartbeat_extends_the_leases_of_its_node_only(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    for _ in 0..3 {
        tenant.queued(store, at(0)).await;
    }
    let (alive, dead) = (node(), node());
    let ids = |claimed: Claims| claimed.calls.iter().map(|one| one.call.id).collect::<Vec<_>>();
    let mut all = ids(store.claim(alive, 2, at(1), at(30)).await.unwrap());
    all.extend(ids(store.claim(dead, 1, at(1), at(30)).await.unwrap()));
    assert_eq!(store.heartbeat(alive, all.clone(), at(60)).await.unwrap(), 2, "one of those it names is not its own");
    assert_eq!(store.heartbeat(node(), all, at(60)).await.unwrap(), 0);
    store.sweep(alive, at(40), at(90)).await.unwrap();
    assert_eq!(
        store.claim(alive, 9, at(40), at(90)).await.unwrap().calls.len(),
        1,
        "only the dead node's call is free"
    );
}

pub(crate) async fn what_a_node_holds_without_knowing_is_resolved_by_evidence(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    for second in 0..3 {
        tenant.queued(store, at(second)).await;
    }
    let me = node();
    let rung = claim_one(store, me, 3, 30).await;
    let tried = attempt();
    let mut dialed = rung.call.clone();
    dialed.apply(at(4), &dialing(tried));
    store.about_to_dial(rung.lease, &dialed, tried, fact(dialing(tried)), DialGuard::default()).await.unwrap();
    let unheard = claim_one(store, me, 3, 30).await;
    let known = claim_one(store, me, 3, 30).await;
    assert_eq!(store.heartbeat(me, vec![known.call.id], at(60)).await.unwrap(), 1);
    assert_eq!(store.heartbeat(me, Vec::new(), at(90)).await.unwrap(), 0);

    let swept = store.sweep(me, at(30), at(60)).await.unwrap();
    assert_eq!(swept.iter().map(|(lease, _)| (lease.call, lease.epoch)).collect::<Vec<_>>(), [(rung.call.id, 2)]);
    let again = claim_one(store, me, 31, 61).await;
    assert_eq!((again.call.id, again.lease.epoch), (unheard.call.id, 2), "never dialed, so it is queued again");
    assert!(store.claim(me, 9, at(31), at(61)).await.unwrap().calls.is_empty(), "the one that it knows is still held");
    // The answer that came late after all: nothing can be done under it.
    let late = attempt();
    let dial = store.about_to_dial(unheard.lease, &unheard.call, late, fact(dialing(late)), DialGuard::default()).await;
    assert!(matches!(dial, Err(StoreError::Fenced)));
}

pub(crate) async fn a_heartbeat_names_as_many_calls_as_a_node_may_hold(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    for _ in 0..5 {
        tenant.queued(store, at(0)).await;
    }
    let me = node();
    let mut named = vec![domain::CallId(uuid()); 1_500];
    for (one, place) in store.claim(me, 5, at(1), at(30)).await.unwrap().calls.iter().zip([0, 511, 512, 1_030, 1_499]) {
        named[place] = one.call.id;
    }
    assert_eq!(store.heartbeat(me, named, at(60)).await.unwrap(), 5);
}

pub(crate) async fn a_sweep_queues_what_was_not_dialed_and_hands_over_what_may_have_rung(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    tenant.queued(store, at(1)).await;
    let dead = node();
    let rung = claim_one(store, dead, 2, 30).await;
    let waiting = claim_one(store, dead, 2, 30).await;
    let tried = attempt();
    let mut dialed = rung.call.clone();
    dialed.apply(at(3), &dialing(tried));
    store.about_to_dial(rung.lease, &dialed, tried, fact(dialing(tried)), DialGuard::default()).await.unwrap();

    let sweeper = node();
    assert!(store.sweep(sweeper, at(29), at(60)).await.unwrap().is_empty(), "leases still hold");
    let lost = store.sweep(sweeper, at(30), at(60)).await.unwrap();
    assert_eq!(lost.len(), 1);
    let (lease, mut call) = lost.into_iter().next().unwrap();
    assert_eq!((lease.call, lease.node, lease.epoch), (rung.call.id, sweeper, 2));
    assert_eq!((call.status, call.attempt), (CallStatus::Dialing, Some(tried)));
    assert!(store.sweep(node(), at(31), at(60)).await.unwrap().is_empty(), "it is held again");

    let end = ended(CallStatus::Failed, EndReason::NodeLost);
    call.apply(at(32), &end);
    store.append(lease, &call, vec![fact(end.clone())]).await.unwrap();
    let late = store.append(rung.lease, &dialed, vec![fact(end)]).await;
    assert!(matches!(late, Err(StoreError::Fenced)), "the node that came back ends nothing twice");
    let again = claim_one(store, node(), 31, 60).await;
    assert_eq!((again.call.id, again.lease.epoch), (waiting.call.id, 2));
}

pub(crate) async fn about_to_dial_is_said_once_per_claim(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let claimed = claim_one(store, node(), 1, 30).await;
    let tried = attempt();
    let mut call = claimed.call.clone();
    call.apply(at(2), &dialing(tried));
    let said = fact(dialing(tried));
    let event = store.about_to_dial(claimed.lease, &call, tried, said.clone(), DialGuard::default()).await.unwrap();
    assert!(matches!(&event, AboutToDial::Committed(event) if event.sequence == 2));
    assert_eq!(store.about_to_dial(claimed.lease, &call, tried, said, DialGuard::default()).await.unwrap(), event);
    let another = attempt();
    let twice = store.about_to_dial(claimed.lease, &call, another, fact(dialing(another)), DialGuard::default()).await;
    assert!(matches!(twice, Err(StoreError::Fenced)), "one INVITE per claim");
    let read = store.call(tenant.organization.id, &CallKey::Id(call.id)).await.unwrap().unwrap();
    assert_eq!((read.status, read.attempt, read.last_event), (CallStatus::Dialing, Some(tried), 2));
}

pub(crate) async fn a_number_that_came_onto_the_list_is_not_dialed(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let claimed = claim_one(store, node(), 1, 30).await;
    let listed = Suppression {
        id: SuppressionId(uuid()),
        organization: tenant.organization.id,
        number: claimed.call.to.clone(),
        reason: "opt_out".into(),
        source: SuppressionSource::Api,
        call: None,
        note: None,
        created_at: at(2),
        expires_at: None,
    };
    store.suppress(&listed).await.unwrap();
    let tried = attempt();
    let mut call = claimed.call.clone();
    call.apply(at(3), &dialing(tried));
    let said = fact(dialing(tried));
    let answer = store.about_to_dial(claimed.lease, &call, tried, said.clone(), DialGuard::default()).await.unwrap();
    assert_eq!(answer, AboutToDial::Forbidden(EndReason::Suppressed));
    let read = store.call(tenant.organization.id, &CallKey::Id(call.id)).await.unwrap().unwrap();
    assert_eq!((read.status, read.attempt, read.last_event), (CallStatus::Queued, None, 1), "nothing was written");
    // Still held, and dialed once nothing forbids it.
    store.unsuppress(tenant.organization.id, listed.id).await.unwrap();
    let answer = store.about_to_dial(claimed.lease, &call, tried, said, DialGuard::default()).await.unwrap();
    assert!(matches!(answer, AboutToDial::Committed(_)));
}

pub(crate) async fn live_calls_are_counted_by_trunk(store: &dyn Store) {
    let one = Tenant::in_store(store, "one").await;
    let two = Tenant::in_store(store, "two").await;
    for n in 0..3 {
        one.queued(store, at(n)).await;
    }
    two.queued(store, at(9)).await;
    assert_eq!(store.live_calls(one.trunk.id, at(10)).await.unwrap(), 0);
    let held = store.claim(node(), 10, at(10), at(30)).await.unwrap().calls;
    assert_eq!(store.live_calls(one.trunk.id, at(11)).await.unwrap(), 3);
    assert_eq!(store.live_calls(two.trunk.id, at(11)).await.unwrap(), 1);
    assert_eq!(store.live_calls(one.trunk.id, at(30)).await.unwrap(), 0, "leases ran out");
    let back = held.iter().find(|c| c.trunk.id == one.trunk.id).unwrap();
    store.requeue(back.lease, at(20)).await.unwrap();
    assert_eq!(store.live_calls(one.trunk.id, at(11)).await.unwrap(), 2);
}

pub(crate) async fn a_call_that_may_have_rung_is_never_queued_again(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    tenant.queued(store, at(0)).await;
    let claimed = claim_one(store, node(), 1, 30).await;
    let tried = attempt();
    store.about_to_dial(claimed.lease, &claimed.call, tried, fact(dialing(tried)), DialGuard::default()).await.unwrap();
    assert!(matches!(store.requeue(claimed.lease, at(5)).await, Err(StoreError::Fenced)));
    let sweeper = node();
    let lost = store.sweep(sweeper, at(31), at(60)).await.unwrap();
    assert_eq!(lost.len(), 1);
    assert!(store.claim(node(), 9, at(40), at(60)).await.unwrap().calls.is_empty());
    // The sweeper dies too, before it could end the call: the next one finds it again.
    let lost = store.sweep(node(), at(61), at(90)).await.unwrap();
    assert_eq!(lost[0].0.epoch, 3);
}

pub(crate) async fn the_queue_has_a_clock(store: &dyn Store) {
    let before = store.now().await.unwrap();
    let after = store.now().await.unwrap();
    assert!(before <= after);
    let minute = std::time::Duration::from_secs(60);
    let here = domain::time::Timestamp::now();
    assert!(here - minute < before && after < here + minute, "server and test share a machine");
}

pub(crate) async fn facts_appended_at_once_are_numbered_without_gaps(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let call = tenant.queued(store, at(0)).await;
    let claimed = claim_one(store, node(), 1, 30).await;
    let appends = (0..24).map(|_| store.append(claimed.lease, &claimed.call, vec![fact(CallFact::OptedOut)]));
    for append in futures_util::future::join_all(appends).await {
        append.unwrap();
    }
    let log = store.events(tenant.organization.id, call.id, 0, 100).await.unwrap();
    assert_eq!(log.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=25).collect::<Vec<_>>());
}
