//! Calls and agents of ours in Klen's words.

use std::time::Duration;

use domain::agent_names::AgentNames;
use domain::call::Call;
use domain::outcome::CallStatus;
use domain::time::Timestamp;
use domain::webhook::WebhookEndpoint;
use serde_json::Value;

use super::wire::{AgentRef, Billing, CallDetail, CallItem, ContactRef, Initiated, WebhookRecord};
use crate::content::{Content, amount};
use crate::times;

/// The sample of the documents starts a call this long after it was accepted; ours are dialed within milliseconds
/// unless they wait for their turn.
const ESTIMATED_START: Duration = Duration::from_secs(5);

/// The agent beside a call.
pub fn agent(name: &str, names: &AgentNames) -> AgentRef {
    AgentRef { id: names.integer, name: name.to_owned(), assistant_id: names.klen.clone() }
}

/// Answer to a call that was accepted.
pub fn initiated(call: &Call, agent: AgentRef) -> Initiated {
    Initiated {
        id: call.sequence,
        call_id: call.id.to_string(),
        status: status(call.status),
        r#type: "outbound",
        phone_number: call.to.as_str().to_owned(),
        agent,
        created_at: times::seconds(call.created_at),
        estimated_start: times::seconds(call.created_at + ESTIMATED_START),
    }
}

/// A row of a list, as of `now`.
pub fn item(call: &Call, agent: &AgentRef, contact: Option<ContactRef>, content: &Content, now: Timestamp) -> CallItem {
    CallItem {
        id: call.id.to_string(),
        agent_id: agent.assistant_id.clone(),
        agent_name: agent.name.clone(),
        status: status(call.status),
        r#type: "outbound",
        phone_number: call.to.as_str().to_owned(),
        started_at: call.answered_at.map(times::seconds),
        ended_at: call.ended_at.map(times::seconds),
        duration_seconds: times::talked_s(call, now),
        summary: content.summary.clone(),
        recording_url: content.recording_url.clone(),
        contact,
    }
}

/// One call, as of `now`.
pub fn detail(
    call: &Call,
    agent: AgentRef,
    contact: Option<ContactRef>,
    content: Content,
    now: Timestamp,
) -> CallDetail {
    CallDetail {
        id: call.sequence,
        agent,
        call_id: call.id.to_string(),
        status: status(call.status),
        r#type: "outbound",
        phone_number: call.to.as_str().to_owned(),
        started_at: call.answered_at.map(times::seconds),
        ended_at: call.ended_at.map(times::seconds),
        duration_seconds: times::talked_s(call, now),
        summary: content.summary,
        transcript: content.transcript,
        recording_url: content.recording_url,
        contact,
        team: None,
        billing: billing(call),
        variables: call.variables.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect(),
    }
}

/// A webhook that was just made.
pub fn webhook(endpoint: &WebhookEndpoint, secret: &str) -> WebhookRecord {
    WebhookRecord {
        id: endpoint.id.to_string(),
        name: endpoint.description.clone(),
        url: endpoint.url.clone(),
        subscribed_events: endpoint.events.clone(),
        secret: secret.to_owned(),
        is_active: endpoint.disabled.is_none(),
        created_at: times::seconds(endpoint.created_at),
    }
}

/// Their word for where a call stands; the documents know these four.
pub fn status(status: CallStatus) -> &'static str {
    use CallStatus as S;
    match status {
        S::Queued | S::Dialing | S::Ringing => "queued",
        S::InProgress => "in-progress",
        S::Completed => "completed",
        S::Busy | S::NoAnswer | S::Rejected | S::Canceled | S::Failed => "failed",
    }
}

/// A call of an organization that is not billed has none.
fn billing(call: &Call) -> Option<Billing> {
    let price = call.price.as_ref()?;
    let first = amount(price.per_attempt);
    Some(match call.cost {
        Some(cost) => {
            let total = amount(cost);
            Billing {
                status: "billed",
                initial_charge: first.min(total),
                final_charge: total - first.min(total),
                total_charge: total,
            }
        }
        None => Billing { status: "pending", initial_charge: first, final_charge: 0.0, total_charge: first },
    })
}
