//! Calls of ours in Voxpria's words.

use app::agent_names::AgentCard;
use domain::agent::{Agent, AgentState};
use domain::agent_definition::AgentDefinition;
use domain::agent_definition::flow::Step;
use domain::call::Call;
use domain::outcome::{AnsweredBy, CallStatus, EndReason};
use domain::time::Timestamp;
use domain::webhook::WebhookEndpoint;
use serde_json::Value;

use super::wire::{
    AgentDetail, AgentFlow, AgentRecord, CallRecord, Configuration, FlowEdge, FlowGraph, FlowNode, Stats, Triggered,
    WebhookRecord,
};
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

/// An agent with what it says and did.
pub fn agent_detail(card: &AgentCard) -> AgentDetail {
    let (totals, definition) = (card.totals, &card.agent.draft);
    AgentDetail {
        agent: agent(&card.agent, &card.names.voxpria),
        configuration: Configuration {
            greeting: greeting(definition).unwrap_or_default().to_owned(),
            questions: questions(definition),
            max_duration: definition.limits.max_duration_s,
        },
        stats: Stats {
            total_calls: totals.calls,
            success_rate: percent(totals.answered.min(totals.ended), totals.ended),
            avg_duration: totals.talk_s.checked_div(totals.answered).unwrap_or(0),
        },
    }
}

/// With one digit after the point, as in the documented sample; 0 of nothing.
fn percent(part: u64, whole: u64) -> f64 {
    let permille = (part * 1_000).checked_div(whole).unwrap_or(0);
    f64::from(u32::try_from(permille).unwrap_or(0)) / 10.0
}

/// The agent's first words: of its prompt, else of the step that its flow begins with.
fn greeting(definition: &AgentDefinition) -> Option<&str> {
    let of_prompt = definition.prompt.as_ref().map(|prompt| prompt.first_message.as_str());
    of_prompt.filter(|text| !text.is_empty()).or_else(|| {
        let flow = definition.flow.as_ref()?;
        let text = match flow.steps.get(&flow.start)? {
            Step::Say(say) => &say.text,
            Step::Ask(ask) => &ask.text,
            _ => return None,
        };
        text.0.first().map(String::as_str)
    })
}

fn questions(definition: &AgentDefinition) -> Vec<String> {
    let steps = definition.flow.iter().flat_map(|flow| flow.steps.values());
    let asked = steps.filter_map(|step| match step {
        Step::Ask(ask) => ask.text.0.first().cloned(),
        _ => None,
    });
    asked.collect()
}

/// An agent's conversation as a graph. A prompt is one node without edges.
pub fn agent_flow(card: &AgentCard) -> AgentFlow {
    let definition = &card.agent.draft;
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    if let Some(prompt) = &definition.prompt {
        let data = serde_json::json!({ "system": prompt.system, "first_message": prompt.first_message });
        nodes.push(FlowNode { id: "prompt".to_owned(), r#type: "prompt".to_owned(), data });
    }
    if let Some(flow) = &definition.flow {
        // A step is written under the one key that says what it is.
        let node = |(name, step): (&String, &Step)| {
            let Value::Object(written) = serde_json::to_value(step).ok()? else { return None };
            let (kind, data) = written.into_iter().next()?;
            Some(FlowNode { id: name.clone(), r#type: kind, data })
        };
        nodes.extend(flow.steps.iter().filter_map(node));
        let edge = |(source, label, target): (&str, String, &str)| FlowEdge {
            source: source.to_owned(),
            target: target.to_owned(),
            label,
        };
        edges.extend(flow.edges().into_iter().map(edge));
    }
    let flow = FlowGraph { nodes, edges, version: "1.0" };
    AgentFlow { agent_id: card.names.voxpria.clone(), flow }
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
