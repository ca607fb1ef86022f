//! Schemathesis, which nobody here wrote, asks each dialect what its OpenAPI document allows and what it does not: no
//! answer is a 5xx, and each has a status, a content type and a body that the document knows.
//!
//! What it makes up names no agent and no call of ours, so each document is given examples that do: answers of success
//! are looked at too.
//!
//! `make setup-test` installs it into `target/schemathesis`; it is part of no product. One seed and a bound on examples:
//! a run can be had again.

use std::path::Path;
use std::process::Stdio;

use app::click_to_call::GivenCredentials;
use domain::agent_names::AgentNames;
use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::world::{World, definition};

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// A server with an agent that every dialect can call, and one call on record.
async fn world() -> World {
    let world = World::new().await;
    let mut definition = definition();
    definition["type"] = json!("click_to_call");
    world.send(Method::PATCH, "/v1/agents/caller", &json!({ "definition": definition })).await;
    world.post("/v1/agents/caller/publish", &Value::Null).await;
    world.call().await;
    world
}

/// Where calls are made, with a body that makes one. The callee is another than the call's on record, so that a dialect
/// with one call at a time takes it.
fn create(dialect: Dialect, names: &AgentNames) -> (&'static str, Value) {
    let to = "+15550100002";
    match dialect {
        Dialect::Native => panic!("it has a test of its own"),
        Dialect::VoiceB => ("/api/click-to-call", json!({ "phone": to, "variables": { "name": "Ada" } })),
        Dialect::Voicing => (
            "/api/v1/campaigns/publish-outbound-call",
            json!({ "assistant_id": names.voicing, "phone_number": to, "input_variables": { "name": "Ada" },
                "telephony_provider": "default" }),
        ),
        Dialect::Klen => {
            ("/api/v1/calls", json!({ "agent_id": names.klen, "phone_number": to, "variables": { "name": "Ada" } }))
        }
        Dialect::Vonage => (
            "/telephony/make-call",
            json!({ "agent_id": names.vonage, "to": to.trim_start_matches('+'),
                "session_parameters": [{ "name": "name", "value": "Ada" }] }),
        ),
        Dialect::Voxpria => {
            ("/api/v1/calls", json!({ "agentId": names.voxpria, "toNumber": to, "variables": { "name": "Ada" } }))
        }
    }
}

/// The dialect's document with examples: the body that makes a call, and the call on record wherever a path names one.
async fn with_examples(world: &World, dialect: Dialect) -> Value {
    let (status, mut document) = world.get(&format!("/openapi/{}.json", dialect.as_str())).await;
    assert_eq!(status, 200);
    let names = world.platform.agent_names(&world.operator()).await.unwrap().into_values().next().unwrap();
    let (path, body) = create(dialect, &names);
    document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"] = body;
    let (_, calls) = world.get("/v1/calls").await;
    for (path, methods) in document["paths"].as_object_mut().unwrap() {
        if !["/calls/", "call-details/", "/sessions/"].iter().any(|of_a_call| path.contains(of_a_call)) {
            continue;
        }
        for operation in methods.as_object_mut().unwrap().values_mut() {
            let parameters = operation["parameters"].as_array_mut().into_iter().flatten();
            for parameter in parameters.filter(|parameter| parameter["in"] == "path") {
                parameter["example"] = calls["items"][0]["id"].clone();
            }
        }
    }
    document
}

/// Asks the dialect with `header` as its key; what is found is told in full.
async fn conforms(world: &World, dialect: Dialect, header: &str) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/schemathesis/bin/st");
    assert!(program.exists(), "{} is missing; run `make setup-test`", program.display());
    let (name, before) = (dialect.as_str(), world.calls().await);
    let document = world.folder.path().join(format!("{name}.json"));
    std::fs::write(&document, with_examples(world, dialect).await.to_string()).unwrap();
    let output = Command::new(program)
        .current_dir(world.folder.path())
        .arg("run")
        .arg(&document)
        .args(["--url", &format!("{}/{name}", world.url)])
        .args(["--checks", CHECKS, "--header", header, "--seed", "20261126", "--max-examples", "25"])
        .args(["--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--no-color"])
        .args(["--continue-on-failure", "--suppress-health-check", "all"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {stdout}\n{stderr}");
    assert!(world.calls().await > before, "{name}: no call was made, so that no answer of success was looked at");
}

/// VoiceB's key is the agent's token. Schemathesis cannot sign what it makes up, so the agent takes clicks unsigned.
#[tokio::test(flavor = "multi_thread")]
async fn voiceb_answers_as_its_document_says() {
    let world = world().await;
    let given = GivenCredentials { token: "tok_1".into(), secret: "test_secret".into(), verify_signature: false };
    world.platform.set_click_credentials(&world.operator(), "caller", given).await.unwrap();
    conforms(&world, Dialect::VoiceB, "api-key: tok_1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn voicing_answers_as_its_document_says() {
    let world = world().await;
    let key = world.foreign_key(Dialect::Voicing, None, &[]).await;
    conforms(&world, Dialect::Voicing, &format!("x-api-key: {key}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn klen_answers_as_its_document_says() {
    let world = world().await;
    let key =
        world.foreign_key(Dialect::Klen, None, &["can_initiate_calls", "can_read_calls", "can_read_agents"]).await;
    conforms(&world, Dialect::Klen, &format!("Authorization: Bearer {key}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn vonage_answers_as_its_document_says() {
    let world = world().await;
    let key = world.foreign_key(Dialect::Vonage, None, &[]).await;
    conforms(&world, Dialect::Vonage, &format!("X-Vgai-Key: {key}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn voxpria_answers_as_its_document_says() {
    let world = world().await;
    let key = world.foreign_key(Dialect::Voxpria, None, &["calls:read", "calls:write"]).await;
    conforms(&world, Dialect::Voxpria, &format!("Authorization: Bearer {key}")).await;
}
