//! Trunks tell how they do, and are asked.

use domain::call_event::CallFact;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, ending};

async fn health(world: &World, trunk: &str) -> Value {
    let (status, read) = world.get(&format!("/v1/trunks/{trunk}")).await;
    assert_eq!(status, 200, "{read}");
    let (_, list) = world.get("/v1/trunks").await;
    let listed = list["items"].as_array().unwrap().iter().find(|one| one["name"] == trunk).unwrap();
    assert_eq!(listed["health"], read["health"], "the list tells the same");
    read["health"].clone()
}

#[tokio::test]
async fn a_test_tells_the_answer_and_is_remembered() {
    let world = World::new().await;
    world.post("/v1/trunks", &json!({"name": "deaf", "address": "192.0.2.1"})).await;
    assert_eq!(health(&world, "deaf").await["state"], "unknown");
    let told = world.post("/v1/trunks/line/test", &json!({})).await;
    assert_eq!(told, json!({"ok": true, "answer": "200 OK", "rtt_ms": 12, "error": null, "remedy": null}));
    let told = world.post("/v1/trunks/deaf/test", &json!({})).await;
    assert_eq!((&told["ok"], &told["answer"]), (&json!(false), &Value::Null));
    assert!(told["error"].as_str().unwrap().contains("no answer within 5 s"), "{told}");
    assert!(told["remedy"].as_str().unwrap().contains("firewalls"), "{told}");
    let (up, down) = (health(&world, "line").await, health(&world, "deaf").await);
    assert_eq!((&up["state"], &up["last_error"], &up["answer_rate"]), (&json!("up"), &Value::Null, &Value::Null));
    assert_eq!((&down["state"], &down["last_error"]), (&json!("down"), &told["error"]));
    assert_eq!(world.send(Method::POST, "/v1/trunks/nobody/test", &json!({})).await.0, 404);
}

#[tokio::test]
async fn calls_over_a_trunk_are_evidence() {
    let world = World::new().await;
    world.post("/v1/trunks", &json!({"name": "spare", "address": "192.0.2.1"})).await;
    world.call().await;
    let mut session = world.claim().await;
    session.dial().await;
    assert_eq!(health(&world, "line").await["live_calls"], 1);
    session.tell(CallFact::Answered { codec: "PCMU".into() }).await;
    session.tell(ending()).await;
    let told = health(&world, "line").await;
    assert_eq!((&told["state"], &told["answer_rate"]), (&json!("up"), &json!(1.0)), "{told}");
    assert_eq!(told["live_calls"], 0);
    assert_eq!(told["checked_at"], world.get("/v1/calls/1").await.1["ended_at"]);
    assert_eq!(health(&world, "spare").await["state"], "unknown", "nothing went over it");
}
