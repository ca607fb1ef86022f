//! VoiceB's click-to-call over HTTP: every documented answer, at the vendor's path and below its prefix.

use app::click_to_call::GivenCredentials;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{World, definition};

/// `{"phone":"+15550100001","variables":{"name":"Ada"}}` signed with `test_secret`, in both languages' ways of writing.
pub(crate) const NODE: (&str, &str) = (
    r#"{"phone":"+15550100001","variables":{"name":"Ada"}}"#,
    "5beb8be952ce44f23e925e25693d56e50acd5a70dbf8c41e60146d85dd9b890c",
);
pub(crate) const PYTHON: (&str, &str) = (
    r#"{"phone": "+15550100001", "variables": {"name": "Ada"}}"#,
    "42602d64eaa1af3c3ede196f2d2df45cda3357ecedd7729ef4391d23cb67a09f",
);
/// The agent's token.
pub(crate) const TOKEN: &str = "tok_1";
const PATHS: [&str; 2] = ["/api/click-to-call", "/voiceb/api/click-to-call"];

/// A world whose agent is called by clicks.
pub(crate) async fn world(verify_signature: bool) -> World {
    let world = World::new().await;
    let mut definition = definition();
    definition["type"] = json!("click_to_call");
    world.send(Method::PATCH, "/v1/agents/caller", &json!({ "definition": definition })).await;
    world.post("/v1/agents/caller/publish", &Value::Null).await;
    give(&world, "caller", verify_signature).await;
    world
}

/// Gives an agent the credentials that the signatures are made with.
pub(crate) async fn give(world: &World, agent: &str, verify_signature: bool) {
    let given = GivenCredentials { token: TOKEN.into(), secret: "test_secret".into(), verify_signature };
    world.platform.set_click_credentials(&world.operator(), agent, given).await.unwrap();
}

async fn click(world: &World, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    world.ask(Method::POST, path, headers, body).await
}

fn failed(code: &str, message: &str, status: u16) -> (u16, Value) {
    (status, json!({ "code": code, "message": message, "status": status }))
}

