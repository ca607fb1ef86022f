//! A dialer on a real store, with a queue between them whose answers get lost.

use std::time::Duration;

use app::ports::store::{CallQueue, CallStore, DialGuard, NewEvent, NodeStore as _};
use domain::call_event::CallFact;
use domain::node::NodeState;
use domain::outcome::{CallStatus, EndReason};
use domain::{AttemptId, EventId, NodeId};
use uuid::Uuid;

mod clocks;
mod lossy_queue;
mod time;
mod world;

use world::{Ears, World};

#[tokio::test]
async fn a_call_whose_claim_was_not_answered_is_queued_again_and_taken_once() {
    let mut world = World::new(Ears::Broken).await;
    world.queue.lose_claims(1);
    let call = world.placed().await;
    let running = world.run(NodeId(Uuid::now_v7()));
    let ended = world.ended(call.id).await;
    running.stop().await;
    assert_eq!((ended.status, ended.end_reason), (CallStatus::Failed, EndReason::ProviderError), "a session had it");
    assert_eq!(world.queue.epochs(call.id), [1, 2], "one claim was lost, the next one was answered");
    let log = world.store.events(call.organization, call.id, 0, 10).await.unwrap();
    assert!(!log.iter().any(|event| matches!(event.fact, CallFact::Dialing { .. })), "nothing was dialed");
}

#[tokio::test]
async fn a_call_that_may_have_rung_and_that_nobody_knows_ends_as_lost() {
    let mut world = World::new(Ears::Broken).await;
    let call = world.placed().await;
    // The node held it before it lost its memory of it, and its heartbeats go on.
    let node = NodeId(Uuid::now_v7());
    let now = world.store.now().await.unwrap();
    let claimed = world.store.claim(node, 1, now, now + Duration::from_millis(200)).await.unwrap().calls.remove(0);
    let attempt = AttemptId(Uuid::now_v7());
    let dialing = NewEvent { id: EventId(Uuid::now_v7()), at: now, fact: CallFact::Dialing { attempt } };
    let mut dialed = claimed.call.clone();
    dialed.apply(now, &dialing.fact);
    world.store.about_to_dial(claimed.lease, &dialed, attempt, dialing, DialGuard::default()).await.unwrap();
    let running = world.run(node);
    let ended = world.ended(call.id).await;
    running.stop().await;
    assert_eq!((ended.status, ended.end_reason), (CallStatus::Failed, EndReason::NodeLost));
    assert!(world.queue.epochs(call.id).is_empty(), "it was not claimed again");
}

#[tokio::test]
async fn a_call_that_the_node_knows_stays_its_own() {
    let world = World::new(Ears::Slow).await;
    let call = world.placed().await;
    let running = world.run(NodeId(Uuid::now_v7()));
    // Two leases' worth.
    world.queue.heartbeats_that_name(call.id, 8).await;
    running.stop().await;
    assert_eq!(world.queue.epochs(call.id), [1]);
}

#[tokio::test]
async fn a_node_that_drains_keeps_its_calls_and_takes_no_more_until_it_resumes() {
    let world = World::new(Ears::Slow).await;
    let node = NodeId(Uuid::now_v7());
    let held = world.placed().await;
    let running = world.run(node);
    let before = world.shown(|seen| seen.live_calls == 1).await;
    assert_eq!((before.id, before.name.as_str(), before.state), (node, "node", NodeState::Running));
    world.drain(node, true).await;
    let drains = world.shown(|seen| seen.state == NodeState::Draining).await;
    assert_eq!((drains.live_calls, drains.drain_wanted), (1, true));
    let waiting = world.placed().await;
    // A lease's worth of beats and looks into the queue.
    world.shown(|seen| seen.beat_at > drains.beat_at + Duration::from_millis(600)).await;
    assert_eq!(world.queue.epochs(held.id), [1], "it is still held");
    assert!(world.queue.epochs(waiting.id).is_empty(), "nothing is claimed");
    world.drain(node, false).await;
    let after = world.shown(|seen| seen.live_calls == 2).await;
    assert_eq!(after.state, NodeState::Running);
    assert_eq!(world.queue.epochs(waiting.id), [1]);
    running.stop().await;
    assert!(world.store.nodes().await.unwrap().is_empty(), "a node that stopped in order is no longer listed");
}

#[tokio::test]
async fn what_was_asked_without_a_telling_is_heard_with_the_next_beat() {
    let world = World::new(Ears::Slow).await;
    let node = NodeId(Uuid::now_v7());
    let running = world.run(node);
    world.shown(|seen| seen.state == NodeState::Running).await;
    assert!(world.store.want_drain(node, true).await.unwrap());
    world.shown(|seen| seen.state == NodeState::Draining).await;
    running.stop().await;
}
