//! Pace and calls at once, kept by the claim.

use app::ports::store::{ClaimedCall, CreateRefused, NewCall, Store};
use domain::agent::{Agent, AgentState, AgentVersion};
use domain::call::Call;
use domain::outcome::{CallStatus, EndReason};
use domain::time::Timestamp;
use domain::{AgentId, AgentVersionId, CallId};

use crate::builders::{Tenant, at, ended, fact, node, uuid};

/// A moment, in milliseconds after the calls were queued.
fn ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_010_000 + ms).unwrap()
}

async fn claim(store: &dyn Store, now: Timestamp, limit: u32) -> Vec<ClaimedCall> {
    let mut all = Vec::new();
    loop {
        let claims = store.claim(node(), limit, now, now + std::time::Duration::from_secs(3_600)).await.unwrap();
        all.extend(claims.calls);
        if !claims.more {
            return all;
        }
    }
}

async fn claimed_ids(store: &dyn Store, now: Timestamp) -> Vec<CallId> {
    claim(store, now, 32).await.into_iter().map(|claimed| claimed.call.id).collect()
}

async fn queued(store: &dyn Store, tenant: &Tenant, calls: usize) -> Vec<CallId> {
    let mut ids = Vec::new();
    for _ in 0..calls {
        ids.push(tenant.queued(store, at(0)).await.id);
    }
    ids
}

async fn end(store: &dyn Store, claimed: ClaimedCall) {
    let mut call = claimed.call;
    let over = fact(ended(CallStatus::Completed, EndReason::CalleeHangup));
    call.apply(over.at, &over.fact);
    store.append(claimed.lease, &call, vec![over]).await.unwrap();
}

/// The tenant's second agent, without limits.
async fn another_agent(store: &dyn Store, tenant: &Tenant) -> (Agent, AgentVersion) {
    let id = AgentId(uuid());
    let version = AgentVersion { id: AgentVersionId(uuid()), agent: id, ..tenant.version.clone() };
    let agent = Agent {
        id,
        slug: "other".to_owned(),
        calls_per_second: None,
        live_calls: None,
        published: Some(version.id),
        ..tenant.agent.clone()
    };
    let draft = Agent { published: None, state: AgentState::Draft, ..agent.clone() };
    store.insert_agent(&draft).await.unwrap();
    store.publish_agent(&agent, &version).await.unwrap();
    (agent, version)
}

async fn queued_for(store: &dyn Store, tenant: &Tenant, agent: &(Agent, AgentVersion)) -> CallId {
    let mut new = tenant.new_call(at(0));
    new.call = Call { agent: agent.0.id, agent_version: agent.1.id, ..new.call };
    store.insert_call(new).await.unwrap().call.id
}

pub(crate) async fn a_pace_lets_calls_go_evenly_and_in_order(store: &dyn Store) {
    let mut tenant = Tenant::in_store(store, "acme").await;
    tenant.agent.calls_per_second = Some(5.0);
    store.update_agent(&tenant.agent).await.unwrap();
    let ids = queued(store, &tenant, 40).await;
    let (mut now, mut went) = (ms(0), Vec::new());
    loop {
        let claims = store.claim(node(), 32, now, ms(3_600_000)).await.unwrap();
        went.extend(claims.calls.into_iter().map(|claimed| (now, claimed.call.id)));
        if claims.more {
            continue;
        }
        let Some(next) = claims.next_due else { break };
        assert!(next > now);
        now = next;
    }
    let expected: Vec<_> = ids.iter().enumerate().map(|(n, id)| (ms(200 * n as i64), *id)).collect();
    assert_eq!(went, expected);
}

pub(crate) async fn every_scope_has_a_pace(store: &dyn Store) {
    for scope in ["agent", "number", "organization", "trunk"] {
        let mut tenant = Tenant::in_store(store, scope).await;
        match scope {
            "agent" => tenant.agent.calls_per_second = Some(1.0),
            "number" => tenant.number.calls_per_second = Some(1.0),
            "organization" => tenant.organization.caps.calls_per_second = Some(1.0),
            _ => tenant.trunk.calls_per_second = Some(1.0),
        }
        save(store, &tenant).await;
        let ids = queued(store, &tenant, 2).await;
        assert_eq!(claimed_ids(store, ms(0)).await, ids[..1], "{scope}");
        assert!(claimed_ids(store, ms(999)).await.is_empty(), "{scope}");
        assert_eq!(claimed_ids(store, ms(1_000)).await, ids[1..], "{scope}");
    }
}

