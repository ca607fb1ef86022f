//! Calls of ours in Voxpria's words.

use domain::agent::{Agent, AgentState};
use domain::call::Call;
use domain::outcome::{AnsweredBy, CallStatus, EndReason};
use domain::time::Timestamp;
use domain::webhook::WebhookEndpoint;
use serde_json::Value;

use super::wire::{AgentRecord, CallRecord, Triggered, WebhookRecord};
use crate::content::Content;
use crate::times;

/// Answer to a call that was accepted; `agent_id` as the client wrote it.
pub fn triggered(call: &Call, agent_id: &str) -> Triggered {
    Triggered {
        call_id: call.id.to_string(),
        status: status(call.status),
        to_number: call.to.as_str().to_owned(),
        agent_id: agent_id.to_owned(),
        created_at: times::seconds(call.created_at),
    }
}

/// A call, as of `now`.
pub fn record(call: &Call, agent_id: &str, content: Content, now: Timestamp) -> CallRecord {
    CallRecord {
        call_id: call.id.to_string(),
        status: status(call.status),
        duration: times::talked_s(call, now),
        recording: content.recording_url,
        transcript: content.transcript,
        outcome: outcome(call),
        // The documented sample's length is the time between these two, so it starts with the answer.
        started_at: times::seconds(call.answered_at.unwrap_or(call.created_at)),
        completed_at: call.ended_at.map(times::seconds),
        to_number: call.to.as_str().to_owned(),
        agent_id: agent_id.to_owned(),
        variables: call.variables.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect(),
        summary: content.summary,
        end_reason: call.end_reason.map(|reason| reason.as_str()),
        created_at: times::seconds(call.created_at),
    }
}

/// An agent; `id` as the client knows it.
pub fn agent(agent: &Agent, id: &str) -> AgentRecord {
    AgentRecord {
        agent_id: id.to_owned(),
        name: agent.draft.name.clone(),
        description: agent.draft.r#type.replace('_', " "),
        language: agent.draft.language.clone(),
        voice: agent.draft.voice.name.clone(),
        status: match agent.state {
            AgentState::Published => "active",
            AgentState::Draft => "draft",
            AgentState::Disabled => "inactive",
        },
        created_at: times::seconds(agent.created_at),
    }
}

/// A webhook, with its secret where it was just drawn.
pub fn webhook(endpoint: &WebhookEndpoint, secret: Option<&str>) -> WebhookRecord {
    WebhookRecord {
        webhook_id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        events: endpoint.events.clone(),
        secret: secret.map(str::to_owned),
        active: endpoint.disabled.is_none(),
    }
}

/// Their word for where a call stands, of the seven that they know.
pub fn status(status: CallStatus) -> &'static str {
    use CallStatus as S;
    match status {
        S::Queued | S::Dialing => "queued",
        S::Ringing => "ringing",
        S::InProgress => "in_progress",
        S::Completed => "completed",
        S::Busy => "busy",
        S::NoAnswer => "no_answer",
        S::Rejected | S::Canceled | S::Failed => "failed",
    }
}

/// What came of it. Only `successful` is documented; the agent's own outcome, where it names one, counts as success.
pub fn outcome(call: &Call) -> Option<&'static str> {
    use CallStatus as S;
    let reason = call.end_reason?;
    let machine = call.answered_by == AnsweredBy::Machine;
    Some(match (call.status, reason) {
        (S::Completed, EndReason::Transferred) => "transferred",
        (S::Completed, EndReason::VoicemailMessageLeft | EndReason::MachineHangup) => "voicemail",
        (S::Completed, _) if machine => "voicemail",
        (S::Completed, _) if call.outcome.as_ref().is_some_and(|outcome| !outcome.name.is_empty()) => "successful",
        (S::Completed, _) => "unsuccessful",
        (S::Busy | S::NoAnswer, _) => "no_answer",
        _ => "failed",
    })
}
