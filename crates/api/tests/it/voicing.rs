//! Voicing AI's calls API over HTTP: publish, read one, a page and many, and what is said to everything else.

use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

const BASE: &str = "/api/v1/campaigns";

struct Voicing {
    world: World,
    assistant: String,
    key: String,
}

impl Voicing {
    async fn new() -> Self {
        let world = World::new().await;
        let names = world.platform.agent_names(&world.operator()).await.unwrap();
        let assistant = names.values().next().unwrap().voicing.to_string();
        let key = world.foreign_key(Dialect::Voicing, Some("Rest APIs"), &[]).await;
        Self { world, assistant, key }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let all: Vec<(&str, &str)> = [("x-api-key", &*self.key)].into_iter().chain(headers.iter().copied()).collect();
        self.world.ask(method, path, &all, body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, &format!("{BASE}{path}"), &[], "").await
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask(Method::POST, &format!("{BASE}{path}"), &[], &body.to_string()).await
    }

    fn body(&self) -> Value {
        json!({
            "assistant_id": self.assistant,
            "phone_number": "+15550100001",
            "input_variables": { "name": "Ada" },
            "telephony_provider": "default",
        })
    }

    async fn published(&self) -> String {
        let (status, answer) = self.post("/publish-outbound-call", &self.body()).await;
        assert_eq!(status, 200, "{answer}");
        answer["call_id"].as_str().unwrap().to_owned()
    }
}

fn detail(status: u16, text: impl Into<String>) -> (u16, Value) {
    (status, json!({ "detail": text.into() }))
}

#[tokio::test]
async fn a_published_call_is_read_in_every_way() {
    let voicing = Voicing::new().await;
    let (status, answer) = voicing.post("/publish-outbound-call", &voicing.body()).await;
    let id = answer["call_id"].as_str().unwrap().to_owned();
    let expected = json!({ "status": "success", "message": "Outbound call started successfully", "call_id": id });
    assert_eq!((status, answer), (200, expected));
    let (_, native) = voicing.world.get(&format!("/v1/calls/{id}")).await;
    assert_eq!((&native["to"], &native["variables"]), (&json!("+15550100001"), &json!({ "name": "Ada" })));

    let (status, one) = voicing.get(&format!("/get-call-details?call_id={id}")).await;
    assert_eq!((status, &one["success"], &one["call_id"]), (200, &json!(true), &json!(id)));
    assert_eq!((&one["status"], &one["duration"], &one["ended_at"]), (&json!("initiated"), &json!(0), &Value::Null));
    assert_eq!(voicing.get(&format!("/get-call-details/{id}")).await.1, one, "by path as by query");
    voicing.published().await;
    let (status, page) = voicing.get("/get-call-details?page=2&limit=1").await;
    assert_eq!((status, &page["total"], &page["total_pages"]), (200, &json!(2), &json!(2)));
    assert_eq!((page["data"].as_array().unwrap().len(), &page["data"][0]["call_id"]), (1, &json!(id)));
    let (_, none) = voicing.get("/get-call-details?status=completed").await;
    assert_eq!((&none["total"], &none["data"]), (&json!(0), &json!([])));
    let (status, many) = voicing.post("/get-call-details/bulk-by-ids", &json!({ "call_ids": [id, "CA1", id] })).await;
    assert_eq!((status, &many["success"], &many["not_found"]), (200, &json!(true), &json!(["CA1"])));
    assert_eq!((many["data"].as_array().unwrap().len(), &many["data"][0]["call_id"]), (1, &json!(id)));
}

