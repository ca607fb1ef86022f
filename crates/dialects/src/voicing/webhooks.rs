//! The post-call webhook of Voicing AI. The product has one per assistant; its body is documented nowhere, so names and
//! signature are ours, in the words of `get-call-details`.

use serde_json::json;

use super::to_wire;
use crate::times;
use crate::webhooks::{Message, Moment, Told, VendorEvent, VendorWebhooks, sha256_of};

/// Its one event.
const POST_CALL: &str = "post_call";
/// Header of the signature.
pub const SIGNATURE: &str = "x-signature";

/// What Voicing AI sends: one request when a call is over, however it ended.
pub(crate) const WEBHOOKS: VendorWebhooks =
    VendorWebhooks { events: &[VendorEvent { name: POST_CALL, ours: &["call.ended"] }], messages };

fn messages(told: &Told<'_>) -> Vec<Message> {
    let Some((call, event, beside)) = told.call() else { return Vec::new() };
    let over = matches!(Moment::of(&event.fact), Some(Moment::Ended | Moment::Failed));
    if !over || !told.wants(POST_CALL) {
        return Vec::new();
    }
    let assistant = beside.names.as_ref().map_or(call.agent.0, |names| names.voicing).to_string();
    let shown = to_wire::record(call, &assistant, event.at);
    let slots = call.outcome.as_ref().map(|outcome| &outcome.slots);
    let body = json!({
        "event": POST_CALL,
        "call_id": shown.call_id,
        "assistant_id": shown.assistant_id,
        "status": shown.status,
        "duration": shown.duration,
        "started_at": call.answered_at.map(times::seconds),
        "ended_at": shown.ended_at,
        "phone_number": shown.phone_number,
        "input_variables": shown.input_variables,
        "transcript": beside.content.transcript,
        "recording_url": beside.content.recording_url,
        "analysis": {
            "outcome": shown.outcome,
            "summary": beside.content.summary,
            "end_reason": shown.end_reason,
            "values": slots,
        },
    });
    let body = body.to_string().into_bytes();
    let signature = sha256_of(told.secret.reveal(), &body);
    let headers = [("content-type", "application/json".to_owned()), (SIGNATURE, signature)];
    vec![Message { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body }]
}
