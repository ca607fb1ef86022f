//! Bodies and queries of Klen read into requests of ours.

use domain::call::Variables;
use domain::outcome::CallStatus;
use serde_json::{Map, Value};

use super::errors::KlenError;
use super::wire::WebhookBody;
use crate::raw::Raw;
use crate::variables;

/// Rows a page where the request does not say, and most that it may ask for.
const LIMIT: (u32, u32) = (10, 100);

/// What `POST /calls` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initiate {
    /// The number as written.
    pub phone_number: String,
    /// The agent.
    pub agent: AgentName,
    /// A contact that is on record.
    pub contact_id: Option<i64>,
    /// Values for the instructions' `{{name}}`; nested ones under dotted names too.
    pub variables: Variables,
}

/// How the agent was named: `123`, `"123"` and `"assistant_abc123"` are all in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentName {
    /// Its database id.
    Integer(i64),
    /// `assistant_…`.
    Assistant(String),
}

impl AgentName {
    /// Digits are a database id, whatever they were wrapped in.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Assistant(text.to_owned()), Self::Integer)
    }
}

/// Reads the body of `POST /calls`, in the documented order of its errors.
pub fn initiate(body: &Map<String, Value>) -> Result<Initiate, KlenError> {
    let phone_number = match body.get("phone_number") {
        None | Some(Value::Null) => return Err(KlenError::missing_phone_number()),
        Some(Value::String(number)) if number.trim().is_empty() => return Err(KlenError::missing_phone_number()),
        Some(Value::String(number)) => number.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(KlenError::invalid_phone_number()),
    };
    let agent = match body.get("agent_id") {
        None | Some(Value::Null) => return Err(KlenError::missing_agent_id()),
        Some(Value::String(id)) if id.trim().is_empty() => return Err(KlenError::missing_agent_id()),
        Some(Value::String(id)) => AgentName::parse(id.trim()),
        Some(Value::Number(id)) => id.as_i64().map(AgentName::Integer).ok_or_else(KlenError::agent_not_found)?,
        Some(_) => return Err(KlenError::validation("agent_id must be a string or an integer")),
    };
    let contact_id = match body.get("contact_id") {
        None | Some(Value::Null) => None,
        Some(Value::Number(id)) if id.is_i64() => id.as_i64(),
        Some(_) => return Err(KlenError::validation("contact_id must be an integer")),
    };
    let variables = match body.get("variables") {
        None | Some(Value::Null) => Variables::new(),
        Some(Value::Object(given)) => variables::nested(given),
        Some(_) => return Err(KlenError::validation("variables must be an object")),
    };
    Ok(Initiate { phone_number, agent, contact_id, variables })
}

/// Which calls to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCalls {
    /// Only calls of this agent.
    pub agent: Option<AgentName>,
    /// Only calls that stand here; empty for all.
    pub status: Vec<CallStatus>,
    /// Inbound calls were asked for; there are none.
    pub inbound: bool,
    /// From 1.
    pub page: u32,
    /// 1 to 100.
    pub limit: u32,
}

/// Reads the query of `GET /calls`.
pub fn list_calls(raw: &Raw) -> Result<ListCalls, KlenError> {
    use CallStatus as S;
    let given = |name: &str| raw.query(name).map(str::trim).filter(|text| !text.is_empty());
    let status = match given("status") {
        None => Vec::new(),
        Some("queued") => vec![S::Queued, S::Dialing, S::Ringing],
        Some("in-progress") => vec![S::InProgress],
        Some("completed") => vec![S::Completed],
        Some("failed") => vec![S::Busy, S::NoAnswer, S::Rejected, S::Canceled, S::Failed],
        Some(_) => return Err(KlenError::validation("status must be queued, in-progress, completed or failed")),
    };
    let inbound = match given("type") {
        None | Some("outbound") => false,
        Some("inbound") => true,
        Some(_) => return Err(KlenError::validation("type must be inbound or outbound")),
    };
    Ok(ListCalls {
        agent: given("agent_id").map(AgentName::parse),
        status,
        inbound,
        page: positive(raw, "page", 1)?,
        limit: positive(raw, "limit", LIMIT.0)?.min(LIMIT.1),
    })
}

/// Reads the body of a new webhook.
pub fn webhook(body: &Map<String, Value>) -> Result<WebhookBody, KlenError> {
    let text = |name: &str| match body.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        None | Some(Value::Null | Value::String(_)) => Err(KlenError::validation(format!("{name} is required"))),
        Some(_) => Err(KlenError::validation(format!("{name} must be a string"))),
    };
    let (name, url) = (text("name")?, text("url")?);
    let events = body.get("subscribed_events").and_then(variables::texts);
    let wrong = || KlenError::validation("subscribed_events must be a list of names of events");
    Ok(WebhookBody { name, url, subscribed_events: events.ok_or_else(wrong)? })
}

pub(super) fn positive(raw: &Raw, name: &str, default: u32) -> Result<u32, KlenError> {
    match raw.query(name).map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(default),
        Some(text) => {
            let number = text.parse().ok().filter(|n: &u32| *n > 0);
            number.ok_or_else(|| KlenError::validation(format!("{name} must be a whole number from 1")))
        }
    }
}
