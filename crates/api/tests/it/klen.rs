//! Klen AI's calls API over HTTP: start, list, read, and every documented error.

use domain::agent_names::AgentNames;
use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const CALLS: &str = "/api/v1/calls";

struct Klen {
    world: World,
    names: AgentNames,
    key: String,
}

impl Klen {
    async fn new() -> Self {
        let world = World::new().await;
        let names = world.platform.agent_names(&world.operator()).await.unwrap().into_values().next().unwrap();
        let key = world.foreign_key(Dialect::Klen, None, &["can_initiate_calls", "can_read_calls"]).await;
        Self { world, names, key }
    }

    async fn post(&self, body: &Value) -> (u16, Value) {
        self.with(&[], &body.to_string()).await
    }

    async fn with(&self, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.key);
        let all: Vec<(&str, &str)> = [("authorization", &*bearer)].into_iter().chain(headers.iter().copied()).collect();
        self.world.ask(Method::POST, CALLS, &all, body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.world.ask(Method::GET, &format!("{CALLS}{path}"), &[("x-api-key", &self.key)], "").await
    }

    fn body(&self) -> Value {
        json!({
            "phone_number": "+15550100001",
            "agent_id": self.names.klen,
            "variables": { "name": "Ada", "custom_context": { "status": "gold" } },
        })
    }
}

