//! Everything that is asked of the store while calls go their way, with what goes on beside.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use app::ports::store::{
    AboutToDial, AnswerStore, CallFilter, CallQueue, CallStore, ClaimedCall, DecisionFilter, DeliveryClaim, DialGuard,
    HeldBack, KeptAnswer, LedgerFilter, NewCall, PolicyStore, TenantStore, WalletStore, WebhookStore,
};
use domain::call::CallKey;
use domain::call_event::CallFact;
use domain::caps::{AtEnd, CapUse};
use domain::dialect::Dialect;
use domain::money::Money;
use domain::outcome::{CallStatus, EndReason};
use domain::webhook::{EndpointKind, Health, WebhookEndpoint, WebhookSecret, WebhookSecrets};
use domain::{NodeId, WebhookEndpointId};

use super::builders::{Tenant, at, attempt, ended, fact, node, uuid};
use crate::SqlStore;

/// After all that waits fell due.
const NOW: i64 = 1_000;

/// A call with a hold, a cap and a key.
pub(super) fn bound(tenant: &Tenant, key: &str) -> NewCall {
    let cap = CapUse {
        scope: "organization/minute".to_owned(),
        window: at(0),
        until: at(60),
        amount: 1,
        most: 1_000,
        at_end: AtEnd::Returns,
        mark: None,
        brake: false,
    };
    let answer = HeldBack {
        scope: "POST /v1/calls".to_owned(),
        key: key.to_owned(),
        fingerprint: [1; 32],
        now: at(1),
        expires_at: at(86_400),
        write: Arc::new(|_| KeptAnswer { status: 201, headers: Vec::new(), body: Vec::new() }),
    };
    let new = tenant.new_call(at(1));
    NewCall {
        hold: Some(Money::from_micros(1_000)),
        caps: vec![cap],
        answer: Some(answer),
        one_at_a_time: false,
        ..new
    }
}

pub(super) fn endpoint(tenant: &Tenant) -> WebhookEndpoint {
    WebhookEndpoint {
        id: WebhookEndpointId(uuid()),
        organization: tenant.organization.id,
        kind: EndpointKind::Listed,
        url: "https://example.net/hook".to_owned(),
        description: String::new(),
        dialect: Dialect::Native,
        events: vec!["*".to_owned()],
        agent: None,
        secrets: WebhookSecrets::only(WebhookSecret::stored("whsec_bmV3".to_owned())),
        disabled: None,
        health: Health::default(),
        created_at: at(-10),
        updated_at: at(-10),
    }
}

/// Claims one call and commits its dial.
pub(super) async fn dialed(store: &SqlStore, tenant: &Tenant) -> ClaimedCall {
    let claimed = store.claim(node(), 1, at(NOW), at(NOW + 30)).await.unwrap().calls.remove(0);
    about_to_dial(store, tenant, claimed).await
}

async fn about_to_dial(store: &SqlStore, tenant: &Tenant, mut claimed: ClaimedCall) -> ClaimedCall {
    let tried = attempt();
    let said = fact(CallFact::Dialing { attempt: tried });
    claimed.call.apply(said.at, &said.fact);
    let guard = DialGuard { frequency: Some((1_000, tenant.organization.created_at)) };
    let answer = store.about_to_dial(claimed.lease, &claimed.call, tried, said, guard).await.unwrap();
    assert!(matches!(answer, AboutToDial::Committed(_)), "{answer:?}");
    claimed
}

/// The whole way, and what goes on beside it.
pub(super) async fn go(store: &SqlStore, tenant: &Tenant) {
    create(store, tenant).await;
    let me = node();
    dial(store, tenant, me).await;
    look(store, tenant).await;
    deliver(store, me).await;
}

async fn create(store: &SqlStore, tenant: &Tenant) {
    let (organization, to) = (tenant.organization.id, &tenant.call(at(1)).to);
    store.number_standing(organization, to).await.unwrap();
    store.known_answer("POST /v1/calls", "second", at(2)).await.unwrap();
    let call = store.insert_call(bound(tenant, "second")).await.unwrap().call;
    let one = NewCall { one_at_a_time: true, ..tenant.new_call(at(1)) };
    // Refused or not, it has looked.
    drop(store.insert_call(one).await);
    let mut ended_call = call;
    let end = fact(ended(CallStatus::Canceled, EndReason::ApiHangup));
    ended_call.apply(end.at, &end.fact);
    store.end_queued(&ended_call, end).await.unwrap();
}

