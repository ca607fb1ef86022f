//! Bodies and queries of Voxpria read into requests of ours.

use domain::call::Variables;
use domain::outcome::CallStatus;
use domain::time::Timestamp;
use serde_json::{Map, Value};

use super::errors::VoxpriaError;
use super::wire::WebhookBody;
use crate::raw::Raw;
use crate::variables;

/// Rows a page where the request does not say, and most that it may ask for.
const LIMIT: (u32, u32) = (20, 100);

/// What `POST /calls` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The agent as written.
    pub agent_id: String,
    /// The number as written.
    pub to_number: String,
    /// Values for `{{name}}`.
    pub variables: Variables,
}

/// Reads the body of `POST /calls`.
pub fn trigger(body: &Map<String, Value>) -> Result<Trigger, VoxpriaError> {
    let variables = match body.get("variables") {
        None | Some(Value::Null) => Variables::new(),
        Some(Value::Object(given)) => variables::nested(given),
        Some(_) => return Err(VoxpriaError::validation("variables must be an object")),
    };
    Ok(Trigger { agent_id: text(body, "agentId")?, to_number: text(body, "toNumber")?, variables })
}

fn text(body: &Map<String, Value>, name: &str) -> Result<String, VoxpriaError> {
    match body.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        None | Some(Value::Null | Value::String(_)) => Err(VoxpriaError::validation(format!("{name} is required"))),
        Some(_) => Err(VoxpriaError::validation(format!("{name} must be a string"))),
    }
}

/// Which calls to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCalls {
    /// Only calls of this agent.
    pub agent_id: Option<String>,
    /// Only calls that stand here; empty for all.
    pub status: Vec<CallStatus>,
    /// From 1.
    pub page: u32,
    /// 1 to 100.
    pub limit: u32,
}

/// Reads the query of `GET /calls`; `per_page` is the third family's word for `limit`.
pub fn list_calls(raw: &Raw) -> Result<ListCalls, VoxpriaError> {
    let given = |name: &str| raw.query(name).map(str::trim).filter(|text| !text.is_empty());
    let status = match given("status") {
        None => Vec::new(),
        Some(word) => statuses(word).ok_or_else(|| {
            let known = "queued, ringing, in_progress, completed, failed, no_answer, busy";
            VoxpriaError::validation(format!("status must be one of {known}"))
        })?,
    };
    let (page, limit) = page_asked(raw)?;
    Ok(ListCalls { agent_id: given("agentId").map(str::to_owned), status, page, limit })
}

/// Which page of a list, and how many rows it has.
pub(super) fn page_asked(raw: &Raw) -> Result<(u32, u32), VoxpriaError> {
    let said = raw.query("limit").is_some_and(|text| !text.trim().is_empty());
    let limit = if said { "limit" } else { "per_page" };
    Ok((positive(raw, "page", 1)?, positive(raw, limit, LIMIT.0)?.min(LIMIT.1)))
}

/// What stands behind a word of theirs.
fn statuses(word: &str) -> Option<Vec<CallStatus>> {
    use CallStatus as S;
    Some(match word {
        "queued" => vec![S::Queued, S::Dialing],
        "ringing" => vec![S::Ringing],
        "in_progress" => vec![S::InProgress],
        "completed" => vec![S::Completed],
        "failed" => vec![S::Rejected, S::Canceled, S::Failed],
        "no_answer" => vec![S::NoAnswer],
        "busy" => vec![S::Busy],
        _ => return None,
    })
}

/// Reads the body of a new webhook.
pub fn webhook(body: &Map<String, Value>) -> Result<WebhookBody, VoxpriaError> {
    let url = text(body, "url")?;
    let events = body.get("events").and_then(variables::texts);
    let events = events.ok_or_else(|| VoxpriaError::validation("events must be a list of names of events"))?;
    let active = match body.get("active") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(active)) => Some(*active),
        Some(_) => return Err(VoxpriaError::validation("active must be true or false")),
    };
    Ok(WebhookBody { url, events, active })
}

fn positive(raw: &Raw, name: &str, default: u32) -> Result<u32, VoxpriaError> {
    match raw.query(name).map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(default),
        Some(text) => {
            let number = text.parse().ok().filter(|n: &u32| *n > 0);
            number.ok_or_else(|| VoxpriaError::validation(format!("{name} must be a whole number from 1")))
        }
    }
}

/// From the first day of a query to the end of its last one; days are UTC.
pub fn days(raw: &Raw) -> Result<(Option<Timestamp>, Option<Timestamp>), VoxpriaError> {
    let day = |name: &str, after: i64| match raw.query(name).map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => {
            let begin: Option<Timestamp> = format!("{text}T00:00:00Z").parse().ok();
            let begin = begin.filter(|_| text.len() == 10);
            let begin = begin.and_then(|begin| begin.checked_add(jiff::SignedDuration::from_hours(after)).ok());
            begin.map(Some).ok_or_else(|| VoxpriaError::validation(format!("{name} must be a day such as 2025-02-09")))
        }
    };
    let (from, to) = (day("startDate", 0)?, day("endDate", 24)?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(VoxpriaError::validation("startDate must not lie after endDate"));
    }
    Ok((from, to))
}
