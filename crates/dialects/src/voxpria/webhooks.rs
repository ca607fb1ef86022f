//! Voxpria's webhooks. Two families of documents name fields differently, so both spellings are in `data`; both
//! signatures go along. The bytes are those of JavaScript (see `signature`).

use domain::organization_event::OrganizationFact;
use serde_json::{Value, json};

use super::{signature, to_wire};
use crate::content::amount;
use crate::times;
use crate::webhooks::{CallStory, Milestone, Signatures, Story, VendorWebhooks, Wanted, test_envelope};

/// What receivers subscribe to.
pub(super) const WEBHOOKS: VendorWebhooks =
    VendorWebhooks { events: &["call.started", "call.completed", "call.failed", "credit.low"], bodies, sign };

fn bodies(story: &Story<'_>, wanted: Wanted<'_>) -> Vec<Vec<u8>> {
    body(story, wanted).into_iter().collect()
}

fn body(story: &Story<'_>, wanted: Wanted<'_>) -> Option<Vec<u8>> {
    if story.is_test() {
        return Some(signature::stringify(&test_envelope(story.at())).into_bytes());
    }
    let (event, data) = match story {
        Story::Call(call) => (name(call)?, data(call)),
        Story::Organization(event) => match &event.fact {
            OrganizationFact::WalletLowBalance { balance, threshold, currency } => (
                "credit.low",
                json!({ "currentBalance": amount(*balance), "threshold": amount(*threshold), "currency": currency }),
            ),
            OrganizationFact::WebhookDisabled { .. } | OrganizationFact::WebhookTest { .. } => return None,
        },
    };
    if !wanted.has(event) {
        return None;
    }
    let told = json!({ "event": event, "timestamp": times::seconds(story.at()), "data": data });
    Some(signature::stringify(&told).into_bytes())
}

fn name(story: &CallStory<'_>) -> Option<&'static str> {
    Some(match story.milestone()? {
        Milestone::Started => "call.started",
        Milestone::Ended => "call.completed",
        Milestone::Failed => "call.failed",
        Milestone::Recorded => return None,
    })
}

fn data(story: &CallStory<'_>) -> Value {
    let call = story.call;
    let agent = story.names.map_or_else(|| call.agent.to_string(), |names| names.voxpria.clone());
    let record = to_wire::record(call, &agent, story.content(), story.event.at);
    json!({
        "callId": record.call_id,
        "id": record.call_id,
        "agentId": record.agent_id,
        "status": record.status,
        "duration": record.duration,
        "toNumber": record.to_number,
        "phoneNumber": record.to_number,
        "recording": record.recording,
        "transcript": record.transcript,
        "summary": record.summary,
        "outcome": record.outcome,
        "startedAt": record.started_at,
        "completedAt": record.completed_at,
    })
}

fn sign(secret: &str, unix: i64, body: &[u8]) -> Signatures {
    vec![
        ("x-voxpria-signature".to_owned(), signature::of_body(secret, body)),
        ("x-webhook-signature".to_owned(), signature::of_time_and_body(secret, unix, body)),
    ]
}