#[tokio::test]
async fn a_signed_click_places_a_call_in_both_languages() {
    let world = world(true).await;
    for (path, (body, signature)) in PATHS.into_iter().zip([NODE, PYTHON]) {
        let (status, answer) = click(&world, path, &[("api-key", "tok_1"), ("signature", signature)], body).await;
        assert_eq!((status, &answer["success"], &answer["message"]), (200, &json!(true), &json!("Call initiated")));
        let id = answer["callId"].as_str().unwrap();
        let (_, call) = world.get(&format!("/v1/calls/{id}")).await;
        assert_eq!((&call["to"], &call["variables"]["name"]), (&json!("+15550100001"), &json!("Ada")));
        let again = click(&world, path, &[("api-key", "tok_1"), ("signature", signature)], body).await;
        assert_eq!(again, failed("ctc:007", "Call already in progress", 400));
        world.post(&format!("/v1/calls/{id}/hangup"), &Value::Null).await;
    }
    assert_eq!(world.calls().await, 2);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_order_of_the_codes() {
    let world = world(true).await;
    let (key, signed) = (("api-key", "tok_1"), ("signature", NODE.1));
    let table = [
        (vec![], NODE.0, failed("ctc:001", "Missing headers", 400)),
        (vec![signed], NODE.0, failed("ctc:001", "Missing headers", 400)),
        (vec![key], NODE.0, failed("ctc:001", "Missing headers", 400)),
        (vec![("api-key", "tok_2"), signed], NODE.0, failed("ctc:003", "Invalid API key", 403)),
        (vec![key, signed], PYTHON.0, failed("ctc:006", "Invalid signature", 403)),
        (vec![key, ("signature", "zz")], NODE.0, failed("ctc:006", "Invalid signature", 403)),
    ];
    for (headers, body, want) in table {
        assert_eq!(click(&world, PATHS[0], &headers, body).await, want, "{headers:?}");
    }
    world.post("/v1/agents/caller/disable", &Value::Null).await;
    let disabled = click(&world, PATHS[0], &[key, ("signature", "zz")], NODE.0).await;
    assert_eq!(disabled, failed("ctc:004", "Agent is disabled", 400), "before the signature");
    assert_eq!(world.calls().await, 0);
}

#[tokio::test]
async fn an_agent_of_another_type_is_not_configured() {
    let world = World::new().await;
    give(&world, "caller", false).await;
    let answer = click(&world, PATHS[0], &[("api-key", "tok_1")], NODE.0).await;
    assert_eq!(answer, failed("ctc:005", "Agent not configured", 400));
}

#[tokio::test]
async fn without_a_signature_bodies_of_every_kind_are_answered() {
    let world = world(false).await;
    let key = [("api-key", "tok_1")];
    let number = |phone: &str| json!({ "phone": phone }).to_string();
    let many: serde_json::Map<String, Value> = (0..2_000).map(|n| (format!("v{n}"), json!("x"))).collect();
    let table = [
        ("", failed("ctc:010", "Invalid request body", 400)),
        ("[]", failed("ctc:010", "Invalid request body", 400)),
        ("{", failed("ctc:010", "Invalid request body", 400)),
        ("{}", failed("ctc:009", "Invalid phone number", 400)),
        (&number("abc"), failed("ctc:009", "Invalid phone number", 400)),
        (&number("+1"), failed("ctc:009", "Invalid phone number", 400)),
        (r#"{"phone":"+15550100001","variables":[]}"#, failed("ctc:010", "Invalid request body", 400)),
        (
            &json!({ "phone": "+15550100001", "variables": many }).to_string(),
            failed("ctc:010", "Invalid request body", 400),
        ),
        (&" ".repeat(300 * 1024), failed("ctc:014", "Request body too large", 413)),
    ];
    for (body, want) in table {
        assert_eq!(click(&world, PATHS[0], &key, body).await, want, "{:.60}", body);
    }
    assert_eq!(world.calls().await, 0, "nothing half done");
    // The agent's `name` is left out: the documents warn of it, the call goes on with nothing in its place.
    let (status, answer) = click(&world, PATHS[0], &key, &number("+15550100002")).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_repeat_under_a_key_of_the_clients_places_no_second_call() {
    let world = world(false).await;
    let headers = [("api-key", "tok_1"), ("idempotency-key", "lead-7")];
    let first = click(&world, PATHS[0], &headers, NODE.0).await;
    assert_eq!(first.0, 200);
    world.post("/v1/agents/caller/disable", &Value::Null).await;
    assert_eq!(click(&world, PATHS[0], &headers, NODE.0).await, first, "whatever became of the agent since");
    let other = click(&world, PATHS[0], &headers, PYTHON.0).await;
    assert_eq!(other, failed("ctc:015", "Idempotency key was used with another request", 422));
    assert_eq!(world.calls().await, 1);
}

#[tokio::test]
async fn two_agents_may_use_the_same_key_of_the_clients() {
    let world = world(false).await;
    let mut definition = definition();
    definition["type"] = json!("click_to_call");
    let agent = json!({ "slug": "second", "number": "+15550001000", "definition": definition });
    world.post("/v1/agents", &agent).await;
    world.post("/v1/agents/second/publish", &Value::Null).await;
    let given = GivenCredentials { token: "tok_2".into(), secret: "s".into(), verify_signature: false };
    world.platform.set_click_credentials(&world.operator(), "second", given).await.unwrap();
    let key = ("idempotency-key", "lead-7");
    let first = click(&world, PATHS[0], &[("api-key", "tok_1"), key], NODE.0).await;
    let second = click(&world, PATHS[0], &[("api-key", "tok_2"), key], NODE.0).await;
    assert_eq!((first.0, second.0), (200, 200));
    assert_ne!(first.1["callId"], second.1["callId"]);
}

#[tokio::test]
async fn of_many_clicks_at_once_one_places_a_call() {
    let world = world(false).await;
    let clicks = (0..8).map(|_| click(&world, PATHS[0], &[("api-key", "tok_1")], NODE.0));
    let answers = futures_util::future::join_all(clicks).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
    assert_eq!(world.calls().await, 1);
}

#[tokio::test]
async fn other_paths_and_methods_are_answered_in_its_words_and_the_document_is_there() {
    let world = world(false).await;
    for path in PATHS {
        let answer = world.ask(Method::GET, path, &[], "").await;
        assert_eq!(answer, failed("ctc:018", "Method not allowed", 405));
    }
    let answer = click(&world, "/voiceb/api/other", &[], "").await;
    assert_eq!(answer, failed("ctc:017", "Not found", 404));
    let (status, document) = world.get("/openapi/voiceb.json").await;
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    assert!(document["paths"]["/api/click-to-call"]["post"].is_object());
}
