//! Calls of ours in Voicing AI's words.

use domain::call::Call;
use domain::outcome::CallStatus;
use domain::time::Timestamp;
use serde_json::Value;

use super::wire::{CallRecord, Published};
use crate::times;

/// Answer to a call that was accepted.
pub fn published(call: &Call) -> Published {
    Published { status: "success", message: "Outbound call started successfully", call_id: call.id.0.to_string() }
}

/// A call, as of `now`. `assistant_id` is the assistant's UUID.
pub fn record(call: &Call, assistant_id: &str, now: Timestamp) -> CallRecord {
    CallRecord {
        call_id: call.id.0.to_string(),
        status: status(call.status),
        duration: times::talked_s(call, now),
        started_at: Some(times::seconds(call.answered_at.unwrap_or(call.created_at))),
        ended_at: call.ended_at.map(times::seconds),
        assistant_id: assistant_id.to_owned(),
        phone_number: call.to.as_str().to_owned(),
        input_variables: call.variables.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect(),
        end_reason: call.end_reason.map(|reason| reason.as_str()),
        outcome: call.outcome.as_ref().map(|outcome| outcome.name.clone()),
        transcript: None,
        recording_url: None,
    }
}

/// Their word for where a call stands. The documented list ends with "etc."; of the five words that are shown, every end
/// without a conversation is `failed`, and `end_reason` says which.
pub fn status(status: CallStatus) -> &'static str {
    use CallStatus as S;
    match status {
        S::Queued | S::Dialing => "initiated",
        S::Ringing => "ringing",
        S::InProgress => "in-progress",
        S::Completed => "completed",
        S::Busy | S::NoAnswer | S::Rejected | S::Canceled | S::Failed => "failed",
    }
}
