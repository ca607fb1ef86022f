//! Events in Klen's shape: `{event, timestamp, data}`, where `data` is the call as `GET /calls/{id}` has it.
//! <https://docs.klen.ai/api-reference/webhooks/overview> names the events; body and signature are ours.

use domain::agent_names::AgentNames;
use serde_json::json;

use super::to_wire;
use super::wire::AgentRef;
use crate::times;
use crate::webhooks::{Beside, Message, Moment, Told, VendorEvent, VendorWebhooks, sha256_of};

/// Header of the signature.
pub const SIGNATURE: &str = "x-klen-signature";

/// What Klen sends. There is no calendar here, so its events never come.
pub(crate) const WEBHOOKS: VendorWebhooks = VendorWebhooks {
    events: &[
        VendorEvent { name: "call.started", ours: &["call.answered"] },
        VendorEvent { name: "call.ended", ours: &["call.ended"] },
        VendorEvent { name: "call.failed", ours: &["call.ended"] },
        VendorEvent { name: "call.transcript", ours: &["call.ended"] },
        VendorEvent { name: "call.recording", ours: &["call.recording_ready"] },
        VendorEvent { name: "call.summary", ours: &["call.ended"] },
        VendorEvent { name: "calendar.created", ours: &[] },
        VendorEvent { name: "calendar.updated", ours: &[] },
        VendorEvent { name: "calendar.cancelled", ours: &[] },
        VendorEvent { name: "calendar.completed", ours: &[] },
        VendorEvent { name: "calendar.reminder", ours: &[] },
    ],
    messages,
};

fn messages(told: &Told<'_>) -> Vec<Message> {
    let Some((call, event, beside)) = told.call() else { return Vec::new() };
    let there = |name: &'static str, is: bool| is.then_some(name);
    let names = match Moment::of(&event.fact) {
        None => vec![],
        Some(Moment::Started) => vec![Some("call.started")],
        Some(Moment::Recorded) => vec![Some("call.recording")],
        Some(Moment::Failed) => vec![Some("call.failed")],
        Some(Moment::Ended) => vec![
            Some("call.ended"),
            there("call.transcript", beside.content.transcript.is_some()),
            there("call.summary", beside.content.summary.is_some()),
        ],
    };
    let data = to_wire::detail(call, agent(beside), None, beside.content.clone(), event.at);
    let wanted = names.into_iter().flatten().filter(|name| told.wants(name));
    wanted
        .map(|name| {
            let body = json!({ "event": name, "timestamp": times::seconds(event.at), "data": data }).to_string();
            let body = body.into_bytes();
            let signature = sha256_of(told.secret.reveal(), &body);
            let headers = [("content-type", "application/json".to_owned()), (SIGNATURE, signature)];
            Message { headers: headers.map(|(name, value)| (name.to_owned(), value)).into(), body }
        })
        .collect()
}

fn agent(beside: &Beside) -> AgentRef {
    let shown = |names: &AgentNames| to_wire::agent(&beside.agent, names);
    let gone = || AgentRef { id: 0, name: beside.agent.clone(), assistant_id: String::new() };
    beside.names.as_ref().map_or_else(gone, shown)
}
