//! Endpoints, fan-out and deliveries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use app::ports::store::{
    ClaimedDelivery, DeliveryClaim, DeliveryFilter, Lease, News, Replay, Settlement, Store, StoreError,
};
use domain::call::Call;
use domain::call_event::CallFact;
use domain::dialect::Dialect;
use domain::organization_event::{OrganizationEvent, OrganizationFact};
use domain::outcome::{CallStatus, EndReason};
use domain::time::Timestamp;
use domain::webhook::{
    DeadReason, Delivery, DeliveryAttempt, DeliveryState, Disabled, DisabledReason, EndpointKind, Health,
    WebhookEndpoint, WebhookSecret, WebhookSecrets,
};
use domain::{DeliveryId, EventId, NodeId, WebhookEndpointId};

use crate::builders::{Tenant, ended, fact, node, uuid};

/// Whole seconds, which read back as they were written.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn secret(text: &str) -> WebhookSecret {
    WebhookSecret::stored(format!("whsec_{text}"))
}

pub(super) fn endpoint(tenant: &Tenant, events: &[&str]) -> WebhookEndpoint {
    WebhookEndpoint {
        id: WebhookEndpointId(uuid()),
        organization: tenant.organization.id,
        kind: EndpointKind::Listed,
        url: "https://example.net/hook?token=1".to_owned(),
        description: "CRM".to_owned(),
        dialect: Dialect::Native,
        events: events.iter().map(|name| (*name).to_owned()).collect(),
        agent: None,
        secrets: WebhookSecrets::only(secret("bmV3")),
        disabled: None,
        health: Health::default(),
        created_at: at(-10),
        updated_at: at(-10),
    }
}

async fn stored(store: &dyn Store, endpoint: WebhookEndpoint) -> WebhookEndpoint {
    store.insert_endpoint(&endpoint).await.unwrap();
    endpoint
}

pub(super) async fn fan_out(store: &dyn Store) -> usize {
    let mut made = 0;
    loop {
        let done = store.fan_out(at(0)).await.unwrap();
        made += done.deliveries;
        if done.events == 0 {
            return made;
        }
    }
}

fn claim_of(node: NodeId, now: i64) -> DeliveryClaim {
    DeliveryClaim { node, now: at(now), until: at(now + 60), limit: 100, each: 100, rooms: BTreeMap::new() }
}

pub(super) async fn claim(store: &dyn Store, node: NodeId, now: i64) -> Vec<ClaimedDelivery> {
    store.claim_deliveries(claim_of(node, now)).await.unwrap()
}

fn settlement(claimed: &ClaimedDelivery, node: NodeId, state: DeliveryState, next: Option<i64>) -> Settlement {
    Settlement {
        delivery: claimed.delivery.id,
        node,
        attempt: DeliveryAttempt {
            number: claimed.delivery.attempts,
            at: at(1),
            duration_ms: 12,
            status: Some(if state == DeliveryState::Delivered { 204 } else { 500 }),
            error: None,
            excerpt: Some("ok".to_owned()),
            next_at: next.map(at),
        },
        state,
        dead_reason: (state == DeliveryState::Dead).then_some(DeadReason::Exhausted),
        judge: None,
        notice: EventId(uuid()),
    }
}

pub(super) async fn delivered(store: &dyn Store, claimed: &ClaimedDelivery, node: NodeId) {
    store.settle_delivery(settlement(claimed, node, DeliveryState::Delivered, None)).await.unwrap();
}

async fn all(store: &dyn Store, tenant: &Tenant) -> Vec<Delivery> {
    let filter = DeliveryFilter { limit: 1_000, ..DeliveryFilter::default() };
    let mut found = store.deliveries(tenant.organization.id, &filter).await.unwrap().items;
    found.reverse();
    found
}

/// A claimed call, to append facts to.
async fn live(store: &dyn Store, tenant: &Tenant) -> (Lease, Call) {
    let call = tenant.queued(store, at(0)).await;
    let claimed = store.claim(node(), 100, at(1), at(1_000)).await.unwrap().calls;
    let claimed = claimed.into_iter().find(|claimed| claimed.call.id == call.id).unwrap();
    (claimed.lease, claimed.call)
}

async fn append(store: &dyn Store, lease: Lease, call: &mut Call, facts: Vec<CallFact>) {
    for new in facts.into_iter().map(fact) {
        call.apply(new.at, &new.fact);
        store.append(lease, call, vec![new]).await.unwrap();
    }
}