fn is_failed((status, answer): &(u16, Value), want: u16, code: &str) {
    assert_eq!((*status, &answer["error"]), (want, &json!(code)), "{answer}");
    assert!(answer["message"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_call_is_started_by_every_name_of_its_agent_and_read() {
    let klen = Klen::new().await;
    let mut last = Value::Null;
    for name in [json!(klen.names.klen), json!(klen.names.integer), json!(klen.names.integer.to_string())] {
        let mut body = klen.body();
        body["agent_id"] = name;
        let (status, answer) = klen.post(&body).await;
        assert_eq!(status, 200, "{answer}");
        let agent = json!({ "id": klen.names.integer, "name": "Caller", "assistant_id": klen.names.klen });
        assert_eq!(
            (&answer["status"], &answer["type"], &answer["agent"]),
            (&json!("queued"), &json!("outbound"), &agent)
        );
        assert_eq!(answer["phone_number"], "+15550100001");
        assert!(answer["id"].is_i64() && answer["created_at"].as_str().unwrap().ends_with('Z'), "{answer}");
        last = answer;
    }
    let (_, native) = klen.world.get(&format!("/v1/calls/{}", last["call_id"].as_str().unwrap())).await;
    assert_eq!(native["variables"]["custom_context.status"], "gold", "nested values have dotted names");

    for id in [last["id"].to_string(), last["call_id"].as_str().unwrap().to_owned()] {
        let (status, one) = klen.get(&format!("/{id}")).await;
        assert_eq!(
            (status, &one["id"], &one["call_id"], &one["agent"]["id"]),
            (200, &last["id"], &last["call_id"], &json!(klen.names.integer))
        );
        assert_eq!(
            (&one["transcript"], &one["duration_seconds"], &one["billing"]),
            (&Value::Null, &json!(0), &Value::Null)
        );
    }
    let (status, page) = klen.get("?limit=2&page=1").await;
    assert_eq!((status, &page["count"], &page["pages"], &page["limit"]), (200, &json!(3), &json!(2), &json!(2)));
    assert_eq!((&page["calls"][0]["id"], &page["calls"][0]["agent_id"]), (&last["call_id"], &json!(klen.names.klen)));
    let (_, none) = klen.get("?type=inbound").await;
    assert_eq!((&none["count"], &none["calls"]), (&json!(0), &json!([])));
    let (_, own) = klen.get(&format!("?agent_id={}&status=queued&limit=500", klen.names.integer)).await;
    assert_eq!((&own["count"], &own["limit"]), (&json!(3), &json!(100)));
}

#[tokio::test]
async fn every_documented_error_has_its_status_and_code() {
    let mut klen = Klen::new().await;
    let body = klen.body();
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body.to_string()
    };
    let table = [
        (with("phone_number", Value::Null), 400, "missing_phone_number"),
        (with("agent_id", Value::Null), 400, "missing_agent_id"),
        (with("phone_number", json!("12")), 400, "invalid_phone_number"),
        (with("agent_id", json!("assistant_nobody")), 404, "agent_not_found"),
        (with("agent_id", json!(999)), 404, "agent_not_found"),
        (with("contact_id", json!(7)), 404, "not_found"),
        (with("variables", json!([])), 400, "validation_error"),
        ("{".to_owned(), 400, "invalid_json"),
        (String::new(), 400, "invalid_json"),
        ("[]".to_owned(), 400, "invalid_json"),
        (" ".repeat(300 * 1024), 413, "validation_error"),
    ];
    for (body, status, code) in table {
        is_failed(&klen.with(&[], &body).await, status, code);
    }
    is_failed(&klen.get("/nobody").await, 404, "not_found");
    is_failed(&klen.get("?status=odd").await, 400, "validation_error");
    is_failed(&klen.get("?page=0").await, 400, "validation_error");
    let answer = klen.world.ask(Method::DELETE, &format!("/klen{CALLS}"), &[], "").await;
    is_failed(&answer, 405, "method_not_allowed");

    klen.world.post("/v1/suppressions", &json!({ "number": "+15550100001", "reason": "asked" })).await;
    is_failed(&klen.post(&body).await, 403, "do_not_call");
    is_failed(&klen.world.ask(Method::POST, &format!("/klen{CALLS}"), &[], "").await, 401, "authentication_required");
    let readers = klen.world.foreign_key(Dialect::Klen, None, &["can_read_calls"]).await;
    for (key, status, code) in [
        ("klen_wrong".to_owned(), 401, "invalid_key"),
        (klen.world.foreign_key(Dialect::Vonage, None, &[]).await, 401, "invalid_key"),
        (readers, 403, "permission_denied"),
    ] {
        klen.key = key;
        is_failed(
            &klen.world.ask(Method::POST, &format!("/klen{CALLS}?api_key={}", klen.key), &[], "").await,
            status,
            code,
        );
    }
    assert_eq!(klen.world.calls().await, 0);
}

#[tokio::test]
async fn an_agent_without_a_number_has_a_code_of_its_own() {
    let world = World::empty().await;
    let agent = json!({ "slug": "mute", "definition": crate::world::definition() });
    world.post("/v1/agents", &agent).await;
    world.post("/v1/agents/mute/publish", &Value::Null).await;
    let names = world.platform.agent_names(&world.operator()).await.unwrap().into_values().next().unwrap();
    let key = world.foreign_key(Dialect::Klen, None, &[]).await;
    let klen = Klen { world, names, key };
    is_failed(&klen.post(&klen.body()).await, 404, "no_phone_number");
}

#[tokio::test]
async fn a_wallet_that_is_empty_is_told_with_its_balance() {
    let klen = Klen::new().await;
    let wallet = json!({ "currency": "USD", "rate_per_minute": "0.10", "increment_s": 60 });
    let (status, answer) = klen.world.send(Method::PUT, "/v1/wallet", &wallet).await;
    assert_eq!(status, 200, "{answer}");
    let answer = klen.post(&klen.body()).await;
    is_failed(&answer, 402, "insufficient_funds");
    assert_eq!((&answer.1["current_balance"], &answer.1["required_rate"]), (&json!(0.0), &json!(0.1)));
    assert_eq!(klen.world.calls().await, 0);
}

#[tokio::test]
async fn a_repeat_under_a_key_of_the_clients_places_no_second_call() {
    let klen = Klen::new().await;
    let headers = [("idempotency-key", "lead-7")];
    let body = klen.body().to_string();
    let first = klen.with(&headers, &body).await;
    assert_eq!(first.0, 200);
    klen.world.rename_caller().await;
    assert_eq!(klen.with(&headers, &body).await, first, "whatever became of the agent since");
    is_failed(&klen.with(&headers, &format!("{body} ")).await, 422, "idempotency_key_reused");
    assert_eq!(klen.world.calls().await, 1);
}

#[tokio::test]
async fn a_webhook_is_made_outside_of_the_version() {
    let klen = Klen::new().await;
    let post = async |body: &Value| {
        let headers = [("x-api-key", &*klen.key)];
        klen.world.ask(Method::POST, "/api/webhooks/create/", &headers, &body.to_string()).await
    };
    let body =
        json!({ "name": "CRM", "url": "https://example.com/klen", "subscribed_events": ["call.ended", "call.failed"] });
    let (status, made) = post(&body).await;
    assert_eq!((status, &made["name"], &made["is_active"]), (200, &json!("CRM"), &json!(true)), "{made}");
    assert_eq!(made["subscribed_events"], body["subscribed_events"]);
    assert!(
        made["secret"].as_str().unwrap().starts_with("whsec_") && made["created_at"].as_str().unwrap().ends_with('Z')
    );
    let (_, native) = klen.world.get("/v1/webhooks").await;
    assert_eq!((&native["items"][0]["id"], &native["items"][0]["dialect"]), (&made["id"], &json!("klen")));
    for (name, value) in [
        ("name", Value::Null),
        ("url", json!(7)),
        ("url", json!("nowhere")),
        ("subscribed_events", Value::Null),
        ("subscribed_events", json!(["call.queued"])),
    ] {
        let mut wrong = body.clone();
        wrong[name] = value;
        is_failed(&post(&wrong).await, 400, "validation_error");
    }
    let callers = klen.world.foreign_key(Dialect::Klen, None, &["can_initiate_calls"]).await;
    let refused =
        klen.world.ask(Method::POST, "/api/webhooks/create/", &[("x-api-key", &callers)], &body.to_string()).await;
    is_failed(&refused, 403, "permission_denied");
}
