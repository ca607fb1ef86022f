//! Money, caps and repeats over real HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, ending, read};

fn wallet(balance: &str) -> Value {
    json!({"currency": "USD", "rate_per_minute": "0.60", "per_attempt": "0.05", "hold_at_most_s": 60, "balance": balance})
}

fn to(number: &str) -> Value {
    json!({"agent": "caller", "to": number, "variables": {"name": "Ada"}})
}

async fn under(world: &World, path: &str, key: &str, body: &Value) -> reqwest::Response {
    world.request(Method::POST, path).header("Idempotency-Key", key).json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_call_is_held_for_settled_and_refused_when_the_money_is_gone() {
    let world = World::new().await;
    assert_eq!(world.get("/v1/wallet").await.0, 404, "an organization without one is not billed");
    let (status, opened) = world.send(Method::PUT, "/v1/wallet", &wallet("1.00")).await;
    assert_eq!((status, &opened["balance"]), (200, &json!("1.00")));
    let call = world.call().await;
    assert_eq!(call["price"]["most"], "0.65");
    let answer = world.request(Method::POST, "/v1/calls").json(&to("+15550100001")).send().await.unwrap();
    let (status, problem) = read(answer).await;
    assert_eq!((status, &problem["code"]), (402, &json!("insufficient_funds")));
    let facts = json!({"balance": "0.35", "required": "0.65", "currency": "USD", "rate_per_minute": "0.60"});
    assert_eq!(problem["facts"], facts);
    let mut session = world.claim().await;
    session.dial().await;
    session.tell(ending()).await;
    let (_, ended) = world.get(&format!("/v1/calls/{}", call["id"].as_str().unwrap())).await;
    assert_eq!(ended["cost"], "0.65");
    let (_, page) = world.get("/v1/wallet/ledger?limit=2").await;
    let kinds: Vec<_> = page["items"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["settle", "hold"]);
    let next = page["next_cursor"].as_str().unwrap();
    let (_, rest) = world.get(&format!("/v1/wallet/ledger?limit=2&cursor={next}")).await;
    assert_eq!(rest["items"][0]["kind"], "top_up");
    let (_, usage) = world.get("/v1/usage").await;
    assert_eq!((&usage["items"][0]["calls"], &usage["items"][0]["cost"]), (&json!(1), &json!("0.65")));
    let (status, _) = world.send(Method::PUT, "/v1/wallet", &json!({"currency": "EUR", "rate_per_minute": "1"})).await;
    assert_eq!(status, 409, "the currency is fixed");
}

#[tokio::test]
async fn a_repeated_top_up_brings_nothing_in() {
    let world = World::new().await;
    world.send(Method::PUT, "/v1/wallet", &wallet("0")).await;
    let body = json!({"amount": "5.00", "note": "invoice 7"});
    let first = under(&world, "/v1/wallet/top-ups", "k", &body).await;
    assert_eq!((first.status().as_u16(), first.headers().contains_key("idempotent-replayed")), (201, false));
    let again = under(&world, "/v1/wallet/top-ups", "k", &body).await;
    assert_eq!((again.status().as_u16(), &again.headers()["idempotent-replayed"]), (201, &"true".parse().unwrap()));
    assert_eq!(first.bytes().await.unwrap(), again.bytes().await.unwrap());
    assert_eq!(world.get("/v1/wallet").await.1["balance"], "5.00");
    for (body, status) in [
        (json!({"amount": "-1"}), 422),
        (json!({"amount": "0"}), 422),
        (json!({"amount": 5}), 422),
        (json!({"amount": "-6", "adjustment": true}), 402),
    ] {
        assert_eq!(world.send(Method::POST, "/v1/wallet/top-ups", &body).await.0, status, "{body}");
    }
}

#[tokio::test]
async fn a_repeated_create_is_answered_as_the_first_was_and_calls_once() {
    let world = World::new().await;
    let first = under(&world, "/v1/calls", "order 7", &to("+15550100001")).await;
    let (status, location) = (first.status().as_u16(), first.headers()["location"].clone());
    let bytes = first.bytes().await.unwrap();
    // Whatever became of the agent since, the repeat gets its answer.
    world.send(Method::POST, "/v1/agents/caller/disable", &json!({})).await;
    let again = under(&world, "/v1/calls", "order 7", &to("+15550100001")).await;
    assert_eq!((again.status().as_u16(), &again.headers()["location"]), (status, &location));
    assert_eq!(again.headers()["content-type"], "application/json");
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.bytes().await.unwrap(), bytes);
    let (status, problem) = read(under(&world, "/v1/calls", "order 7", &to("+15550100002")).await).await;
    assert_eq!((status, &problem["code"]), (422, &json!("idempotency_key_reused")));
    assert_eq!(world.get("/v1/calls").await.1["items"].as_array().unwrap().len(), 1);
    for key in ["", "   ", &"k".repeat(256)] {
        assert_eq!(under(&world, "/v1/calls", key, &to("+15550100001")).await.status(), 422, "{key:?}");
    }
}

