//! One node: what arrives, in which order, and what happens when it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use app::deliveries::ReplaySince;
use app::manage_webhooks::{NewWebhook, STATUS_URL, WebhookChange};
use app::ports::store::DeliveryFilter;
use domain::dialect::Dialect;
use domain::time::Timestamp;
use domain::webhook::{DeadReason, DeliveryState, DisabledReason, WebhookEndpoint, WebhookSecret};
use webhooks::DelivererSettings;
use webhooks::signature;

use crate::sink::{Hit, Reply, Sink};
use crate::world::{World, quick, soon};

fn verified(hit: &Hit, secret: &WebhookSecret) -> bool {
    let header = |name: &str| hit.headers[name].to_str().unwrap();
    let (at, signatures) = (header(signature::TIMESTAMP), header(signature::SIGNATURE));
    signature::verify(secret, hit.id(), at, signatures, &hit.raw, Timestamp::now()).is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_told_from_its_first_event_to_its_last_in_order() {
    let (world, sink) = (World::new().await, Sink::start(&[]).await);
    let made = world.endpoint(&sink.url).await;
    let _node = world.node(soon(3), quick());
    let call = world.call(None).await;
    world.end(&call).await;
    let hits = sink.wait(|hits| hits.len() == 2).await;
    let told: Vec<(&str, u64)> = hits.iter().map(|hit| (hit.event(), hit.sequence())).collect();
    assert_eq!(told, [("call.queued", 1), ("call.ended", 2)]);
    for hit in &hits {
        assert!(verified(hit, &made.secret) && hit.headers["content-type"] == "application/json");
        assert_eq!(hit.call(), call.id.to_string());
    }
    assert_eq!(hits[0].body["data"]["call"]["status"], "queued");
    assert_eq!(hits[1].body["data"]["call"]["status"], "canceled");
    assert_eq!(hits[1].body["timestamp"], hits[1].body["data"]["call"]["ended_at"]);
    let (delivery, tries) = world.delivery(hits[0].id(), |d| d.state == DeliveryState::Delivered).await;
    assert_eq!((delivery.attempts, tries.len(), tries[0].status), (1, 1, Some(204)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_is_down_gets_everything_in_order_once_it_is_up() {
    let (world, sink) = (World::new().await, Sink::start(&[]).await);
    sink.answer(Reply::Status(503));
    world.endpoint(&sink.url).await;
    let _node = world.node(soon(200), quick());
    let calls = [world.call(None).await, world.call(None).await, world.call(None).await];
    for call in &calls {
        world.end(call).await;
    }
    sink.wait(|hits| hits.len() >= 9).await;
    assert!(sink.hits().iter().all(|hit| hit.event() == "call.queued"), "a later event came before an earlier one");
    sink.answer(Reply::Status(200));
    let down = sink.hits().len();
    let hits = sink.wait(|hits| hits.iter().filter(|hit| hit.event() == "call.ended").count() == 3).await;
    let mut bodies: BTreeMap<&str, BTreeSet<&[u8]>> = BTreeMap::new();
    for hit in &hits {
        bodies.entry(hit.id()).or_default().insert(&hit.raw);
    }
    assert_eq!(bodies.len(), 6, "ids stay over all tries");
    assert!(bodies.values().all(|said| said.len() == 1), "a body changed between two tries");
    assert!(hits.len() <= down + 12, "what arrived is not sent again");
    let (_, tries) = world.delivery(hits[0].id(), |d| d.state == DeliveryState::Delivered).await;
    let (last, failed) = tries.split_last().unwrap();
    assert!(last.status == Some(200) && last.next_at.is_none());
    assert!(
        failed.iter().all(|t| t.status == Some(503) && t.next_at.is_some() && t.excerpt.as_deref() == Some("as told "))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_hangs_delays_nobody_else() {
    let world = World::new().await;
    let (hanging, prompt) = (Sink::start(&[]).await, Sink::start(&[]).await);
    hanging.answer(Reply::Never);
    world.endpoint(&hanging.url).await;
    world.endpoint(&prompt.url).await;
    // It would hang for an hour: whatever the prompt one gets, it gets beside that.
    let settings = DelivererSettings { timeout: Duration::from_secs(3_600), total: 8, each: 4, ..quick() };
    let _node = world.node(soon(3), settings);
    let mut calls = Vec::new();
    for _ in 0..50 {
        calls.push(world.call(None).await);
    }
    for call in &calls {
        world.end(call).await;
    }
    let hits = prompt.wait(|hits| hits.len() == 100).await;
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for hit in &hits {
        let before = last.insert(hit.call(), hit.sequence()).unwrap_or(0);
        assert_eq!(hit.sequence(), before + 1, "order within a call");
    }
    assert_eq!(hanging.hits().len(), 4, "no more than its own places");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_taken_at_their_word() {
    let world = World::new().await;
    let sink = Sink::start(&[Reply::Moved, Reply::RetryAfter(429, "1"), Reply::Status(500)]).await;
    world.endpoint(&sink.url).await;
    let _node = world.node(soon(2), quick());
    world.call(None).await;
    let hits = sink.wait(|hits| hits.len() == 3).await;
    let (delivery, tries) = world.delivery(hits[0].id(), |d| d.state == DeliveryState::Dead).await;
    assert_eq!((delivery.dead_reason, delivery.attempts), (Some(DeadReason::Exhausted), 3));
    assert_eq!(tries.iter().map(|t| t.status).collect::<Vec<_>>(), [Some(302), Some(429), Some(500)]);
    assert!(tries[0].error.as_deref().unwrap().contains("redirects are not followed"));
    let waited = tries[2].at.duration_since(tries[1].at);
    assert!(waited.as_secs_f64() >= 1.0, "Retry-After was not waited for: {waited:?}");
    assert!(hits.iter().all(|hit| hit.id() == hits[0].id()));
    // A person sends it again, under the same id.
    world.platform.resend_delivery(&world.principal, delivery.id).await.unwrap();
    let (again, tries) = world.delivery(hits[0].id(), |d| d.state == DeliveryState::Delivered).await;
    assert_eq!((again.attempts, tries.len()), (4, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gone_switches_off_with_a_notice_and_a_replay_brings_back_what_was_missed() {
    let world = World::new().await;
    let (gone, other) = (Sink::start(&[Reply::Status(410)]).await, Sink::start(&[]).await);
    let endpoint = world.endpoint(&gone.url).await.endpoint.id.to_string();
    world.endpoint(&other.url).await;
    let _node = world.node(soon(3), quick());
    let started = Timestamp::now();
    let call = world.call(None).await;
    let notice = other.wait(|hits| hits.iter().any(|hit| hit.event() == "webhook.disabled")).await;
    let notice = notice.iter().find(|hit| hit.event() == "webhook.disabled").unwrap();
    assert_eq!(notice.body["data"]["webhook_id"], endpoint);
    let disabled = world.platform.get_webhook(&world.principal, &endpoint).await.unwrap().disabled.unwrap();
    assert_eq!(disabled.reason, DisabledReason::Gone);
    world.end(&call).await;
    other.wait(|hits| hits.iter().any(|hit| hit.event() == "call.ended")).await;
    assert_eq!(gone.hits().len(), 1, "nothing more was sent");
    let replay = || world.platform.replay_webhook(&world.principal, &endpoint, ReplaySince::Time(started), false);
    assert!(replay().await.is_err(), "it is switched off");
    let on = WebhookChange { enabled: Some(true), ..WebhookChange::default() };
    world.platform.update_webhook(&world.principal, &endpoint, on).await.unwrap();
    assert_eq!(replay().await.unwrap(), 2);
    let hits = gone.wait(|hits| hits.len() == 3).await;
    assert_eq!(hits[1..].iter().map(Hit::event).collect::<Vec<_>>(), ["call.queued", "call.ended"]);
    assert_eq!(hits[0].id(), hits[1].id(), "under its old id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_url_is_told_the_end_and_signed_with_a_secret_that_can_be_had() {
    let (world, sink) = (World::new().await, Sink::start(&[Reply::Status(500)]).await);
    // What placing a call does, and how the secret is had.
    let rotated = world.platform.rotate_webhook_secret(&world.principal, STATUS_URL, None, None).await.unwrap();
    let _node = world.node(soon(3), quick());
    let call = world.call(Some(&sink.url)).await;
    world.end(&call).await;
    let hits = sink.wait(|hits| hits.len() == 2).await;
    assert!(hits.iter().all(|hit| hit.event() == "call.ended" && verified(hit, &rotated.secret)));
    assert_eq!(hits[0].id(), hits[1].id());
    let (delivery, _) = world.delivery(hits[0].id(), |d| d.state == DeliveryState::Delivered).await;
    assert_eq!(delivery.status_url.as_deref(), Some(sink.url.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_event_is_sent_whatever_is_subscribed_to() {
    let (world, sink) = (World::new().await, Sink::start(&[]).await);
    let endpoint = world.endpoint(&sink.url).await.endpoint.id.to_string();
    let only = WebhookChange { events: Some(vec!["call.ended".into()]), ..WebhookChange::default() };
    world.platform.update_webhook(&world.principal, &endpoint, only).await.unwrap();
    let _node = world.node(soon(3), quick());
    let sent = world.platform.test_webhook(&world.principal, &endpoint).await.unwrap();
    let hits = sink.wait(|hits| hits.len() == 1).await;
    assert_eq!((hits[0].event(), hits[0].id()), ("webhook.test", sent.id.to_string().as_str()));
    assert_eq!(hits[0].body["data"]["webhook_id"], endpoint);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vendors_endpoint_gets_what_it_asked_for_and_the_rest_is_told_as_skipped() {
    let (world, sink) = (World::new().await, Sink::start(&[]).await);
    let new = |events: &[&str]| NewWebhook {
        url: sink.url.clone(),
        dialect: Dialect::Klen,
        events: events.iter().map(|name| (*name).to_owned()).collect(),
        ..NewWebhook::default()
    };
    let failed = world.platform.create_webhook(&world.principal, new(&["call.failed"])).await.unwrap();
    let ended = world.platform.create_webhook(&world.principal, new(&["call.ended"])).await.unwrap();
    let _node = world.node(soon(3), quick());
    let call = world.call(None).await;
    world.end(&call).await;
    let hits = sink.wait(|hits| hits.len() == 1).await;
    assert_eq!(hits[0].body["event"], "call.failed");
    let key = failed.secret.reveal();
    let signature = dialects::webhooks::of(Dialect::Klen).map(|klen| (klen.sign)(key, 0, &hits[0].raw)).unwrap();
    assert_eq!(hits[0].headers["x-klen-signature"].to_str().unwrap(), signature[0].1);
    let state = async |endpoint: &WebhookEndpoint| {
        let filter = DeliveryFilter { endpoint: Some(endpoint.id), limit: 10, ..DeliveryFilter::default() };
        let all = world.platform.list_deliveries(&world.principal, &filter).await.unwrap().items;
        assert_eq!(all.len(), 1, "only the end concerns a vendor: {all:?}");
        let id = all[0].id.to_string();
        world.delivery(&id, |delivery| delivery.state != DeliveryState::Pending).await.0.state
    };
    assert_eq!(state(&failed.endpoint).await, DeliveryState::Delivered);
    assert_eq!(state(&ended.endpoint).await, DeliveryState::Skipped);
    assert_eq!(sink.hits().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_event_makes_several_messages_of_is_told_whole_and_in_order() {
    // The second message is refused: the next try tells both again.
    let (world, sink) = (World::new().await, Sink::start(&[Reply::Status(204), Reply::Status(500)]).await);
    let new = NewWebhook {
        url: sink.url.clone(),
        dialect: Dialect::Klen,
        events: vec!["call.summary".to_owned(), "call.ended".to_owned()],
        ..NewWebhook::default()
    };
    world.platform.create_webhook(&world.principal, new).await.unwrap();
    let _node = world.node(soon(3), quick());
    let call = world.answered_call().await;
    world.end(&call).await;
    let hits = sink.wait(|hits| hits.len() == 4).await;
    let told: Vec<&str> = hits.iter().map(|hit| hit.body["event"].as_str().unwrap()).collect();
    assert_eq!(told, ["call.ended", "call.summary", "call.ended", "call.summary"]);
    assert_eq!(hits[1].raw, hits[3].raw, "every try says the same");
}
