//! Voxpria's calls, agents, webhooks and credits; the rest is in [`super::voxpria_people`].

use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Asked, Golden, talked, without_a_number};
use crate::world::World;

const CALLS: &str = "/voxpria/api/v1/calls";
const AGENTS: &str = "/voxpria/api/v1/agents";
const WEBHOOKS: &str = "/voxpria/api/v1/webhooks";
const CREDITS: &str = "/voxpria/api/v1/credits";
const USAGE: &str = "/voxpria/api/v1/credits/usage?startDate=2026-09-01&endDate=2026-09-30";
const NO_HOOK: &str = "/voxpria/api/v1/webhooks/nobody";

fn call(voxpria: &Golden) -> Value {
    json!({ "agentId": voxpria.names.voxpria, "toNumber": "+15550100001", "variables": { "name": "Ada" } })
}

fn with(voxpria: &Golden, name: &str, value: Value) -> Asked {
    let mut body = call(voxpria);
    body[name] = value;
    Asked::post(CALLS, &body)
}

fn webhook() -> Value {
    json!({ "url": "https://example.com/hook", "events": ["call.completed", "credit.low"], "active": true })
}

fn delete(path: impl Into<String>) -> Asked {
    Asked { method: Method::DELETE, ..Asked::get(path) }
}

#[tokio::test]
async fn voxprias_exchanges_are_those_that_are_kept() {
    let scopes = &["calls:read", "calls:write", "webhooks:manage"];
    let mut voxpria = Golden::new(Dialect::Voxpria, scopes, World::new().await).await;
    creates(&mut voxpria).await;
    create_is_refused(&mut voxpria).await;
    reads(&mut voxpria).await;
    webhooks(&mut voxpria).await;
    credits(&mut voxpria).await;
    keys(&mut voxpria).await;
    faults(&mut voxpria).await;
    voxpria.scopes = &["calls:read", "agents:read", "contacts:read", "contacts:write"];
    super::voxpria_people::all(&mut voxpria).await;
    voxpria.finish(&[]);
}

async fn creates(voxpria: &mut Golden) {
    let body = call(voxpria);
    voxpria.ask("create", "", Asked::post(CALLS, &body)).await;
    voxpria.ask("create", "at-the-root", Asked::post("/api/v1/calls", &body)).await;
    let keyed = Asked::post(CALLS, &body).with("idempotency-key", "lead-7");
    voxpria.ask("create", "keyed", keyed.clone()).await;
    voxpria.ask("create", "repeated", keyed).await;
    let other = with(voxpria, "toNumber", json!("+15550100002")).with("idempotency-key", "lead-7");
    voxpria.ask("create", "idempotency-key-reused", other).await;
}

async fn create_is_refused(voxpria: &mut Golden) {
    let table = [
        ("missing-number", with(voxpria, "toNumber", Value::Null)),
        ("invalid-number", with(voxpria, "toNumber", json!("12"))),
        ("missing-agent", with(voxpria, "agentId", Value::Null)),
        ("agent-not-found", with(voxpria, "agentId", json!("agent_nobody"))),
        ("variables", with(voxpria, "variables", json!("x"))),
        ("invalid-json", with(voxpria, "variables", Value::Null).saying("{")),
        ("too-large", with(voxpria, "variables", Value::Null).saying(" ".repeat(300 * 1024))),
    ];
    for (case, asked) in table {
        voxpria.ask("create", case, asked).await;
    }
    voxpria.ask("create", "method-not-allowed", Asked { method: Method::PATCH, ..Asked::get(CALLS) }).await;
    voxpria.ask("elsewhere", "", Asked::get("/voxpria/api/v1/odd")).await;
    let asked = Asked::post(CALLS, &call(voxpria));
    voxpria.refused_by_the_platform(&asked).await;
    voxpria.world.post("/v1/agents/caller/disable", &Value::Null).await;
    voxpria.ask("create", "agent-disabled", asked).await;
    voxpria.enter(without_a_number().await).await;
    let asked = Asked::post(CALLS, &call(voxpria));
    voxpria.ask("create", "agent-without-a-number", asked).await;
}

async fn reads(voxpria: &mut Golden) {
    voxpria.enter(World::new().await).await;
    voxpria.ask("list", "empty", Asked::get(CALLS)).await;
    voxpria.world.call().await;
    voxpria.ask("read", "queued", Asked::get(format!("{CALLS}/1"))).await;
    voxpria.enter(talked().await).await;
    voxpria.ask("read", "completed", Asked::get(format!("{CALLS}/1"))).await;
    voxpria.ask("read", "", Asked::get(format!("{CALLS}/nobody"))).await;
    voxpria.world.call().await;
    let filtered = format!("{CALLS}?agentId={}&status=completed&page=1&limit=50", voxpria.names.voxpria);
    voxpria.ask("list", "", Asked::get(CALLS)).await;
    voxpria.ask("list", "filtered", Asked::get(filtered)).await;
    voxpria.ask("list", "status", Asked::get(format!("{CALLS}?status=odd"))).await;
    voxpria.ask("list", "agent-not-found", Asked::get(format!("{CALLS}?agentId=agent_nobody"))).await;
    voxpria.ask("agents", "", Asked::get(AGENTS)).await;
    voxpria.ask("agent", "", Asked::get(format!("{AGENTS}/{}", voxpria.names.voxpria))).await;
    voxpria.ask("agent", "not-found", Asked::get(format!("{AGENTS}/nobody"))).await;
}