fn ringing() -> CallFact {
    CallFact::Ringing { sip_code: 180, early_media: false }
}

fn completed() -> CallFact {
    ended(CallStatus::Completed, EndReason::CalleeHangup)
}

pub(crate) async fn an_endpoint_reads_back_and_its_secrets_rotate(store: &dyn Store) {
    let (tenant, other) = (Tenant::in_store(store, "one").await, Tenant::in_store(store, "two").await);
    let id = tenant.organization.id;
    let mut kept = stored(store, endpoint(&tenant, &["call.ended", "*"])).await;
    assert_eq!(store.endpoint(id, kept.id).await.unwrap(), Some(kept.clone()));
    assert!(matches!(store.insert_endpoint(&kept).await, Err(StoreError::Duplicate("webhook"))));
    assert_eq!(store.endpoint(other.organization.id, kept.id).await.unwrap(), None);
    assert!(!store.delete_endpoint(other.organization.id, kept.id, at(0)).await.unwrap());
    kept.secrets = kept.secrets.rotated(secret("b2xk"), at(500));
    kept.disabled = Some(Disabled { reason: DisabledReason::ByRequest, at: at(2) });
    kept.health = Health { failures: 3, failing_since: Some(at(1)) };
    kept.agent = Some(tenant.agent.id);
    store.update_endpoint(&kept).await.unwrap();
    let status_urls = WebhookEndpoint {
        id: WebhookEndpoint::of_status_urls(id),
        kind: EndpointKind::StatusUrl,
        url: String::new(),
        ..endpoint(&tenant, &[])
    };
    stored(store, status_urls).await;
    assert_eq!(store.endpoints(id).await.unwrap(), [kept.clone()]);
    assert!(store.endpoints(other.organization.id).await.unwrap().is_empty());
    assert!(store.delete_endpoint(id, kept.id, at(3)).await.unwrap());
    assert_eq!(store.endpoint(id, kept.id).await.unwrap(), None);
}

pub(crate) async fn every_event_becomes_one_delivery_per_endpoint_that_wants_it(store: &dyn Store) {
    let (tenant, other) = (Tenant::in_store(store, "one").await, Tenant::in_store(store, "two").await);
    let everything = stored(store, endpoint(&tenant, &["*"])).await;
    let ends = stored(store, endpoint(&tenant, &["call.ended"])).await;
    let foreign_agent = WebhookEndpoint { agent: Some(other.agent.id), ..endpoint(&tenant, &["*"]) };
    let foreign_agent = stored(store, foreign_agent).await;
    let off = Disabled { reason: DisabledReason::ByRequest, at: at(0) };
    stored(store, WebhookEndpoint { disabled: Some(off), ..endpoint(&tenant, &["*"]) }).await;
    stored(store, endpoint(&other, &["*"])).await;
    let mut new = tenant.new_call(at(0));
    new.call.status_url = Some("https://Status.example.net:8443/done?id=1".to_owned());
    let call = store.insert_call(new).await.unwrap().call;
    store.end_queued(&call, fact(completed())).await.unwrap();
    let low = OrganizationEvent {
        id: EventId(uuid()),
        organization: tenant.organization.id,
        at: at(3),
        fact: OrganizationFact::WebhookTest { endpoint: everything.id },
    };
    store.tell(&low).await.unwrap();
    assert_eq!(fan_out(store).await, 6);
    assert_eq!(store.fan_out(at(0)).await.unwrap().events, 0, "the outbox is worked off");
    let got: BTreeSet<(WebhookEndpointId, String)> =
        all(store, &tenant).await.into_iter().map(|delivery| (delivery.endpoint, delivery.event_name)).collect();
    let want = [
        (everything.id, "call.queued"),
        (everything.id, "call.ended"),
        (everything.id, "webhook.test"),
        (ends.id, "call.ended"),
        (foreign_agent.id, "webhook.test"),
        (WebhookEndpoint::of_status_urls(tenant.organization.id), "call.ended"),
    ];
    assert_eq!(got, want.map(|(id, name)| (id, name.to_owned())).into());
    let told = all(store, &tenant).await.into_iter().find(|d| d.event == low.id).unwrap();
    assert_eq!(store.news(&told).await.unwrap(), Some(News::Organization(low)));
    let status = all(store, &tenant).await.into_iter().find(|d| d.status_url.is_some()).unwrap();
    assert_eq!((status.call, status.sequence), (Some(call.id), 2));
    let claimed = claim(store, node(), 1).await;
    let lane = &claimed.iter().find(|claimed| claimed.delivery.id == status.id).unwrap().lane;
    assert_eq!(lane, "status_url https://status.example.net:8443");
}

