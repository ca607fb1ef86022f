//! VoiceB's click-to-call.

use domain::dialect::Dialect;
use serde_json::{Value, json};

use super::{Asked, Golden};
use crate::click_to_call::{NODE, PYTHON, world};
use crate::world::World;

const PATH: &str = "/api/click-to-call";

fn signed((body, signature): (&str, &str)) -> Asked {
    Asked::post(PATH, &Value::Null).saying(body).with("signature", signature)
}

fn unsigned(body: &str) -> Asked {
    Asked::post(PATH, &Value::Null).saying(body)
}

#[tokio::test]
async fn voicebs_exchanges_are_those_that_are_kept() {
    let mut clicks = Golden::new(Dialect::VoiceB, &[], world(true).await).await;
    clicks.ask("create", "", signed(NODE)).await;
    clicks.ask("create", "ctc-007-call-in-progress", signed(NODE)).await;
    clicks.enter(world(true).await).await;
    clicks.ask("create", "signed-as-python-writes", signed(PYTHON)).await;
    clicks.exchange("create", "ctc-001-no-key", signed(NODE)).await;
    clicks.ask("create", "ctc-001-no-signature", unsigned(NODE.0)).await;
    clicks.ask_with("tok_2", "create", "ctc-003-unknown-key", signed(NODE)).await;
    clicks.ask("create", "ctc-006-invalid-signature", signed((PYTHON.0, NODE.1))).await;
    clicks.world.post("/v1/agents/caller/disable", &Value::Null).await;
    clicks.ask("create", "ctc-004-agent-disabled", signed(NODE)).await;
    clicks.ask("create", "ctc-018-method-not-allowed", Asked::get(PATH)).await;
    clicks.ask("elsewhere", "ctc-017-not-found", Asked::get("/voiceb/api/other")).await;
    bodies(&mut clicks).await;
    faults(&mut clicks).await;
    // Two requests at once under one key of the client's: who of them is told so is chance.
    clicks.finish(&["409"]);
}

async fn bodies(clicks: &mut Golden) {
    clicks.enter(world(false).await).await;
    let too_large = " ".repeat(300 * 1024);
    for (case, body) in [
        ("ctc-009-missing-phone", "{}"),
        ("ctc-009-invalid-phone", r#"{"phone":"+1"}"#),
        ("ctc-010-invalid-json", "{"),
        ("ctc-010-variables", r#"{"phone":"+15550100001","variables":[]}"#),
        ("ctc-014-too-large", &too_large),
        ("without-a-signature", r#"{"phone":"+15550100002"}"#),
    ] {
        clicks.ask("create", case, unsigned(body)).await;
    }
    let keyed = unsigned(r#"{"phone":"+15550100003"}"#).with("idempotency-key", "lead-7");
    clicks.ask("create", "keyed", keyed.clone()).await;
    clicks.ask("create", "repeated", keyed).await;
    let other = unsigned(r#"{"phone":"+15550100004"}"#).with("idempotency-key", "lead-7");
    clicks.ask("create", "ctc-015-idempotency-key-reused", other).await;
    clicks.refused_by_the_platform(&unsigned(NODE.0)).await;
}

async fn faults(clicks: &mut Golden) {
    let plain = World::new().await;
    crate::click_to_call::give(&plain, "caller", false).await;
    clicks.enter(plain).await;
    clicks.ask("create", "ctc-005-agent-not-configured", unsigned(NODE.0)).await;
    clicks.enter(world(false).await).await;
    clicks.world.loses("calls").await;
    clicks.ask("create", "ctc-008-initiating-call", unsigned(&json!({ "phone": "+15550100001" }).to_string())).await;
    clicks.enter(world(false).await).await;
    clicks.world.loses("click_to_call").await;
    clicks.ask("create", "ctc-002-fetching-agent", unsigned(NODE.0)).await;
}
