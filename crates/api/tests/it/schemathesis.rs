//! Schemathesis, which nobody here wrote, asks each dialect what its OpenAPI document allows and what it does not: no
//! answer is a 5xx, and each has a status, a content type and a body that the document knows.
//!
//! `make setup-test` installs it into `target/schemathesis`; it is part of no product. One seed and a bound on examples:
//! a run can be had again.

use std::path::Path;
use std::process::Stdio;

use app::click_to_call::GivenCredentials;
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

/// Asks the dialect with `header` as its key; what is found is told in full.
async fn conforms(world: &World, dialect: Dialect, header: &str) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/schemathesis/bin/st");
    assert!(program.exists(), "{} is missing; run `make setup-test`", program.display());
    let name = dialect.as_str();
    let output = Command::new(program)
        .current_dir(world.folder.path())
        .args(["run", &format!("{}/openapi/{name}.json", world.url), "--url", &format!("{}/{name}", world.url)])
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