async fn webhooks(voxpria: &mut Golden) {
    let (_, made) = voxpria.ask("webhook-create", "", Asked::post(WEBHOOKS, &webhook())).await;
    voxpria.ask("webhook-list", "", Asked::get(WEBHOOKS)).await;
    let path = format!("{WEBHOOKS}/{}", made["data"]["webhookId"].as_str().unwrap());
    voxpria.ask("webhook-delete", "", delete(&path)).await;
    voxpria.ask("webhook-delete", "", delete(path)).await;
    let mut wrong = webhook();
    wrong["events"] = json!(["call.queued"]);
    voxpria.ask("webhook-create", "unknown-event", Asked::post(WEBHOOKS, &wrong)).await;
    wrong["url"] = Value::Null;
    voxpria.ask("webhook-create", "missing-url", Asked::post(WEBHOOKS, &wrong)).await;
}

async fn credits(voxpria: &mut Golden) {
    voxpria.ask("credits", "unbilled", Asked::get(CREDITS)).await;
    let wallet = json!({ "currency": "credits", "rate_per_minute": "3", "increment_s": 60 });
    voxpria.world.send(Method::PUT, "/v1/wallet", &wallet).await;
    voxpria.world.send(Method::POST, "/v1/wallet/top-ups", &json!({ "amount": "100" })).await;
    voxpria.ask("credits", "", Asked::get(CREDITS)).await;
    voxpria.ask("usage", "", Asked::get(USAGE)).await;
    let backwards = "/voxpria/api/v1/credits/usage?startDate=2026-09-21&endDate=2026-09-01";
    voxpria.ask("usage", "backwards", Asked::get(backwards)).await;
}

async fn keys(voxpria: &mut Golden) {
    voxpria.exchange("list", "key-in-its-own-field", Asked::get(CALLS).with("x-api-key", voxpria.key.clone())).await;
    let none = voxpria.world.foreign_key(Dialect::Voxpria, None, &["campaigns:read"]).await;
    let table = [
        ("create", Asked::post(CALLS, &call(voxpria))),
        ("list", Asked::get(CALLS)),
        ("read", Asked::get(format!("{CALLS}/1"))),
        ("agents", Asked::get(AGENTS)),
        ("agent", Asked::get(format!("{AGENTS}/{}", voxpria.names.voxpria))),
        ("webhook-create", Asked::post(WEBHOOKS, &webhook())),
        ("webhook-list", Asked::get(WEBHOOKS)),
        ("webhook-delete", delete(NO_HOOK)),
        ("credits", Asked::get(CREDITS)),
        ("usage", Asked::get(USAGE)),
    ];
    for (operation, asked) in table {
        voxpria.exchange(operation, "no-key", asked.clone()).await;
        if !matches!(operation, "credits" | "usage") {
            voxpria.ask_with(&none, operation, "scope", asked).await;
        }
    }
    voxpria.ask_with("agl_sk_wrong", "create", "unknown-key", Asked::post(CALLS, &call(voxpria))).await;
}

async fn faults(voxpria: &mut Golden) {
    voxpria.enter(World::new().await).await;
    let hook = voxpria.world.post("/v1/webhooks", &json!({ "url": "https://example.com/x", "events": ["*"] })).await;
    let body = call(voxpria);
    voxpria.world.loses("calls").await;
    voxpria.ask("create", "", Asked::post(CALLS, &body)).await;
    voxpria.ask("list", "", Asked::get(CALLS)).await;
    voxpria.ask("read", "", Asked::get(format!("{CALLS}/1"))).await;
    voxpria.ask("usage", "", Asked::get(USAGE)).await;
    voxpria.world.loses("webhook_endpoints").await;
    voxpria.ask("webhook-create", "", Asked::post(WEBHOOKS, &webhook())).await;
    voxpria.ask("webhook-list", "", Asked::get(WEBHOOKS)).await;
    voxpria.ask("webhook-delete", "", delete(format!("{WEBHOOKS}/{}", hook["id"].as_str().unwrap()))).await;
    voxpria.world.loses("agents").await;
    voxpria.ask("agents", "", Asked::get(AGENTS)).await;
    voxpria.ask("agent", "", Asked::get(format!("{AGENTS}/{}", voxpria.names.voxpria))).await;
    voxpria.world.loses("wallets").await;
    voxpria.ask("credits", "", Asked::get(CREDITS)).await;
}