pub(crate) async fn fanning_out_side_by_side_loses_and_doubles_nothing(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let endpoints = [stored(store, endpoint(&tenant, &["*"])).await, stored(store, endpoint(&tenant, &["*"])).await];
    for n in 0..400 {
        let call = tenant.queued(store, at(n)).await;
        store.end_queued(&call, fact(completed())).await.unwrap();
    }
    let (a, b, c, d) = tokio::join!(fan_out(store), fan_out(store), fan_out(store), fan_out(store));
    assert_eq!(a + b + c + d, 1_600);
    // A node that passed over what another held finds it gone, or does it itself.
    assert_eq!(fan_out(store).await, 0);
    for endpoint in endpoints {
        let filter = DeliveryFilter { endpoint: Some(endpoint.id), limit: 2_000, ..DeliveryFilter::default() };
        let found = store.deliveries(tenant.organization.id, &filter).await.unwrap().items;
        let events: BTreeSet<EventId> = found.iter().map(|delivery| delivery.event).collect();
        assert_eq!((found.len(), events.len()), (800, 800));
    }
}

pub(crate) async fn a_call_is_told_in_order_and_one_endpoint_does_not_hold_up_another(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let slow = stored(store, endpoint(&tenant, &["*"])).await;
    let quick = stored(store, endpoint(&tenant, &["*"])).await;
    let (lease, mut call) = live(store, &tenant).await;
    append(store, lease, &mut call, vec![ringing(), ringing(), completed()]).await;
    fan_out(store).await;
    let us = node();
    let mut told: Vec<u32> = Vec::new();
    let mut held = None;
    for _ in 0..4 {
        for claimed in claim(store, us, 1).await {
            if claimed.delivery.endpoint == quick.id {
                told.push(claimed.delivery.sequence);
                delivered(store, &claimed, us).await;
            } else {
                assert_eq!((claimed.delivery.endpoint, claimed.delivery.sequence), (slow.id, 1));
                assert!(held.replace(claimed).is_none(), "handed out twice");
            }
        }
    }
    assert_eq!(told, [1, 2, 3, 4]);
    let held = held.unwrap();
    // A failed try keeps its place in front.
    store.settle_delivery(settlement(&held, us, DeliveryState::Pending, Some(30))).await.unwrap();
    assert!(claim(store, us, 29).await.is_empty(), "later ones wait behind it");
    let again = claim(store, us, 30).await;
    assert_eq!(again.iter().map(|c| (c.delivery.sequence, c.delivery.attempts)).collect::<Vec<_>>(), [(1, 2)]);
    // Given up is out of the way as well.
    store.settle_delivery(settlement(&again[0], us, DeliveryState::Dead, None)).await.unwrap();
    assert_eq!(claim(store, us, 30).await[0].delivery.sequence, 2);
}

pub(crate) async fn lanes_keep_to_their_room(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let busy = stored(store, endpoint(&tenant, &["*"])).await;
    let free = stored(store, endpoint(&tenant, &["*"])).await;
    for n in 0..20 {
        tenant.queued(store, at(n)).await;
    }
    fan_out(store).await;
    let us = node();
    let counted = |claimed: Vec<ClaimedDelivery>| {
        let of = |id| claimed.iter().filter(|c| c.delivery.endpoint == id).count();
        (of(busy.id), of(free.id))
    };
    let some = DeliveryClaim { each: 3, rooms: [(busy.id.to_string(), 1)].into(), ..claim_of(us, 1) };
    assert_eq!(counted(store.claim_deliveries(some).await.unwrap()), (1, 3));
    let none = DeliveryClaim { each: 3, rooms: [(busy.id.to_string(), 0)].into(), ..claim_of(us, 1) };
    assert_eq!(counted(store.claim_deliveries(none.clone()).await.unwrap()), (0, 3));
    let few = DeliveryClaim { limit: 2, ..none };
    assert_eq!(counted(store.claim_deliveries(few).await.unwrap()), (0, 2));
}

