//! Voicing AI's post-call notification. The product has one for each assistant; its body is not documented.

use serde_json::{Map, Value, json};

use super::to_wire;
use crate::webhooks::{Milestone, Signatures, Story, VendorWebhooks, Wanted, sha256_of, test_envelope};

const POST_CALL: &str = "post_call";

/// What receivers subscribe to.
pub(super) const WEBHOOKS: VendorWebhooks = VendorWebhooks { events: &[POST_CALL], bodies, sign };

fn bodies(story: &Story<'_>, wanted: Wanted<'_>) -> Vec<Vec<u8>> {
    body(story, wanted).into_iter().collect()
}

fn body(story: &Story<'_>, wanted: Wanted<'_>) -> Option<Vec<u8>> {
    if story.is_test() {
        return serde_json::to_vec(&test_envelope(story.at())).ok();
    }
    let Story::Call(told) = story else { return None };
    let over = matches!(told.milestone()?, Milestone::Ended | Milestone::Failed);
    if !over || !wanted.has(POST_CALL) {
        return None;
    }
    let call = told.call;
    let assistant = told.names.map_or(call.agent.0, |names| names.voicing);
    let record = to_wire::record(call, &assistant.to_string(), story.at());
    let variables: Map<String, Value> =
        call.variables.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
    let content = told.content();
    let body = json!({
        "event": POST_CALL,
        "call_id": record.call_id,
        "assistant_id": record.assistant_id,
        "status": record.status,
        "duration": record.duration,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "phone_number": record.phone_number,
        "input_variables": variables,
        "transcript": content.transcript,
        "recording_url": content.recording_url,
        "analysis": {
            "outcome": call.outcome.as_ref().map(|outcome| &outcome.name),
            "slots": call.outcome.as_ref().map(|outcome| &outcome.slots),
            "summary": content.summary,
            "end_reason": call.end_reason.map(|reason| reason.as_str()),
        },
    });
    serde_json::to_vec(&body).ok()
}

fn sign(secret: &str, _: i64, body: &[u8]) -> Signatures {
    vec![("x-signature".to_owned(), sha256_of(secret, body))]
}
