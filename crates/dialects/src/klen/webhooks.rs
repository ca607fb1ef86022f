//! Klen's webhooks. The documents name the events and leave body and signature open: `data` is the object of
//! `GET /calls/{id}`, and the signature has the form that is commonest elsewhere.
//!
//! Transcript and summary are ready with the end, so whoever subscribed to the end gets them there; whoever only
//! subscribed to one of them gets it under its own name.

use serde_json::{Value, json};

use super::to_wire;
use crate::times;
use crate::webhooks::{CallStory, Milestone, Signatures, Story, VendorWebhooks, Wanted, sha256_of, test_envelope};

/// What receivers subscribe to.
pub(super) const WEBHOOKS: VendorWebhooks = VendorWebhooks {
    events: &["call.started", "call.ended", "call.failed", "call.transcript", "call.recording", "call.summary"],
    body,
    sign,
};

fn body(story: &Story<'_>, wanted: Wanted<'_>) -> Option<Vec<u8>> {
    if story.is_test() {
        return serde_json::to_vec(&test_envelope(story.at())).ok();
    }
    let Story::Call(call) = story else { return None };
    let event = match call.milestone()? {
        Milestone::Started => wanted.first(&["call.started"]),
        Milestone::Recorded => wanted.first(&["call.recording"]),
        Milestone::Ended => wanted.first(&["call.ended", "call.summary", "call.transcript"]),
        Milestone::Failed => wanted.first(&["call.failed"]),
    };
    let told = json!({ "event": event?, "timestamp": times::seconds(story.at()), "data": data(call) });
    serde_json::to_vec(&told).ok()
}

fn data(story: &CallStory<'_>) -> Value {
    let agent = story.names.map(|names| to_wire::agent(&story.call.agent_slug, names));
    let unnamed = json!({ "call_id": story.call.id.to_string(), "status": to_wire::status(story.call.status) });
    agent.map_or(unnamed.clone(), |agent| {
        let detail = to_wire::detail(story.call, agent, None, story.content(), story.event.at);
        serde_json::to_value(detail).unwrap_or(unnamed)
    })
}

fn sign(secret: &str, _: i64, body: &[u8]) -> Signatures {
    vec![("x-klen-signature".to_owned(), sha256_of(secret, body))]
}