pub(crate) async fn a_lost_lease_cannot_say_how_it_went(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    stored(store, endpoint(&tenant, &["*"])).await;
    tenant.queued(store, at(0)).await;
    fan_out(store).await;
    let (lost, heir) = (node(), node());
    let first = claim(store, lost, 1).await.remove(0);
    assert!(claim(store, heir, 60).await.is_empty(), "the lease lasts");
    let second = claim(store, heir, 61).await.remove(0);
    assert_eq!((second.delivery.id, second.delivery.attempts), (first.delivery.id, 2));
    let late = settlement(&first, lost, DeliveryState::Dead, None);
    assert!(matches!(store.settle_delivery(late).await, Err(StoreError::Fenced)));
    delivered(store, &second, heir).await;
    let twice = settlement(&second, heir, DeliveryState::Dead, None);
    assert!(matches!(store.settle_delivery(twice).await, Err(StoreError::Fenced)));
    let (delivery, tries) = store.delivery(tenant.organization.id, first.delivery.id).await.unwrap().unwrap();
    assert_eq!((delivery.state, tries.len()), (DeliveryState::Delivered, 1));
    assert_eq!(tries[0], settlement(&second, heir, DeliveryState::Delivered, None).attempt);
    assert_eq!(delivery.finished_at, Some(at(1) + Duration::from_millis(12)));
}

pub(crate) async fn what_is_told_twice_is_told_in_the_same_words(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    stored(store, endpoint(&tenant, &["*"])).await;
    let (lease, mut call) = live(store, &tenant).await;
    append(store, lease, &mut call, vec![ringing()]).await;
    fan_out(store).await;
    let told = all(store, &tenant).await;
    let before = store.news(&told[1]).await.unwrap().unwrap();
    append(store, lease, &mut call, vec![CallFact::OptedOut, completed()]).await;
    assert_eq!(store.news(&told[1]).await.unwrap().unwrap(), before);
    let News::Call(stood, event) = before else { panic!("an event of a call") };
    assert_eq!((stood.status, stood.last_event, stood.ended_at), (CallStatus::Ringing, 2, None));
    assert_eq!((event.id, event.sequence), (told[1].event, 2));
    fan_out(store).await;
    let last = all(store, &tenant).await.pop().unwrap();
    let Some(News::Call(stood, _)) = store.news(&last).await.unwrap() else { panic!("an event of a call") };
    let kept = store.call(tenant.organization.id, &domain::call::CallKey::Id(call.id)).await.unwrap().unwrap();
    assert_eq!(*stood, kept, "the log and the call say the same");
}

pub(crate) async fn a_dead_endpoint_is_switched_off_with_a_notice(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    let gone = stored(store, endpoint(&tenant, &["*"])).await;
    let well = stored(store, endpoint(&tenant, &["webhook.disabled"])).await;
    for n in 0..3 {
        tenant.queued(store, at(n)).await;
    }
    fan_out(store).await;
    let us = node();
    let claimed = claim(store, us, 1).await;
    let failing: Settlement = Settlement {
        judge: Some(Arc::new(|health: Health| (Health { failures: health.failures + 1, ..health }, None))),
        ..settlement(&claimed[0], us, DeliveryState::Pending, Some(10))
    };
    store.settle_delivery(failing).await.unwrap();
    let kept = store.endpoint(tenant.organization.id, gone.id).await.unwrap().unwrap();
    assert_eq!((kept.health.failures, kept.disabled), (1, None));
    let off = Disabled { reason: DisabledReason::Gone, at: at(5) };
    let last = Settlement {
        judge: Some(Arc::new(move |health| (health, Some(off)))),
        ..settlement(&claimed[1], us, DeliveryState::Dead, None)
    };
    let notice = last.notice;
    store.settle_delivery(last).await.unwrap();
    assert_eq!(store.endpoint(tenant.organization.id, gone.id).await.unwrap().unwrap().disabled, Some(off));
    let states: Vec<_> = all(store, &tenant).await.iter().map(|d| (d.state, d.dead_reason)).collect();
    assert!(states.iter().all(|(state, _)| *state == DeliveryState::Dead), "{states:?}");
    let late = settlement(&claimed[2], us, DeliveryState::Delivered, None);
    assert!(matches!(store.settle_delivery(late).await, Err(StoreError::Fenced)), "given up meanwhile");
    assert_eq!(fan_out(store).await, 1);
    let told = claim(store, us, 6).await.remove(0);
    assert_eq!((told.delivery.endpoint, told.delivery.event), (well.id, notice));
    let Some(News::Organization(event)) = store.news(&told.delivery).await.unwrap() else { panic!("a tenant's event") };
    let OrganizationFact::WebhookDisabled { endpoint, url, .. } = event.fact else { panic!("{event:?}") };
    assert_eq!((endpoint, url.as_str()), (gone.id, "https://example.net/hook"));
}