async fn save(store: &dyn Store, tenant: &Tenant) {
    store.update_agent(&tenant.agent).await.unwrap();
    store.update_number(&tenant.number).await.unwrap();
    store.update_trunk(&tenant.trunk).await.unwrap();
    store.update_organization(&tenant.organization).await.unwrap();
}

pub(crate) async fn calls_at_once_are_counted_for_every_scope(store: &dyn Store) {
    for scope in ["agent", "number", "organization", "trunk"] {
        let mut tenant = Tenant::in_store(store, scope).await;
        match scope {
            "agent" => tenant.agent.live_calls = Some(2),
            "number" => tenant.number.live_calls = Some(2),
            "organization" => tenant.organization.caps.live_calls = Some(2),
            _ => tenant.trunk.channels = Some(2),
        }
        save(store, &tenant).await;
        let ids = queued(store, &tenant, 9).await;
        let mut up = claim(store, ms(0), 32).await;
        let mut went: Vec<CallId> = up.iter().map(|claimed| claimed.call.id).collect();
        while !up.is_empty() {
            assert!(up.len() <= 2, "{scope}");
            end(store, up.remove(0)).await;
            let more = claim(store, ms(1), 32).await;
            went.extend(more.iter().map(|claimed| claimed.call.id));
            up.extend(more);
        }
        assert_eq!(went, ids, "{scope}");
    }
}

pub(crate) async fn who_waits_for_a_pace_holds_up_nobody_else(store: &dyn Store) {
    let mut tenant = Tenant::in_store(store, "acme").await;
    tenant.agent.calls_per_second = Some(1.0);
    store.update_agent(&tenant.agent).await.unwrap();
    let other = another_agent(store, &tenant).await;
    let busy = queued(store, &tenant, 600).await;
    let quick = queued_for(store, &tenant, &other).await;
    let went = claimed_ids(store, ms(0)).await;
    assert_eq!(went, [busy[0], quick]);
    // A second time nothing is looked at but the first of the line.
    assert_eq!(claimed_ids(store, ms(1_000)).await, [busy[1]]);
    assert_eq!(claimed_ids(store, ms(2_500)).await, [busy[2]], "what was missed is not made up for");
}

pub(crate) async fn a_call_that_waits_for_one_line_takes_nothing_of_another(store: &dyn Store) {
    let mut tenant = Tenant::in_store(store, "acme").await;
    tenant.agent.live_calls = Some(1);
    tenant.trunk.calls_per_second = Some(1.0);
    save(store, &tenant).await;
    let other = another_agent(store, &tenant).await;
    let own = queued(store, &tenant, 3).await;
    let quick = queued_for(store, &tenant, &other).await;
    let mut up = claim(store, ms(0), 32).await;
    assert_eq!(up.len(), 1, "the trunk starts one a second");
    assert_eq!(
        claimed_ids(store, ms(1_000)).await,
        [quick],
        "the agent is full; its calls leave the trunk's turn to others"
    );
    assert!(claimed_ids(store, ms(1_900)).await.is_empty());
    end(store, up.remove(0)).await;
    assert_eq!(claimed_ids(store, ms(2_000)).await, [own[1]]);
}

pub(crate) async fn nodes_that_claim_at_once_keep_to_one_pace_and_one_number_of_channels(store: &dyn Store) {
    let mut tenant = Tenant::in_store(store, "acme").await;
    tenant.agent.calls_per_second = Some(20.0);
    tenant.trunk.channels = Some(12);
    save(store, &tenant).await;
    let ids = queued(store, &tenant, 30).await;
    let mut went = Vec::new();
    for tick in 0..40 {
        // Every 10 ms, five times as often as the pace allows.
        let now = ms(tick * 10);
        let nodes = futures_util::future::join_all((0..6).map(|_| store.claim(node(), 4, now, ms(3_600_000)))).await;
        let granted: Vec<CallId> =
            nodes.into_iter().flat_map(|claims| claims.unwrap().calls).map(|claimed| claimed.call.id).collect();
        assert!(granted.len() <= 1, "burst 1");
        went.extend(granted);
        let most = 1 + tick as usize * 10 / 50;
        assert!(went.len() <= most, "{} went within {} ms", went.len(), tick * 10);
    }
    assert!(went.len() >= 6, "{}", went.len());
    for tick in 40..400 {
        let nodes =
            futures_util::future::join_all((0..3).map(|_| store.claim(node(), 4, ms(tick * 10), ms(3_600_000)))).await;
        went.extend(nodes.into_iter().flat_map(|claims| claims.unwrap().calls).map(|claimed| claimed.call.id));
    }
    assert_eq!(went.len(), 12, "the trunk has twelve channels");
    // Before anybody stands in line, each node looks at calls of its own; from then on all go in order.
    assert!(went[1..].is_sorted());
    assert!(went.iter().all(|id| ids.contains(id)));
}

