//! Voxpria's calls and agents API over HTTP.

use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const CALLS: &str = "/voxpria/api/v1/calls";
const AGENTS: &str = "/voxpria/api/v1/agents";
const WEBHOOKS: &str = "/voxpria/api/v1/webhooks";

struct Voxpria {
    world: World,
    agent: String,
    key: String,
}

impl Voxpria {
    async fn new() -> Self {
        let world = World::new().await;
        let names = world.platform.agent_names(&world.operator()).await.unwrap().into_values().next().unwrap();
        let key = world.foreign_key(Dialect::Voxpria, None, &["calls:read", "calls:write"]).await;
        Self { world, agent: names.voxpria, key }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let bearer = format!("Bearer {}", self.key);
        let all: Vec<(&str, &str)> = [("authorization", &*bearer)].into_iter().chain(headers.iter().copied()).collect();
        self.world.ask(method, path, &all, body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, &[], "").await
    }

    async fn post(&self, body: &str) -> (u16, Value) {
        self.ask(Method::POST, CALLS, &[], body).await
    }

    fn body(&self) -> Value {
        json!({ "agentId": self.agent, "toNumber": "+15550100001", "variables": { "name": "Ada" } })
    }
}

fn is_failed((status, answer): &(u16, Value), want: u16, code: &str) {
    let expected = (want, &json!(false), &json!(code));
    assert_eq!((*status, &answer["success"], &answer["error"]), expected, "{answer}");
    assert!(answer["message"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_call_is_triggered_listed_and_read() {
    let voxpria = Voxpria::new().await;
    let (status, answer) = voxpria.post(&voxpria.body().to_string()).await;
    let data = &answer["data"];
    assert_eq!((status, &answer["success"], &data["status"]), (200, &json!(true), &json!("queued")), "{answer}");
    assert_eq!((&data["toNumber"], &data["agentId"]), (&json!("+15550100001"), &json!(voxpria.agent)));
    assert!(data["createdAt"].as_str().unwrap().ends_with('Z'));
    let id = data["callId"].as_str().unwrap();
    let (status, one) = voxpria.get(&format!("{CALLS}/{id}")).await;
    assert_eq!((status, &one["data"]["callId"], &one["data"]["duration"]), (200, &json!(id), &json!(0)));
    assert_eq!((&one["data"]["outcome"], &one["data"]["completedAt"]), (&Value::Null, &Value::Null));
    let (status, page) = voxpria.get(&format!("{CALLS}?page=1&limit=50&status=queued&agentId={}", voxpria.agent)).await;
    let expected = json!({ "page": 1, "limit": 50, "total": 1, "totalPages": 1 });
    assert_eq!((status, &page["pagination"], &page["data"][0]["callId"]), (200, &expected, &json!(id)));
    assert_eq!(voxpria.get(&format!("{CALLS}?per_page=7")).await.1["pagination"]["limit"], 7);

    let (status, agents) = voxpria.get(AGENTS).await;
    let agent = &agents["data"][0];
    assert_eq!((status, &agent["agentId"], &agent["name"]), (200, &json!(voxpria.agent), &json!("Caller")));
    assert_eq!(agent["status"], "active");
    let whole = voxpria.get(&format!("{AGENTS}/{}", voxpria.agent)).await.1["data"].clone();
    assert!(agent.as_object().unwrap().iter().all(|(name, value)| whole[name] == *value), "{whole}");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_its_frame_and_nothing_is_stored() {
    let mut voxpria = Voxpria::new().await;
    let body = voxpria.body();
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body.to_string()
    };
    let table = [
        (with("toNumber", Value::Null), 400, "validation_error"),
        (with("toNumber", json!("12")), 400, "validation_error"),
        (with("agentId", Value::Null), 400, "validation_error"),
        (with("agentId", json!("agent_nobody")), 404, "not_found"),
        (with("variables", json!("x")), 400, "validation_error"),
        ("{".to_owned(), 400, "validation_error"),
        (String::new(), 400, "validation_error"),
        (" ".repeat(300 * 1024), 413, "validation_error"),
    ];
    for (body, status, code) in table {
        is_failed(&voxpria.post(&body).await, status, code);
    }
    is_failed(&voxpria.get(&format!("{CALLS}/nobody")).await, 404, "not_found");
    is_failed(&voxpria.get(&format!("{AGENTS}/nobody")).await, 404, "not_found");
    is_failed(&voxpria.get("/voxpria/api/v1/odd").await, 404, "not_found");
    is_failed(&voxpria.get(&format!("{CALLS}?status=odd")).await, 400, "validation_error");
    is_failed(&voxpria.ask(Method::PATCH, CALLS, &[], "").await, 405, "method_not_allowed");
    let reader = voxpria.world.foreign_key(Dialect::Voxpria, None, &["calls:read"]).await;
    for (key, status, code) in [("agl_sk_wrong".to_owned(), 401, "unauthorized"), (reader, 403, "forbidden")] {
        voxpria.key = key;
        is_failed(&voxpria.post(&body.to_string()).await, status, code);
    }
    is_failed(&voxpria.world.ask(Method::GET, CALLS, &[], "").await, 401, "unauthorized");
    assert_eq!(voxpria.world.calls().await, 0);
}

#[tokio::test]
async fn a_repeat_under_a_key_of_the_clients_places_no_second_call() {
    let voxpria = Voxpria::new().await;
    let headers = [("idempotency-key", "lead-7")];
    let body = voxpria.body().to_string();
    let first = voxpria.ask(Method::POST, CALLS, &headers, &body).await;
    assert_eq!(first.0, 200);
    voxpria.world.rename_caller().await;
    assert_eq!(voxpria.ask(Method::POST, CALLS, &headers, &body).await, first, "whatever became of the agent since");
    let other = voxpria.ask(Method::POST, CALLS, &headers, &format!("{body} ")).await;
    is_failed(&other, 422, "idempotency_key_reused");
    assert_eq!(voxpria.world.calls().await, 1);
}

#[tokio::test]
async fn webhooks_are_made_listed_and_deleted() {
    let mut voxpria = Voxpria::new().await;
    let none = voxpria.ask(Method::GET, WEBHOOKS, &[], "").await;
    is_failed(&none, 403, "forbidden");
    voxpria.key = voxpria.world.foreign_key(Dialect::Voxpria, None, &["webhooks:manage"]).await;
    let post = async |body: &Value| voxpria.ask(Method::POST, WEBHOOKS, &[], &body.to_string()).await;
    let body =
        json!({ "url": "https://example.com/hook", "events": ["call.completed", "credit.low"], "active": false });
    let (status, made) = post(&body).await;
    assert_eq!(status, 200, "{made}");
    let data = &made["data"];
    assert!(data["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
    assert_eq!((&data["events"], &data["active"]), (&body["events"], &json!(false)));
    let (_, listed) = voxpria.get(WEBHOOKS).await;
    assert_eq!((listed["data"].as_array().unwrap().len(), &listed["data"][0]["secret"]), (1, &Value::Null));
    let (_, native) = voxpria.world.get("/v1/webhooks").await;
    assert_eq!(native["items"][0]["dialect"], "voxpria");
    let id = data["webhookId"].as_str().unwrap();
    for (wrong, field) in [
        (json!({ "events": ["call.completed"] }), "url"),
        (json!({ "url": "https://example.com", "events": "call.completed" }), "events"),
        (json!({ "url": "https://example.com", "events": [] }), "event"),
        (json!({ "url": "https://example.com", "events": ["call.queued"] }), "call.completed"),
        (json!({ "url": "ftp://example.com", "events": ["*"] }), "http"),
        (json!({ "url": "http://127.0.0.1/", "events": ["*"] }), ""),
        (json!({ "url": "https://example.com", "events": ["*"], "active": "no" }), "active"),
    ] {
        let (status, answer) = post(&wrong).await;
        assert_eq!((status, &answer["error"]), (400, &json!("validation_error")), "{wrong}: {answer}");
        assert!(answer["message"].as_str().unwrap().contains(field), "{wrong}: {answer}");
    }
    let path = format!("{WEBHOOKS}/{id}");
    assert_eq!(voxpria.ask(Method::DELETE, &path, &[], "").await.0, 200);
    assert_eq!(voxpria.ask(Method::DELETE, &path, &[], "").await.0, 404);
    assert_eq!(voxpria.get(WEBHOOKS).await.1["data"], json!([]));
}

#[tokio::test]
async fn credits_are_what_is_in_the_wallet_and_what_was_used_of_it() {
    const CREDITS: &str = "/voxpria/api/v1/credits";
    let voxpria = Voxpria::new().await;
    let (status, none) = voxpria.get(CREDITS).await;
    assert_eq!((status, &none["data"]["balance"]), (200, &Value::Null), "calls are not billed: {none}");
    let wallet = json!({ "currency": "credits", "rate_per_minute": "3", "increment_s": 60 });
    voxpria.world.send(Method::PUT, "/v1/wallet", &wallet).await;
    let (_, some) = voxpria.get(CREDITS).await;
    assert_eq!((&some["data"]["balance"], &some["data"]["currency"]), (&json!(0.0), &json!("credits")));
    assert!(some["data"]["lastUpdated"].as_str().unwrap().ends_with('Z'));
    voxpria.world.send(Method::POST, "/v1/wallet/top-ups", &json!({ "amount": "100" })).await;
    voxpria.world.call().await;
    let (_, used) = voxpria.get(&format!("{CREDITS}/usage")).await;
    let day = json!({ "date": "2026-09-21", "calls": 1, "creditsUsed": 0.0, "cost": "0.00 credits" });
    assert_eq!((&used["data"]["usage"], &used["data"]["total"]["calls"]), (&json!([day]), &json!(1)), "{used}");
    let (_, range) = voxpria.get(&format!("{CREDITS}/usage?startDate=2026-09-21&endDate=2026-09-21")).await;
    assert_eq!(range, used, "the last day counts whole");
    let (_, before) = voxpria.get(&format!("{CREDITS}/usage?startDate=2026-09-01&endDate=2026-09-20")).await;
    assert_eq!(before["data"]["usage"], json!([]));
    for bad in ["startDate=yesterday", "endDate=2026-02-30", "startDate=2026-09-21&endDate=2026-09-01"] {
        is_failed(&voxpria.get(&format!("{CREDITS}/usage?{bad}")).await, 400, "validation_error");
    }
    for path in [CREDITS.to_owned(), format!("{CREDITS}/usage")] {
        is_failed(&voxpria.world.ask(Method::GET, &path, &[], "").await, 401, "unauthorized");
    }
    is_failed(&voxpria.ask(Method::POST, CREDITS, &[], "").await, 405, "method_not_allowed");
}
