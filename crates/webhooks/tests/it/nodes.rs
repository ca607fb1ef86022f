//! Several nodes, and nodes that die or stop.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::webhook::DeliveryState;
use webhooks::DelivererSettings;

use crate::sink::{Reply, Sink};
use crate::world::{World, quick, soon};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_node_held_another_sends_under_the_same_id() {
    let (world, sink) = (World::new().await, Sink::start(&[Reply::Never]).await);
    world.endpoint(&sink.url).await;
    let short = || DelivererSettings { lease: Duration::from_millis(300), ..quick() };
    let first = world.node(soon(3), short());
    let call = world.call(None).await;
    sink.wait(|hits| hits.len() == 1).await;
    // Gone as by kill -9: nothing is written, the request breaks off.
    drop(first);
    let _second = world.node(soon(3), short());
    world.end(&call).await;
    let hits = sink.wait(|hits| hits.len() == 3).await;
    assert_eq!(hits[0].id(), hits[1].id());
    assert_eq!(hits.iter().map(|hit| hit.event()).collect::<Vec<_>>(), ["call.queued", "call.queued", "call.ended"]);
    let (delivery, tries) = world.delivery(hits[0].id(), |d| d.state == DeliveryState::Delivered).await;
    assert_eq!((delivery.attempts, tries.len()), (2, 1), "the try that broke off left no trace but its number");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_deliver_each_event_once_and_each_call_in_order() {
    let (world, sink) = (World::new().await, Sink::start(&[]).await);
    world.endpoint(&sink.url).await;
    let _nodes = [world.node(soon(3), quick()), world.node(soon(3), quick()), world.node(soon(3), quick())];
    let mut calls = Vec::new();
    for _ in 0..40 {
        calls.push(world.call(None).await);
    }
    for call in &calls {
        world.end(call).await;
    }
    let hits = sink.wait(|hits| hits.len() >= 80).await;
    let ids: BTreeSet<&str> = hits.iter().map(|hit| hit.id()).collect();
    assert_eq!((hits.len(), ids.len()), (80, 80));
    for call in &calls {
        let id = call.id.to_string();
        let told: Vec<u64> = hits.iter().filter(|hit| hit.call() == id).map(|hit| hit.sequence()).collect();
        assert_eq!(told, [1, 2]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_sends_what_is_due_and_leaves_what_is_not() {
    let world = World::new().await;
    let (up, down) = (Sink::start(&[]).await, Sink::start(&[]).await);
    down.answer(Reply::Status(500));
    world.endpoint(&up.url).await;
    world.endpoint(&down.url).await;
    let patient = machines::delivery::Schedule::default();
    let node = world.node(patient, DelivererSettings { poll: Duration::from_secs(3_600), ..quick() });
    let call = world.call(None).await;
    world.end(&call).await;
    node.stop().await;
    assert_eq!(up.hits().len(), 2, "both events were sent before the node went");
    assert_eq!(down.hits().len(), 1, "the next try is not due");
    let waiting = world.store().backlog().await.unwrap();
    assert_eq!((waiting.outbox, waiting.pending), (0, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_an_endpoint_that_hangs() {
    let (world, sink) = (World::new().await, Sink::start(&[Reply::Never]).await);
    world.endpoint(&sink.url).await;
    let settings = DelivererSettings {
        timeout: Duration::from_secs(3_600),
        flush: Duration::from_millis(100),
        lease: Duration::from_millis(500),
        ..quick()
    };
    let node = world.node(soon(3), settings);
    world.call(None).await;
    sink.wait(|hits| hits.len() == 1).await;
    node.stop().await;
    let _next = world.node(soon(3), quick());
    let hits = sink.wait(|hits| hits.len() == 2).await;
    assert_eq!(hits[0].id(), hits[1].id());
}
