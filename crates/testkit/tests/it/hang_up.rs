//! Calls that a request ends: while they wait, while they ring, while they talk.

use api::wire::events::Fact;
use callee::FarEnd;
use callee::persona::built_in;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Ended, Variant, World};

async fn hang_up(world: &World, call: &str) -> (u16, Value) {
    world.answer(Method::POST, &format!("/v1/calls/{call}/hangup"), &Value::Null).await
}

/// Places a call, hangs up once `seen`, twice, and waits for its end.
async fn hung_up(world: &World, persona: &str, seen: fn(&Fact) -> bool) -> Ended {
    let number = world.number_of(built_in(persona).unwrap());
    let call = world.place(LEAD_CALLBACK, &number).await;
    world.events_until(&call, seen).await;
    assert_eq!(hang_up(world, &call).await.0, 202, "a live call is asked to hang up");
    let ended = world.ended(&call).await;
    let (status, again) = hang_up(world, &call).await;
    assert_eq!((status, &again["status"]), (200, &json!(ended.call.status)), "hanging up again changes nothing");
    let (call, events) = world.stage.record(&call).await.unwrap();
    assert_eq!((call, events), (ended.call.clone(), ended.events.clone()));
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_ends_a_call_wherever_it_stands() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let (ringing, live, queued) = tokio::join!(
        hung_up(&world, "never_answers", |fact| matches!(fact, Fact::Ringing { .. })),
        hung_up(&world, "silent", |fact| matches!(fact, Fact::Turn(_))),
        queued(&world)
    );
    assert_eq!(ringing.words(), ["canceled", "canceled", "unknown"]);
    assert_eq!(ringing.view().ended_by, Some(FarEnd::Cancelled));
    assert_eq!(live.words()[..2], ["completed", "api_hangup"]);
    assert_eq!(live.view().ended_by, Some(FarEnd::CallerBye));
    for ended in [&ringing, &live, &queued] {
        assert_eq!(ended.ending().blame.0.as_str(), "api_client");
    }
    world.stop().await;
}

/// A call that waits behind another one: its trunk has one channel.
async fn queued(world: &World) -> Ended {
    let far_end = world.stage.far_end.address();
    world.agent_on_trunk("one-channel", far_end, json!({ "channels": 1 })).await;
    let number = world.number_of(built_in("never_answers").unwrap());
    let first = world.place("one-channel", &number).await;
    world.events_until(&first, |fact| matches!(fact, Fact::Ringing { .. })).await;
    let waiting = world.number_of(built_in("talks").unwrap());
    let second = world.place("one-channel", &waiting).await;
    let (status, answer) = hang_up(world, &second).await;
    assert_eq!((status, answer["status"].as_str()), (200, Some("canceled")), "a waiting call is over at once");
    let ended = world.ended(&second).await;
    assert_eq!(ended.events.len(), 2, "queued and ended: {:?}", ended.events);
    assert_eq!(world.stage.far_end.counts(&waiting).invites, 0, "nobody was called");
    hang_up(world, &first).await;
    world.ended(&first).await;
    ended
}
