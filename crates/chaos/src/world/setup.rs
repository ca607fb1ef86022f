//! The organization that the run torments, as a provisioning document.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::evidence::{Forbidden, Subscription, now};

/// Key of the clients.
pub(crate) const KEY: &str = "od_chaos_clients";
/// Secret of the webhooks' signatures; the sink does not look at them.
const WEBHOOK_SECRET: &str = "whsec_Y2hhb3MgY2hhb3MgY2hhb3MgY2hhb3M=";
/// Keys of the organization that has caps; the second one has a cap of its own.
pub(crate) const CAPPED_KEY: &str = "od_chaos_capped";
const SCARCE_KEY: &str = "od_chaos_scarce";
/// Calls at once of that organization.
pub(crate) const LIVE_CAP: usize = 3;
/// Calls of that organization that wait or are up.
pub(crate) const QUEUE_CAP: usize = 10;
/// Calls a day of the second key.
pub(crate) const DAY_CAP: usize = 12;
/// Its agents: each is asked for with a key of its own, so that a call tells by which key it came.
pub(crate) const CAPPED_AGENT: &str = "capped";
pub(crate) const SCARCE_AGENT: &str = "scarce";
/// Agent whose calling hours are never now.
pub(crate) const CLOSED_AGENT: &str = "closed";
/// Agent without a pace of its own: its calls are dialed as soon as they can be.
pub(crate) const PROMPT_AGENT: &str = "prompt";
/// Agent with a pace, so that some calls always wait.
pub(crate) const PACED_AGENT: &str = "paced";
/// Agent that asks and waits: its calls are live when a node dies.
pub(crate) const PATIENT_AGENT: &str = "patient";
/// On the do-not-call list from the start.
pub(crate) const SUPPRESSED: [&str; 3] = ["+15559990001", "+15559990002", "+15559990003"];
/// In a country that the organization does not call.
pub(crate) const FOREIGN: [&str; 2] = ["+442079460018", "+33142685300"];

/// Charged above the ordinary rate, and the emergency service behind an area code, in a country that is called.
pub(crate) const PREMIUM: [&str; 3] = ["+19005550199", "+12129765501", "+19115550100"];
/// Emergency service and inquiries, as a person dials them.
pub(crate) const SHORT: [&str; 2] = ["911", "411"];
/// In a zone that is known, and called by the agent that is closed.
pub(crate) const OUT_OF_HOURS: [&str; 2] = ["+12125550141", "+13125550142"];

/// Key by which an agent is asked for.
pub(crate) fn key_of(agent: &str) -> &'static str {
    match agent {
        CAPPED_AGENT => CAPPED_KEY,
        SCARCE_AGENT => SCARCE_KEY,
        _ => KEY,
    }
}

/// The document. Everything that the run asks of the platform is in it, so that every node can be started alone.
pub(crate) fn document(far_end: SocketAddr, sink: SocketAddr) -> Value {
    let suppressions: Vec<Value> =
        SUPPRESSED.iter().map(|number| json!({ "number": number, "reason": "opt_out" })).collect();
    let webhooks: Vec<Value> = subscriptions()
        .iter()
        .map(|one| {
            let url = format!("http://{sink}{}", one.endpoint);
            json!({ "url": url, "events": [one.events], "secret": WEBHOOK_SECRET })
        })
        .collect();
    let mut closed = agent(CLOSED_AGENT, "+15550001000", None, says_goodbye());
    closed["policy"] = never_now();
    json!({ "organizations": [{
        "name": "chaos",
        "default_region": "US",
        "allowed_countries": ["US"],
        "wallet": { "balance": "100000.00", "currency": "USD", "rate_per_minute": "0.10", "increment_s": 1 },
        "trunks": [{ "name": "far-end", "address": far_end.to_string(), "channels": 150 }],
        "numbers": [
            { "number": "+15550001000", "trunk": "far-end" },
            { "number": "+15550001001", "trunk": "far-end" },
        ],
        "agents": [
            agent(PROMPT_AGENT, "+15550001000", None, says_goodbye()),
            agent(PACED_AGENT, "+15550001000", Some(4.0), says_goodbye()),
            agent(PATIENT_AGENT, "+15550001001", None, asks_and_waits()),
            closed,
        ],
        "keys": [{ "secret": KEY, "permissions": ["*"] }],
        "suppressions": suppressions,
        "webhooks": webhooks.clone(),
    }, {
        "name": "capped",
        "default_region": "US",
        "caps": { "live_calls": LIVE_CAP, "queued_calls": QUEUE_CAP },
        "trunks": [{ "name": "far-end", "address": far_end.to_string() }],
        "numbers": [{ "number": "+15550001002", "trunk": "far-end" }],
        "agents": [
            agent(CAPPED_AGENT, "+15550001002", None, says_goodbye()),
            agent(SCARCE_AGENT, "+15550001002", None, says_goodbye()),
        ],
        "keys": [
            { "secret": CAPPED_KEY, "permissions": ["*"] },
            { "secret": SCARCE_KEY, "permissions": ["calls:write"], "caps": { "calls_per_day": DAY_CAP } },
        ],
        "webhooks": webhooks,
    }]})
}

/// Hours on one day of the week, which is in no zone of the world while the run lasts.
fn never_now() -> Value {
    const DAYS: [&str; 7] = ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"];
    let day = now() / 86_400_000_000 + 3;
    let day = DAYS[usize::try_from(day).unwrap_or(0) % DAYS.len()];
    json!({ "hours": { "windows": [{ "days": [day], "from": "10:00", "to": "16:00" }] } })
}

fn agent(id: &str, number: &str, calls_per_second: Option<f64>, flow: Value) -> Value {
    let definition = json!({
        "name": id,
        "type": "click_to_call",
        "language": "en-US",
        "recording": false,
        "machine": { "action": "continue" },
        "limits": { "ring_timeout_s": 5, "max_duration_s": 10, "silence_prompt_s": 60 },
        "flow": flow,
    });
    let mut agent = json!({ "id": id, "number": number, "definition": definition });
    if let Some(rate) = calls_per_second {
        agent["calls_per_second"] = json!(rate);
    }
    agent
}

/// One word and a BYE: little work for the voice.
fn says_goodbye() -> Value {
    json!({ "start": "bye", "steps": { "bye": { "hang_up": { "text": "Goodbye." } } } })
}

fn asks_and_waits() -> Value {
    json!({ "start": "ask", "steps": {
        "ask": { "ask": { "text": "Hello?", "next": "bye" } },
        "bye": { "hang_up": { "text": "Goodbye." } },
    }})
}

/// Numbers that must not ring from the start.
pub(crate) fn forbidden() -> Vec<Forbidden> {
    let ban = |number: &&str, why: &str| Forbidden { number: (*number).to_owned(), why: why.to_owned(), since: 0 };
    let suppressed = SUPPRESSED.iter().map(|number| ban(number, "on the do-not-call list"));
    suppressed
        .chain(FOREIGN.iter().map(|number| ban(number, "in a country that is not called")))
        .chain(PREMIUM.iter().map(|number| ban(number, "premium rate or emergency")))
        .chain(SHORT.iter().map(|number| ban(number, "a short number")))
        .chain(OUT_OF_HOURS.iter().map(|number| ban(number, "outside of its calling hours")))
        .collect()
}

/// What the sink's endpoints are told.
pub(crate) fn subscriptions() -> Vec<Subscription> {
    let subscription =
        |endpoint: &str, events: &str| Subscription { endpoint: endpoint.to_owned(), events: events.to_owned() };
    vec![subscription("/everything", "*"), subscription("/ends", "call.ended")]
}
