//! Calls of ours as sessions of AI Studio.

use domain::call::Call;
use domain::outcome::{CallStatus, EndReason};
use domain::time::Timestamp;
use domain::transcript::{Speaker, Turn};
use serde_json::{Map, Value};

use super::wire::{AgentInformation, ChannelData, Session, SessionStarted, StatusCallback};
use crate::times;

/// Answer to a call that was accepted.
pub fn session_started(call: &Call) -> SessionStarted {
    SessionStarted {
        session_id: call.id.0.to_string(),
        session_start_time: times::microseconds_without_zone(call.created_at),
    }
}

/// What `status_url` is told; `None` for a call that was picked up, of which it hears nothing.
pub fn status_callback(call: &Call, agent_id: &str) -> Option<StatusCallback> {
    Some(StatusCallback {
        agent_id: agent_id.to_owned(),
        to: call.to.digits().to_owned(),
        conversation_uuid: conversation_uuid(call),
        status: unreached(call)?,
        timestamp: times::milliseconds(call.ended_at?),
        session_id: call.id.0.to_string(),
    })
}

/// Their word for why nobody was reached.
fn unreached(call: &Call) -> Option<&'static str> {
    use CallStatus as S;
    match call.status {
        S::Canceled => Some("cancelled"),
        S::Rejected => Some("rejected"),
        S::Busy => Some("busy"),
        S::NoAnswer => Some("timeout"),
        S::Failed if call.end_reason == Some(EndReason::Canceled) => Some("cancelled"),
        S::Failed => Some("failed"),
        S::Queued | S::Dialing | S::Ringing | S::InProgress | S::Completed => None,
    }
}

/// A session as Insights shows it, as of `now`.
pub fn session(
    call: &Call,
    agent: &AgentInformation,
    turns: &[Turn],
    audio_url: Option<String>,
    now: Timestamp,
) -> Session {
    let mut parameters: Map<String, Value> =
        call.variables.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
    parameters.insert("CONVERSATION_ID".into(), Value::from(conversation_uuid(call)));
    Session {
        id: call.id.0.to_string(),
        channel: "Telephony",
        session_start_time: times::microseconds_without_zone(call.created_at),
        session_end_time: call.ended_at.map(times::microseconds_without_zone),
        source: call.to.digits().to_owned(),
        destination: call.from.digits().to_owned(),
        agent_id: agent.id.clone(),
        agent_information: agent.clone(),
        channel_data: ChannelData {
            duration: times::talked_s(call, now),
            audio_url,
            conversation_uuid: conversation_uuid(call),
        },
        parameters,
        transcription: turns.iter().map(said).collect(),
        status: call.status.as_str(),
        end_reason: call.end_reason.map(|reason| reason.as_str()),
    }
}

fn said(turn: &Turn) -> Map<String, Value> {
    let speaker = match turn.speaker {
        Speaker::Agent => "agent",
        Speaker::Callee => "user",
    };
    [(speaker.to_owned(), Value::from(turn.text.as_str()))].into_iter().collect()
}

/// Stable for a call, and other than its session id.
pub fn conversation_uuid(call: &Call) -> String {
    format!("CON-{}", call.attempt.map_or(call.id.0, |attempt| attempt.0))
}
