//! Somebody who says on the phone that they do not want to be called is not called again.

use api::wire::events::Fact;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::agents::LEAD_CALLBACK;
use testkit::{Variant, World};

use crate::conversation::persona_of;

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_on_the_phone_stops_the_next_call() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let ended = world.phone(LEAD_CALLBACK, persona_of("lead-callback/scenarios/opt-out.yaml")).await;
    assert_eq!(ended.words(), ["completed", "agent_hangup", "human"]);
    assert_eq!(ended.call.outcome.as_ref().unwrap().name, "opted_out");
    assert!(ended.events.iter().any(|event| event.fact == Fact::OptedOut));

    let (_, listed) = world.answer(Method::GET, "/v1/suppressions", &Value::Null).await;
    let entries = listed["items"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{listed}");
    assert_eq!(entries[0]["number"], ended.call.to.as_str());
    assert_eq!(entries[0]["call_id"], ended.call.id.as_str());

    let body =
        json!({ "agent": LEAD_CALLBACK, "to": ended.call.to, "variables": { "name": "Maria", "product": "lamps" } });
    let (status, problem) = world.answer(Method::POST, "/v1/calls", &body).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("suppressed")), "{problem}");
    let (_, calls) = world.answer(Method::GET, "/v1/calls", &Value::Null).await;
    assert_eq!(calls["items"].as_array().unwrap().len(), 1, "nothing was stored: {calls}");
    assert_eq!(world.stage.far_end.counts(&ended.call.to).invites, 1, "nobody was called again");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_on_the_phone_stops_the_call_that_waits_already() {
    let world = World::start(&[Variant::example(LEAD_CALLBACK)]).await;
    let (_, agent) =
        world.answer(Method::PATCH, &format!("/v1/agents/{LEAD_CALLBACK}"), &json!({ "live_calls": 1 })).await;
    assert_eq!(agent["live_calls"], 1, "{agent}");
    let number = world.number_of(persona_of("lead-callback/scenarios/opt-out.yaml"));
    let first = world.place(LEAD_CALLBACK, &number).await;
    let second = world.place(LEAD_CALLBACK, &number).await;
    let ended = world.ended(&first).await;
    assert_eq!(ended.call.outcome.as_ref().unwrap().name, "opted_out");
    let stopped = world.ended_elsewhere(&second).await;
    assert_eq!(stopped.words()[1], "suppressed");
    assert!(!stopped.events.iter().any(|event| matches!(event.fact, Fact::Dialing { .. })), "nothing was dialed");
    assert_eq!(world.stage.far_end.counts(&number).invites, 1, "the telephone rang once");
    let path = format!("/v1/policy/decisions?number=%2B{}", &number[1..]);
    let (_, kept) = world.answer(Method::GET, &path, &Value::Null).await;
    assert_eq!(kept["items"][0]["code"], "suppressed", "{kept}");
    assert_eq!(kept["items"][0]["call_id"], second.as_str());
    world.stop().await;
}
