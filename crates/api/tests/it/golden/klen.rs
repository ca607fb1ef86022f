//! Klen's calls and webhooks; the rest is in [`super::klen_people`].

use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Asked, Golden, talked, without_a_number};
use crate::world::World;

const CALLS: &str = "/api/v1/calls";
const WEBHOOKS: &str = "/api/webhooks/create/";
/// Without it, a path that Voxpria has too and a request without a key lead to whom the configuration says.
const OWN_CALLS: &str = "/klen/api/v1/calls";

fn call(klen: &Golden) -> Value {
    json!({
        "phone_number": "+15550100001",
        "agent_id": klen.names.klen,
        "variables": { "name": "Ada", "custom_context": { "status": "gold" } },
    })
}

fn with(klen: &Golden, name: &str, value: Value) -> Asked {
    let mut body = call(klen);
    body[name] = value;
    Asked::post(CALLS, &body)
}

#[tokio::test]
async fn klens_exchanges_are_those_that_are_kept() {
    let scopes = &["can_initiate_calls", "can_read_calls"];
    let mut klen = Golden::new(Dialect::Klen, scopes, World::new().await).await;
    creates(&mut klen).await;
    create_is_refused(&mut klen).await;
    reads(&mut klen).await;
    webhooks(&mut klen).await;
    keys(&mut klen).await;
    klen.enter(World::new().await).await;
    klen.world.loses("calls").await;
    let body = call(&klen);
    klen.ask("create", "", Asked::post(CALLS, &body)).await;
    klen.ask("list", "", Asked::get(CALLS)).await;
    klen.ask("read", "", Asked::get(format!("{CALLS}/1"))).await;
    klen.world.loses("webhook_endpoints").await;
    klen.ask("webhook", "", Asked::post(WEBHOOKS, &webhook())).await;
    klen.scopes = &["can_read_agents", "can_read_contacts", "can_write_contacts"];
    super::klen_people::all(&mut klen).await;
    klen.finish(&[]);
}

async fn creates(klen: &mut Golden) {
    let body = call(klen);
    klen.ask("create", "", Asked::post(CALLS, &body)).await;
    let by_number = with(klen, "agent_id", json!(klen.names.integer));
    klen.ask("create", "agent-by-number", by_number).await;
    let by_text = with(klen, "agent_id", json!(klen.names.integer.to_string()));
    klen.ask("create", "agent-by-number-as-text", by_text).await;
    let keyed = Asked::post(CALLS, &body).with("idempotency-key", "lead-7");
    klen.ask("create", "keyed", keyed.clone()).await;
    klen.ask("create", "repeated", keyed).await;
    let other = with(klen, "phone_number", json!("+15550100002")).with("idempotency-key", "lead-7");
    klen.ask("create", "idempotency-key-reused", other).await;
}

async fn create_is_refused(klen: &mut Golden) {
    let table = [
        ("missing-phone-number", with(klen, "phone_number", Value::Null)),
        ("missing-agent-id", with(klen, "agent_id", Value::Null)),
        ("invalid-phone-number", with(klen, "phone_number", json!("12"))),
        ("agent-not-found", with(klen, "agent_id", json!("assistant_nobody"))),
        ("contact-not-found", with(klen, "contact_id", json!(7))),
        ("variables", with(klen, "variables", json!([]))),
        ("invalid-json", with(klen, "variables", Value::Null).saying("{")),
        ("too-large", with(klen, "variables", Value::Null).saying(" ".repeat(300 * 1024))),
    ];
    for (case, asked) in table {
        klen.ask("create", case, asked).await;
    }
    klen.ask("create", "method-not-allowed", Asked { method: Method::DELETE, ..Asked::get(CALLS) }).await;
    let asked = Asked::post(CALLS, &call(klen));
    klen.refused_by_the_platform(&asked).await;
    klen.enter(without_a_number().await).await;
    let asked = Asked::post(CALLS, &call(klen));
    klen.ask("create", "no-phone-number", asked).await;
}

async fn reads(klen: &mut Golden) {
    klen.enter(World::new().await).await;
    klen.ask("list", "empty", Asked::get(CALLS)).await;
    klen.world.call().await;
    klen.ask("read", "queued", Asked::get(format!("{CALLS}/1"))).await;
    klen.enter(talked().await).await;
    let (_, read) = klen.ask("read", "completed", Asked::get(format!("{CALLS}/1"))).await;
    klen.ask("read", "by-call-id", Asked::get(format!("{CALLS}/{}", read["call_id"].as_str().unwrap()))).await;
    klen.ask("read", "", Asked::get(format!("{CALLS}/nobody"))).await;
    klen.world.call().await;
    let filtered = format!("{CALLS}?agent_id={}&status=completed&type=outbound&page=1&limit=1", klen.names.integer);
    klen.ask("list", "", Asked::get(CALLS)).await;
    klen.ask("list", "filtered", Asked::get(filtered)).await;
    klen.ask("list", "status", Asked::get(format!("{CALLS}?status=odd"))).await;
    klen.ask("list", "page", Asked::get(format!("{CALLS}?page=0"))).await;
    klen.ask("list", "agent-not-found", Asked::get(format!("{CALLS}?agent_id=assistant_nobody"))).await;
}

fn webhook() -> Value {
    json!({ "name": "CRM", "url": "https://example.com/klen", "subscribed_events": ["call.ended", "call.failed"] })
}

async fn webhooks(klen: &mut Golden) {
    klen.ask("webhook", "", Asked::post(WEBHOOKS, &webhook())).await;
    let mut wrong = webhook();
    wrong["subscribed_events"] = json!(["call.queued"]);
    klen.ask("webhook", "unknown-event", Asked::post(WEBHOOKS, &wrong)).await;
    wrong["url"] = Value::Null;
    klen.ask("webhook", "missing-url", Asked::post(WEBHOOKS, &wrong)).await;
}

async fn keys(klen: &mut Golden) {
    let (create, list) = (Asked::post(OWN_CALLS, &call(klen)), Asked::get(OWN_CALLS));
    let read = Asked::get(format!("{OWN_CALLS}/1"));
    let webhook = Asked::post(WEBHOOKS, &webhook());
    klen.exchange("list", "key-in-its-own-field", list.clone().with("x-api-key", klen.key.clone())).await;
    klen.exchange("list", "key-in-the-query", Asked::get(format!("{CALLS}?api_key={}", klen.key))).await;
    let reader = klen.world.foreign_key(Dialect::Klen, None, &["can_read_calls"]).await;
    let caller = klen.world.foreign_key(Dialect::Klen, None, &["can_initiate_calls"]).await;
    for (operation, asked, poor) in
        [("create", create, &reader), ("list", list, &caller), ("read", read, &caller), ("webhook", webhook, &caller)]
    {
        klen.exchange(operation, "authentication-required", asked.clone()).await;
        klen.ask_with("klen_wrong", operation, "invalid-key", asked.clone()).await;
        klen.ask_with(poor, operation, "permission-denied", asked).await;
    }
}
