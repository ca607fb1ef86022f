//! Klen's webhooks. The documents name the events and leave body and signature open: `data` is the object of
//! `GET /calls/{id}`, and the signature has the form that is commonest elsewhere.
//!
//! Transcript and summary are ready with the end and follow it, each under its own name for whoever subscribed to it.

use serde_json::{Value, json};

use super::to_wire;
use crate::times;
use crate::webhooks::{CallStory, Milestone, Signatures, Story, VendorWebhooks, Wanted, sha256_of, test_envelope};

/// What receivers subscribe to.
pub(super) const WEBHOOKS: VendorWebhooks = VendorWebhooks {
    events: &["call.started", "call.ended", "call.failed", "call.transcript", "call.recording", "call.summary"],
    bodies,
    sign,
};

fn bodies(story: &Story<'_>, wanted: Wanted<'_>) -> Vec<Vec<u8>> {
    if story.is_test() {
        return serde_json::to_vec(&test_envelope(story.at())).into_iter().collect();
    }
    let Story::Call(call) = story else { return Vec::new() };
    let (data, content) = (data(call), call.content());
    let events: &[&str] = match call.milestone() {
        None => &[],
        Some(Milestone::Started) => &["call.started"],
        Some(Milestone::Recorded) => &["call.recording"],
        Some(Milestone::Failed) => &["call.failed"],
        Some(Milestone::Ended) => match (content.transcript.is_some(), content.summary.is_some()) {
            (true, true) => &["call.ended", "call.transcript", "call.summary"],
            (true, false) => &["call.ended", "call.transcript"],
            (false, true) => &["call.ended", "call.summary"],
            (false, false) => &["call.ended"],
        },
    };
    let told = |event: &&str| json!({ "event": event, "timestamp": times::seconds(story.at()), "data": data });
    let wanted = events.iter().filter(|event| wanted.has(event));
    wanted.filter_map(|event| serde_json::to_vec(&told(event)).ok()).collect()
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
