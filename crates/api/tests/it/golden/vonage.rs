//! Vonage AI Studio: `make-call` and Insights.

use domain::dialect::Dialect;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Asked, Golden, talked, without_a_number};
use crate::world::World;

const MAKE_CALL: &str = "/telephony/make-call";
const SESSIONS: &str = "/insights/sessions";
const NOBODY: &str = "00000000-0000-7000-8000-000000000001";
const UNKNOWN_AGENT: &str = "60c09d70e6a68858f4220848";

fn call(studio: &Golden) -> Value {
    json!({
        "agent_id": studio.names.vonage,
        "to": "15550100001",
        "session_parameters": [{ "name": "name", "value": "Ada" }],
    })
}

fn with(studio: &Golden, name: &str, value: Value) -> Asked {
    let mut body = call(studio);
    body[name] = value;
    Asked::post(MAKE_CALL, &body)
}

#[tokio::test]
async fn vonages_exchanges_are_those_that_are_kept() {
    let mut studio = Golden::new(Dialect::Vonage, &[], World::new().await).await;
    creates(&mut studio).await;
    create_is_refused(&mut studio).await;
    agents_that_cannot_call(&mut studio).await;
    reads(&mut studio).await;
    keys(&mut studio).await;
    studio.enter(World::new().await).await;
    studio.world.loses("calls").await;
    let body = call(&studio);
    studio.ask("create", "", Asked::post(MAKE_CALL, &body)).await;
    studio.ask("list", "", Asked::get(SESSIONS)).await;
    studio.ask("read", "", Asked::get(format!("{SESSIONS}/{NOBODY}"))).await;
    studio.ask("search", "", Asked::get(format!("{SESSIONS}/search/{NOBODY}"))).await;
    studio.ask("parameters", "", Asked::get(format!("{SESSIONS}/{NOBODY}/parameters"))).await;
    studio.finish(&[]);
}

async fn creates(studio: &mut Golden) {
    let mut body = call(studio);
    studio.ask("create", "", Asked::post(MAKE_CALL, &body)).await;
    let keyed = Asked::post(MAKE_CALL, &body).with("idempotency-key", "lead-7");
    studio.ask("create", "keyed", keyed.clone()).await;
    studio.ask("create", "repeated", keyed).await;
    let other = with(studio, "to", json!("15550100002")).with("idempotency-key", "lead-7");
    studio.ask("create", "idempotency-key-reused", other).await;
    body["hangup_on_answer_machine"] = json!(true);
    body["status_url"] = json!("https://example.com/status");
    studio.ask("create", "with-everything", Asked::post(MAKE_CALL, &body)).await;
    let by_number = with(studio, "from", json!("15550001000"));
    studio.ask("create", "agent-by-its-number", by_number).await;
}

async fn create_is_refused(studio: &mut Golden) {
    let table = [
        ("unknown-agent", with(studio, "agent_id", json!(UNKNOWN_AGENT))),
        ("unknown-number", with(studio, "from", json!("15550009999"))),
        ("missing-agent-id", with(studio, "agent_id", Value::Null)),
        ("missing-to", with(studio, "to", Value::Null)),
        ("bad-destination", with(studio, "to", json!("972-54-2233016"))),
        ("sip-not-allowed", with(studio, "to", json!("sip:bob@pbx.example.org"))),
        ("invalid-json", with(studio, "to", Value::Null).saying("{")),
        ("too-large", with(studio, "to", Value::Null).saying(" ".repeat(300 * 1024))),
    ];
    for (case, asked) in table {
        studio.ask("create", case, asked).await;
    }
    studio.ask("create", "method-not-allowed", Asked::get(MAKE_CALL)).await;
    studio.ask("elsewhere", "", Asked::get("/telephony/elsewhere")).await;
    let asked = Asked::post(MAKE_CALL, &call(studio));
    studio.refused_by_the_platform(&asked).await;
}

async fn agents_that_cannot_call(studio: &mut Golden) {
    studio.enter(World::new().await).await;
    studio.world.send(Method::PATCH, "/v1/agents/caller", &json!({ "calls_per_second": 1 })).await;
    let asked = Asked::post(MAKE_CALL, &call(studio));
    studio.world.ask(Method::POST, MAKE_CALL, &[("x-vgai-key", &studio.key)], &asked.body).await;
    studio.ask("create", "calls-a-second", asked.clone()).await;
    studio.world.post("/v1/agents/caller/disable", &Value::Null).await;
    studio.ask("create", "agent-disabled", asked).await;
    studio.enter(without_a_number().await).await;
    let asked = Asked::post(MAKE_CALL, &call(studio));
    studio.ask("create", "agent-without-a-number", asked).await;
    let world = World::empty().await;
    world.post("/v1/agents", &json!({ "slug": "draft", "definition": crate::world::definition() })).await;
    studio.enter(world).await;
    let asked = Asked::post(MAKE_CALL, &call(studio));
    studio.ask("create", "unpublished-agent", asked).await;
}

async fn reads(studio: &mut Golden) {
    studio.enter(World::new().await).await;
    studio.ask("list", "empty", Asked::get(SESSIONS)).await;
    studio.enter(talked().await).await;
    let (_, list) = studio.world.get("/v1/calls").await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    studio.ask("read", "", Asked::get(format!("{SESSIONS}/{id}"))).await;
    studio.ask("search", "", Asked::get(format!("{SESSIONS}/search/{id}"))).await;
    let parameters = format!("{SESSIONS}/{id}/parameters?session_start_time=2026-09-21");
    studio.ask("parameters", "", Asked::get(parameters)).await;
    studio.ask("read", "unknown-session", Asked::get(format!("{SESSIONS}/{NOBODY}"))).await;
    studio.ask("search", "unknown-session", Asked::get(format!("{SESSIONS}/search/{NOBODY}"))).await;
    studio.ask("parameters", "unknown-session", Asked::get(format!("{SESSIONS}/{NOBODY}/parameters"))).await;
    studio.world.call().await;
    studio.ask("list", "", Asked::get(SESSIONS)).await;
    let filter = "%7B%22must%22:%5B%7B%22term%22:%7B%22source%22:%2215550100001%22%7D%7D%5D%7D";
    let filtered = format!(
        "{SESSIONS}?filter_by={filter}&sort_by=session_start_time:asc&page_number=0&page_size=1\
         &project_fields=%5B%22source%22,%22channel_data.duration%22%5D"
    );
    studio.ask("list", "filtered", Asked::get(filtered)).await;
    studio.ask("list", "page-number", Asked::get(format!("{SESSIONS}?page_number=x"))).await;
    studio.ask("list", "filter", Asked::get(format!("{SESSIONS}?filter_by=%7B"))).await;
    let long = format!("{SESSIONS}?from_date=2026-01-01&to_date=2026-09-01");
    studio.ask("list", "more-than-60-days", Asked::get(long)).await;
}

async fn keys(studio: &mut Golden) {
    let table = [
        ("create", Asked::post(MAKE_CALL, &call(studio))),
        ("list", Asked::get(SESSIONS)),
        ("read", Asked::get(format!("{SESSIONS}/{NOBODY}"))),
        ("search", Asked::get(format!("{SESSIONS}/search/{NOBODY}"))),
        ("parameters", Asked::get(format!("{SESSIONS}/{NOBODY}/parameters"))),
    ];
    for (operation, asked) in table {
        studio.exchange(operation, "no-key", asked.clone()).await;
        studio.ask_with("wrong", operation, "unknown-key", asked).await;
    }
}