#[tokio::test]
async fn of_many_at_once_one_calls_and_a_refusal_keeps_nothing() {
    let world = World::new().await;
    let body = to("+15550100001");
    let all = futures_util::future::join_all((0..12).map(|_| under(&world, "/v1/calls", "k", &body))).await;
    assert!(all.iter().all(|answer| answer.status() == 201));
    assert_eq!(all.iter().filter(|answer| !answer.headers().contains_key("idempotent-replayed")).count(), 1);
    assert_eq!(world.get("/v1/calls").await.1["items"].as_array().unwrap().len(), 1);
    let mut wrong = body.clone();
    wrong["to"] = json!("nobody");
    assert_eq!(under(&world, "/v1/calls", "second", &wrong).await.status(), 422);
    assert_eq!(under(&world, "/v1/calls", "second", &body).await.status(), 201, "the key of a refusal is free");
}

#[tokio::test]
async fn other_creates_are_repeated_too_and_secrets_are_not_kept() {
    let world = World::new().await;
    let trunk = json!({"name": "second", "address": "127.0.0.1:5070"});
    let first = under(&world, "/v1/trunks", "t", &trunk).await;
    let again = under(&world, "/v1/trunks", "t", &trunk).await;
    assert_eq!((first.status().as_u16(), again.status().as_u16()), (201, 201));
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(first.bytes().await.unwrap(), again.bytes().await.unwrap());
    assert_eq!(under(&world, "/v1/trunks", "u", &trunk).await.status(), 409, "another key makes another trunk");
    assert_eq!(under(&world, "/v1/trunks", "t", &json!({"name": "x", "address": "127.0.0.1"})).await.status(), 422);
    let key = json!({"name": "k", "permissions": ["calls:read"]});
    let (status, problem) = read(under(&world, "/v1/keys", "k", &key).await).await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid_request")));
    // What says no secret is repeated like the rest: a test event is sent once.
    let hook = world.post("/v1/webhooks", &json!({"url": "https://example.com/hook"})).await;
    let test = format!("/v1/webhooks/{}/test", hook["id"].as_str().unwrap());
    let sent = under(&world, &test, "once", &json!({})).await;
    let again = under(&world, &test, "once", &json!({})).await;
    assert_eq!((sent.status().as_u16(), again.headers()["idempotent-replayed"].to_str().unwrap()), (202, "true"));
    assert_eq!(sent.bytes().await.unwrap(), again.bytes().await.unwrap());
    // A request that holds the key keeps others out until it is done.
    let principal = world.platform.authenticate(&world.secret, Default::default()).await.unwrap();
    let body = serde_json::to_vec(&json!({"name": "third", "address": "127.0.0.1:5071"})).unwrap();
    let asked = app::idempotency::Keyed::new(&principal, "POST", "/v1/trunks", "busy", &body).unwrap();
    world.platform.reserve(&asked).await.unwrap();
    let late = under(&world, "/v1/trunks", "busy", &json!({"name": "third", "address": "127.0.0.1:5071"})).await;
    assert_eq!(late.headers()["retry-after"], "1");
    let (status, problem) = read(late).await;
    assert_eq!((status, &problem["code"]), (409, &json!("idempotency_key_in_flight")));
}

#[tokio::test]
async fn a_cap_is_named_and_says_when_to_come_back() {
    let world = World::new().await;
    let (status, caps) = world.send(Method::PUT, "/v1/caps", &json!({"calls_per_day": 2})).await;
    assert_eq!((status, &caps["calls_per_day"], &caps["brakes"]["on"]), (200, &json!(2), &json!(true)));
    world.call().await;
    world.call().await;
    let answer = world.request(Method::POST, "/v1/calls").json(&to("+15550100001")).send().await.unwrap();
    let after: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let (status, problem) = read(answer).await;
    assert_eq!((status, &problem["code"]), (429, &json!("rate_limited")));
    assert_eq!(problem["facts"], json!({"limit": "organization.calls_per_day", "retry_after_s": after}));
    assert!((1..=86_400).contains(&after), "{after}");
    assert_eq!(world.send(Method::PUT, "/v1/caps", &json!({"calls_per_week": 2})).await.0, 422);
}

#[tokio::test]
async fn a_brake_trips_on_calls_abroad_and_is_released() {
    let world = World::new().await;
    let brakes = json!({"brakes": {"range_calls_per_hour": 2}});
    world.send(Method::PUT, "/v1/caps", &brakes).await;
    for _ in 0..2 {
        world.post("/v1/calls", &to("+37126000001")).await;
    }
    for number in ["+37126000002", "+442071838750"] {
        let (status, problem) = world.send(Method::POST, "/v1/calls", &to(number)).await;
        assert_eq!(
            (status, &problem["facts"]["limit"]),
            (429, &json!("organization.range_calls_per_hour")),
            "{number}"
        );
    }
    world.call().await;
    let (_, held) = world.get("/v1/brakes").await;
    let scope = held["items"][0]["scope"].as_str().unwrap();
    let (_, audit) = world.get("/v1/audit?action=brake.tripped").await;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit}");
    assert_eq!(world.send(Method::DELETE, &format!("/v1/brakes/{scope}"), &json!({})).await.0, 204);
    world.post("/v1/calls", &to("+37126000002")).await;
}