pub(crate) async fn a_lifted_limit_lets_the_line_go(store: &dyn Store) {
    let mut tenant = Tenant::in_store(store, "acme").await;
    tenant.agent.calls_per_second = Some(0.1);
    store.update_agent(&tenant.agent).await.unwrap();
    let ids = queued(store, &tenant, 7).await;
    assert_eq!(claimed_ids(store, ms(0)).await, ids[..1]);
    tenant.agent.calls_per_second = Some(1_000.0);
    store.update_agent(&tenant.agent).await.unwrap();
    assert_eq!(claimed_ids(store, ms(10_000)).await, ids[1..2]);
    assert_eq!(claimed_ids(store, ms(10_001)).await, ids[2..3], "the new pace counts from the next grant on");
    tenant.agent.calls_per_second = None;
    store.update_agent(&tenant.agent).await.unwrap();
    assert_eq!(claimed_ids(store, ms(10_002)).await, ids[3..]);
    let next = tenant.queued(store, at(0)).await.id;
    assert_eq!(claimed_ids(store, ms(10_002)).await, [next]);
}

pub(crate) async fn a_canceled_call_leaves_its_line(store: &dyn Store) {
    let mut tenant = Tenant::in_store(store, "acme").await;
    tenant.agent.calls_per_second = Some(1.0);
    store.update_agent(&tenant.agent).await.unwrap();
    let mut calls = Vec::new();
    for _ in 0..3 {
        calls.push(tenant.queued(store, at(0)).await);
    }
    assert_eq!(claimed_ids(store, ms(0)).await, [calls[0].id]);
    let mut canceled = calls.remove(1);
    let over = fact(ended(CallStatus::Canceled, EndReason::Canceled));
    canceled.apply(over.at, &over.fact);
    store.end_queued(&canceled, over).await.unwrap();
    assert_eq!(claimed_ids(store, ms(1_000)).await, [calls[1].id]);
    let claims = store.claim(node(), 9, ms(2_000), ms(9_000)).await.unwrap();
    assert!(claims.calls.is_empty() && claims.next_due.is_none() && !claims.more, "the line is empty");
}

pub(crate) async fn a_turn_taken_at_create_is_refused_or_kept(store: &dyn Store) {
    let mut tenant = Tenant::in_store(store, "acme").await;
    tenant.agent.calls_per_second = Some(0.001);
    store.update_agent(&tenant.agent).await.unwrap();
    // The turn is taken by the queue's own clock.
    let begun = store.now().await.unwrap();
    let now = || NewCall { pace_now: Some(tenant.way_out()), ..tenant.new_call(begun) };
    let first = store.insert_call(now()).await.unwrap().call;
    match store.insert_call(now()).await {
        Err(CreateRefused::Pace { name, retry_after }) => {
            assert_eq!(name, "agent.calls_per_second");
            assert!((900..=1_000).contains(&retry_after.as_secs()), "{retry_after:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(store.events_after(tenant.organization.id, 0, 10).await.unwrap().len(), 1, "nothing of it was stored");
    // One that waits stands in line; the other's turn is taken already.
    let waits = tenant.queued(store, begun).await.id;
    let here = store.now().await.unwrap();
    assert_eq!(claimed_ids(store, here).await, [first.id]);
    assert_eq!(claimed_ids(store, here + std::time::Duration::from_secs(1_001)).await, [waits]);
}

pub(crate) async fn creates_at_once_keep_to_the_pace(store: &dyn Store) {
    let mut tenant = Tenant::in_store(store, "acme").await;
    tenant.agent.calls_per_second = Some(50.0);
    tenant.trunk.calls_per_second = Some(40.0);
    save(store, &tenant).await;
    let begun = store.now().await.unwrap();
    let mut stored = 0_usize;
    for _ in 0..10 {
        let creates =
            (0..16).map(|_| store.insert_call(NewCall { pace_now: Some(tenant.way_out()), ..tenant.new_call(at(0)) }));
        for create in futures_util::future::join_all(creates).await {
            match create {
                Ok(_) => stored += 1,
                Err(CreateRefused::Pace { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    let window = store.now().await.unwrap().duration_since(begun).as_secs_f64();
    assert!(stored >= 1);
    assert!(stored as f64 <= 40.0 * window + 1.0, "{stored} in {window} s");
    assert_eq!(store.events_after(tenant.organization.id, 0, 1_000).await.unwrap().len(), stored);
}