pub(crate) async fn what_was_given_up_is_sent_again_under_its_id(store: &dyn Store) {
    let (tenant, other) = (Tenant::in_store(store, "one").await, Tenant::in_store(store, "two").await);
    stored(store, endpoint(&tenant, &["*"])).await;
    tenant.queued(store, at(0)).await;
    fan_out(store).await;
    let us = node();
    let claimed = claim(store, us, 1).await.remove(0);
    let id = claimed.delivery.id;
    let under_way = store.resend_delivery(tenant.organization.id, id, at(2)).await.unwrap().unwrap();
    assert_eq!(under_way.round, 1, "one that is being tried is left alone");
    store.settle_delivery(settlement(&claimed, us, DeliveryState::Dead, None)).await.unwrap();
    assert!(claim(store, us, 2).await.is_empty());
    assert_eq!(store.resend_delivery(other.organization.id, id, at(3)).await.unwrap(), None);
    assert_eq!(store.resend_delivery(tenant.organization.id, DeliveryId(uuid()), at(3)).await.unwrap(), None);
    let again = store.resend_delivery(tenant.organization.id, id, at(3)).await.unwrap().unwrap();
    assert_eq!((again.state, again.round, again.dead_reason, again.due_at), (DeliveryState::Pending, 0, None, at(3)));
    let claimed = claim(store, us, 3).await.remove(0);
    assert_eq!((claimed.delivery.id, claimed.delivery.attempts, claimed.delivery.round), (id, 2, 1));
    delivered(store, &claimed, us).await;
    let (_, tries) = store.delivery(tenant.organization.id, id).await.unwrap().unwrap();
    assert_eq!(tries.iter().map(|t| (t.number, t.status)).collect::<Vec<_>>(), [(1, Some(500)), (2, Some(204))]);
}

pub(crate) async fn a_replay_brings_what_was_missed(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    for _ in 0..3 {
        tenant.queued(store, at(-100)).await;
    }
    fan_out(store).await;
    let late = stored(store, endpoint(&tenant, &["call.queued"])).await;
    let us = node();
    let replay = |since, delivered_too| Replay { endpoint: late.id, since: at(since), delivered_too, now: at(9) };
    let sent = |replay| store.replay(tenant.organization.id, replay);
    assert_eq!(sent(replay(100, false)).await.unwrap(), 0, "nothing happened since");
    assert_eq!(sent(replay(-1_000, false)).await.unwrap(), 3, "events of before the endpoint");
    assert_eq!(sent(replay(-1_000, false)).await.unwrap(), 0, "they are on their way");
    for claimed in claim(store, us, 9).await {
        delivered(store, &claimed, us).await;
    }
    assert_eq!(sent(replay(-1_000, false)).await.unwrap(), 0, "they arrived");
    assert_eq!(sent(replay(-1_000, true)).await.unwrap(), 3);
    let claimed = claim(store, us, 9).await;
    assert_eq!(claimed.iter().map(|c| c.delivery.attempts).collect::<Vec<_>>(), [2, 2, 2]);
    let elsewhere = Replay { endpoint: WebhookEndpointId(uuid()), ..replay(-1_000, true) };
    assert_eq!(sent(elsewhere).await.unwrap(), 0);
}

pub(crate) async fn finished_deliveries_are_purged_and_the_backlog_counts_the_rest(store: &dyn Store) {
    let tenant = Tenant::in_store(store, "acme").await;
    stored(store, endpoint(&tenant, &["*"])).await;
    for n in 0..3 {
        tenant.queued(store, at(n)).await;
    }
    let waiting = store.backlog().await.unwrap();
    assert_eq!((waiting.outbox, waiting.pending, waiting.oldest), (3, 0, None));
    fan_out(store).await;
    let us = node();
    let first = claim(store, us, 1).await.remove(0);
    delivered(store, &first, us).await;
    let waiting = store.backlog().await.unwrap();
    assert_eq!((waiting.outbox, waiting.pending, waiting.oldest), (0, 2, Some(at(0))));
    assert_eq!(store.purge_deliveries(at(1)).await.unwrap(), 0);
    assert_eq!(store.purge_deliveries(at(2)).await.unwrap(), 1);
    assert_eq!(store.delivery(tenant.organization.id, first.delivery.id).await.unwrap(), None);
    assert_eq!(all(store, &tenant).await.len(), 2);
}