#[tokio::test]
async fn only_keys_of_its_own_open_it() {
    let mut voicing = Voicing::new().await;
    let keys = [
        (String::new(), 401),
        ("wrong".to_owned(), 401),
        (voicing.world.secret.clone(), 401),
        (voicing.world.foreign_key(Dialect::Klen, None, &[]).await, 401),
        (voicing.world.foreign_key(Dialect::Voicing, Some("Webhooks"), &[]).await, 401),
        (voicing.world.foreign_key(Dialect::Voicing, None, &[]).await, 200),
    ];
    for (secret, want) in keys {
        voicing.key = secret;
        let answer = voicing.post("/publish-outbound-call", &voicing.body()).await;
        match want {
            200 => assert_eq!(answer.0, 200),
            _ => assert_eq!(answer, detail(401, "Invalid API token")),
        }
        assert_eq!(voicing.get("/get-call-details").await.0, want);
    }
    assert_eq!(voicing.world.calls().await, 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_and_nothing_is_stored() {
    let voicing = Voicing::new().await;
    let with = |name: &str, value: Value| {
        let mut body = voicing.body();
        body[name] = value;
        body
    };
    let stranger = "019addcc-b878-7b10-85f1-49f21342f947";
    let table = [
        (with("assistant_id", json!(stranger)), 404, format!("Assistant with ID {stranger} not found")),
        (with("assistant_id", json!("x")), 404, "Assistant with ID x not found".to_owned()),
        (with("assistant_id", Value::Null), 400, "Error fetching assistant: assistant_id is required".to_owned()),
        (with("phone_number", Value::Null), 400, "Error fetching assistant: phone_number is required".to_owned()),
        (
            with("telephony_provider", Value::Null),
            400,
            "Error fetching assistant: telephony_provider is required".into(),
        ),
        (with("input_variables", json!([])), 400, "Error fetching assistant: input_variables must be an object".into()),
    ];
    for (body, status, text) in table {
        assert_eq!(voicing.post("/publish-outbound-call", &body).await, detail(status, text));
    }
    let path = format!("{BASE}/publish-outbound-call");
    for (body, want) in [("", 400), ("{", 400), ("[]", 400), ("\"x\"", 400), (&*" ".repeat(300 * 1024), 413)] {
        let (status, answer) = voicing.ask(Method::POST, &path, &[], body).await;
        assert_eq!(status, want);
        assert!(answer["detail"].is_string(), "{answer}");
    }
    assert_eq!(voicing.post("/publish-outbound-call", &with("phone_number", json!("12"))).await.0, 400);
    assert_eq!(voicing.get("/get-call-details?page=0").await.0, 400);
    assert_eq!(voicing.get("/get-call-details?call_id=nobody").await, detail(404, "Call with ID nobody not found"));
    assert_eq!(voicing.get("/publish-outbound-call").await, detail(405, "Method Not Allowed"));
    assert_eq!(voicing.get("/elsewhere").await, detail(404, "Not Found"));
    voicing.world.post("/v1/agents/caller/disable", &Value::Null).await;
    assert_eq!(voicing.post("/publish-outbound-call", &voicing.body()).await.0, 400, "switched off");
    assert_eq!(voicing.world.calls().await, 0);
}

#[tokio::test]
async fn a_repeat_under_a_key_of_the_clients_places_no_second_call() {
    let voicing = Voicing::new().await;
    let (path, body) = (format!("/voicing{BASE}/publish-outbound-call"), voicing.body().to_string());
    let headers = [("idempotency-key", "lead-7")];
    let first = voicing.ask(Method::POST, &path, &headers, &body).await;
    assert_eq!(first.0, 200);
    voicing.world.rename_caller().await;
    assert_eq!(voicing.ask(Method::POST, &path, &headers, &body).await, first, "whatever became of the agent since");
    let (status, answer) = voicing.ask(Method::POST, &path, &headers, &format!("{body} ")).await;
    assert_eq!(status, 422);
    assert!(answer["detail"].is_string());
    assert_eq!(voicing.world.calls().await, 1);
}

#[tokio::test]
async fn a_call_of_another_organization_is_not_found() {
    let (voicing, other) = (Voicing::new().await, Voicing::new().await);
    let id = other.published().await;
    let answer = voicing.get(&format!("/get-call-details?call_id={id}")).await;
    assert_eq!(answer, detail(404, format!("Call with ID {id} not found")));
}
