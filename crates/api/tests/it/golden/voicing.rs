//! Voicing AI's calls.

use domain::dialect::Dialect;
use serde_json::{Value, json};

use super::{Asked, Golden, talked, without_a_number};
use crate::world::World;

const PUBLISH: &str = "/api/v1/campaigns/publish-outbound-call";
const DETAILS: &str = "/api/v1/campaigns/get-call-details";
const BULK: &str = "/api/v1/campaigns/get-call-details/bulk-by-ids";
const CHATBOT: &str = "/api/v1/voicing/ws/platform/api/chatbot";
const STRANGER: &str = "00000000-0000-7000-8000-000000000001";

fn call(voicing: &Golden) -> Value {
    json!({
        "assistant_id": voicing.names.voicing,
        "phone_number": "+15550100001",
        "input_variables": { "name": "Ada" },
        "telephony_provider": "default",
    })
}

fn with(voicing: &Golden, name: &str, value: Value) -> Asked {
    let mut body = call(voicing);
    body[name] = value;
    Asked::post(PUBLISH, &body)
}

#[tokio::test]
async fn voicings_exchanges_are_those_that_are_kept() {
    let mut voicing = Golden::new(Dialect::Voicing, &[], World::new().await).await;
    creates(&mut voicing).await;
    create_is_refused(&mut voicing).await;
    reads(&mut voicing).await;
    keys(&mut voicing).await;
    let chatbot = format!("{CHATBOT}?assistant_id={}", voicing.names.voicing);
    voicing.ask("chatbot", "no-handshake", Asked::get(&chatbot)).await;
    voicing.ask("chatbot", "missing-assistant", Asked::get(CHATBOT)).await;
    voicing.ask("chatbot", "assistant-not-found", Asked::get(format!("{CHATBOT}?assistant_id={STRANGER}"))).await;
    voicing.enter(World::new().await).await;
    voicing.world.loses("calls").await;
    let body = call(&voicing);
    voicing.ask("create", "", Asked::post(PUBLISH, &body)).await;
    voicing.ask("list", "", Asked::get(DETAILS)).await;
    voicing.ask("read", "", Asked::get(format!("{DETAILS}?call_id={STRANGER}"))).await;
    voicing.ask("read-by-path", "", Asked::get(format!("{DETAILS}/{STRANGER}"))).await;
    voicing.ask("bulk", "", Asked::post(BULK, &json!({ "call_ids": [STRANGER] }))).await;
    voicing.world.loses("agents").await;
    voicing.ask("chatbot", "", Asked::get(&chatbot)).await;
    voicing.finish(&["101"]);
}

async fn creates(voicing: &mut Golden) {
    let body = call(voicing);
    voicing.ask("create", "", Asked::post(PUBLISH, &body)).await;
    let keyed = Asked::post(PUBLISH, &body).with("idempotency-key", "lead-7");
    voicing.ask("create", "keyed", keyed.clone()).await;
    voicing.ask("create", "repeated", keyed).await;
    let other = with(voicing, "phone_number", json!("+15550100002")).with("idempotency-key", "lead-7");
    voicing.ask("create", "idempotency-key-reused", other).await;
}

async fn create_is_refused(voicing: &mut Golden) {
    let table = [
        ("assistant-not-found", with(voicing, "assistant_id", json!(STRANGER))),
        ("missing-assistant-id", with(voicing, "assistant_id", Value::Null)),
        ("missing-phone-number", with(voicing, "phone_number", Value::Null)),
        ("missing-telephony-provider", with(voicing, "telephony_provider", Value::Null)),
        ("input-variables", with(voicing, "input_variables", json!([]))),
        ("phone-number", with(voicing, "phone_number", json!("12"))),
        ("invalid-json", with(voicing, "input_variables", Value::Null).saying("{")),
        ("too-large", with(voicing, "input_variables", Value::Null).saying(" ".repeat(300 * 1024))),
    ];
    for (case, asked) in table {
        voicing.ask("create", case, asked).await;
    }
    voicing.ask("create", "method-not-allowed", Asked::get(PUBLISH)).await;
    voicing.ask("elsewhere", "", Asked::get("/api/v1/campaigns/elsewhere")).await;
    let asked = Asked::post(PUBLISH, &call(voicing));
    voicing.refused_by_the_platform(&asked).await;
    voicing.world.post("/v1/agents/caller/disable", &Value::Null).await;
    voicing.ask("create", "assistant-disabled", asked).await;
    voicing.enter(without_a_number().await).await;
    let asked = Asked::post(PUBLISH, &call(voicing));
    voicing.ask("create", "assistant-without-a-number", asked).await;
}

async fn reads(voicing: &mut Golden) {
    voicing.enter(World::new().await).await;
    voicing.ask("list", "empty", Asked::get(DETAILS)).await;
    let call = voicing.world.call().await;
    voicing.ask("read", "initiated", Asked::get(format!("{DETAILS}?call_id={}", call["id"].as_str().unwrap()))).await;
    voicing.enter(talked().await).await;
    let (_, list) = voicing.world.get("/v1/calls").await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    voicing.ask("read", "completed", Asked::get(format!("{DETAILS}?call_id={id}"))).await;
    voicing.ask("read-by-path", "completed", Asked::get(format!("{DETAILS}/{id}"))).await;
    voicing.ask("read", "", Asked::get(format!("{DETAILS}?call_id={STRANGER}"))).await;
    voicing.ask("read-by-path", "", Asked::get(format!("{DETAILS}/{STRANGER}"))).await;
    voicing.world.call().await;
    voicing.ask("list", "", Asked::get(DETAILS)).await;
    voicing.ask("list", "filtered", Asked::get(format!("{DETAILS}?status=completed&page=1&limit=1"))).await;
    voicing.ask("list", "page", Asked::get(format!("{DETAILS}?page=0"))).await;
    voicing.ask("list", "status", Asked::get(format!("{DETAILS}?status=odd"))).await;
    voicing.ask("list", "assistant-not-found", Asked::get(format!("{DETAILS}?assistant_id={STRANGER}"))).await;
    voicing.ask("bulk", "", Asked::post(BULK, &json!({ "call_ids": [id, "CA1"] }))).await;
    voicing.ask("bulk", "missing-call-ids", Asked::post(BULK, &json!({}))).await;
}

async fn keys(voicing: &mut Golden) {
    let webhooks = voicing.world.foreign_key(Dialect::Voicing, Some("Webhooks"), &[]).await;
    let table = [
        ("create", Asked::post(PUBLISH, &call(voicing))),
        ("list", Asked::get(DETAILS)),
        ("read", Asked::get(format!("{DETAILS}?call_id={STRANGER}"))),
        ("read-by-path", Asked::get(format!("{DETAILS}/{STRANGER}"))),
        ("bulk", Asked::post(BULK, &json!({ "call_ids": [STRANGER] }))),
        ("chatbot", Asked::get(format!("{CHATBOT}?assistant_id={}", voicing.names.voicing))),
    ];
    for (operation, asked) in table {
        voicing.exchange(operation, "no-key", asked.clone()).await;
        voicing.ask_with("wrong", operation, "unknown-key", asked.clone()).await;
        voicing.ask_with(&webhooks, operation, "key-of-another-category", asked).await;
    }
}