async fn dial(store: &SqlStore, tenant: &Tenant, me: NodeId) {
    let mut claims = store.claim(me, 32, at(NOW), at(NOW + 30)).await.unwrap().calls;
    assert_eq!(claims.len(), 32);
    let back = claims.remove(0);
    store.requeue(back.lease, at(NOW)).await.unwrap();
    let held = claims.iter().map(|claimed| claimed.lease.call).collect();
    store.heartbeat(me, held, at(NOW + 40)).await.unwrap();
    let claimed = about_to_dial(store, tenant, claims.remove(0)).await;
    let mut call = claimed.call.clone();
    let end = fact(ended(CallStatus::Completed, EndReason::CalleeHangup));
    call.apply(end.at, &end.fact);
    store.append(claimed.lease, &call, vec![end]).await.unwrap();
    about_to_dial(store, tenant, claims.remove(0)).await;
    store.live_calls(tenant.trunk.id, at(NOW)).await.unwrap();
    let swept = store.sweep(node(), at(NOW + 50), at(NOW + 90)).await.unwrap();
    assert!(!swept.is_empty());
    // With limits: turns by pace, calls at once, lines.
    let limited = domain::agent::Agent { calls_per_second: Some(1.0), live_calls: Some(40), ..tenant.agent.clone() };
    app::ports::store::AgentStore::update_agent(store, &limited).await.unwrap();
    for second in 0..3 {
        store.claim(me, 32, at(NOW + second), at(NOW + 60)).await.unwrap();
    }
    store.purge_expired(at(86_400 * 40), 100).await.unwrap();
}

async fn look(store: &SqlStore, tenant: &Tenant) {
    let organization = tenant.organization.id;
    let some = tenant.queued(store, at(2)).await;
    for key in [CallKey::Id(some.id), CallKey::Sequence(some.sequence), CallKey::SipCallId("none".to_owned())] {
        store.call(organization, &key).await.unwrap();
    }
    let page = || CallFilter { limit: 50, ..CallFilter::default() };
    let first = store.calls(organization, &page()).await.unwrap();
    let filters = [
        CallFilter { cursor: first.next, ..page() },
        CallFilter { status: vec![CallStatus::InProgress, CallStatus::Dialing], ..page() },
        CallFilter { created_from: Some(at(0)), created_to: Some(at(9)), ..page() },
        CallFilter { agent: Some(tenant.agent.id), ..page() },
        CallFilter { to: Some(some.to.clone()), ..page() },
        CallFilter { status: vec![CallStatus::InProgress], ..page() },
        CallFilter { status: vec![CallStatus::Completed], ..page() },
        CallFilter { status: vec![CallStatus::Queued, CallStatus::Completed, CallStatus::Busy], ..page() },
        CallFilter { status: vec![CallStatus::Completed], agent: Some(tenant.agent.id), ..page() },
    ];
    for filter in filters {
        store.calls(organization, &filter).await.unwrap();
    }
    let events = store.events(organization, some.id, 0, 100).await.unwrap();
    store.events_after(organization, events[0].position - 1, 100).await.unwrap();
    store.dialed(organization, &some.to, at(0), 10).await.unwrap();
    store.consents(organization, &some.to).await.unwrap();
    store.contact_of(organization, &some.to).await.unwrap();
    store.suppression(organization, &some.to).await.unwrap();
    store.decisions(organization, &DecisionFilter { limit: 10, ..DecisionFilter::default() }).await.unwrap();
    store.ledger(organization, &LedgerFilter { limit: 10, ..LedgerFilter::default() }).await.unwrap();
    store.used_since("organization/minute", at(0)).await.unwrap();
    store.brakes(organization, at(0)).await.unwrap();
    store.wallet(organization).await.unwrap();
}

async fn deliver(store: &SqlStore, me: NodeId) {
    store.fan_out(at(NOW)).await.unwrap();
    let (now, until, rooms) = (at(NOW * 100), at(NOW * 100 + 60), BTreeMap::new());
    let claim = DeliveryClaim { node: me, now, until, limit: 32, each: 32, rooms };
    let claimed = store.claim_deliveries(claim).await.unwrap();
    assert!(!claimed.is_empty());
    store.news(&claimed[0].delivery).await.unwrap();
    store.purge_deliveries(at(0) - Duration::from_secs(86_400)).await.unwrap();
}
