//! Bodies and queries of Voicing AI read into requests of ours.

use domain::call::Variables;
use domain::outcome::CallStatus;
use domain::time::Timestamp;
use serde_json::{Map, Value};

use super::errors::VoicingError;
use crate::raw::Raw;
use crate::variables;

/// Most ids of one bulk read.
const MAX_IDS: usize = 100;
/// Rows a page where the request does not say, and most that it may ask for.
const LIMIT: (u32, u32) = (10, 100);

/// What `publish-outbound-call` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// UUID of the assistant, as written.
    pub assistant_id: String,
    /// The number as written; national ones are read in the organization's default region.
    pub phone_number: String,
    /// Values for the prompt's `{{name}}`.
    pub variables: Variables,
}

/// Reads the body of `publish-outbound-call`.
pub fn publish(body: &Map<String, Value>) -> Result<Publish, VoicingError> {
    let assistant_id = text(body, "assistant_id")?;
    let phone_number = text(body, "phone_number")?;
    let provider = text(body, "telephony_provider")?;
    if provider != "default" {
        // The documented values are a list of one.
        return Err(VoicingError::bad_request("telephony_provider must be \"default\""));
    }
    let variables = match body.get("input_variables") {
        None | Some(Value::Null) => Variables::new(),
        Some(Value::Object(given)) => variables::flat(given),
        Some(_) => return Err(VoicingError::bad_request("input_variables must be an object")),
    };
    Ok(Publish { assistant_id, phone_number, variables })
}

/// Reads the body of `bulk-by-ids`: the ids in the order given, each once.
pub fn ids(body: &Map<String, Value>) -> Result<Vec<String>, VoicingError> {
    let given = match body.get("call_ids") {
        Some(Value::Array(ids)) => ids,
        Some(_) => return Err(VoicingError::bad_request("call_ids must be a list of ids")),
        None => return Err(missing("call_ids")),
    };
    if given.len() > MAX_IDS {
        return Err(VoicingError::bad_request(format!("at most {MAX_IDS} call_ids a request")));
    }
    let mut ids: Vec<String> = Vec::with_capacity(given.len());
    for id in given {
        let id = match id {
            Value::String(id) if !id.is_empty() => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return Err(VoicingError::bad_request("every one of call_ids must be an id")),
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// Which calls to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub page: u32,
    /// 1 to 100.
    pub limit: u32,
    /// Only calls of this assistant.
    pub assistant_id: Option<String>,
    /// Only calls to this number.
    pub phone_number: Option<String>,
    /// Only calls that stand here.
    pub status: Vec<CallStatus>,
    /// Accepted at or after.
    pub from: Option<Timestamp>,
    /// Accepted before.
    pub to: Option<Timestamp>,
}

/// Reads the query of a list. Parameters that are not known are left aside.
pub fn page(raw: &Raw) -> Result<Page, VoicingError> {
    let whole = |name: &str, default: u32| match raw.query(name).filter(|text| !text.is_empty()) {
        None => Ok(default),
        Some(text) => text
            .parse::<u32>()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| VoicingError::bad_request(format!("{name} must be a whole number from 1"))),
    };
    let given = |name: &str| raw.query(name).filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(Page {
        page: whole("page", 1)?,
        limit: whole("limit", LIMIT.0)?.min(LIMIT.1),
        assistant_id: given("assistant_id"),
        phone_number: given("phone_number"),
        status: given("status").map_or_else(|| Ok(Vec::new()), |word| statuses(&word))?,
        from: moment(raw, "start_date")?,
        to: moment(raw, "end_date")?,
    })
}

/// What stands behind a word of theirs.
fn statuses(word: &str) -> Result<Vec<CallStatus>, VoicingError> {
    use CallStatus as S;
    Ok(match word {
        "initiated" => vec![S::Queued, S::Dialing],
        "ringing" => vec![S::Ringing],
        "in-progress" => vec![S::InProgress],
        "completed" => vec![S::Completed],
        "failed" => vec![S::Busy, S::NoAnswer, S::Rejected, S::Canceled, S::Failed],
        _ => {
            let known = "initiated, ringing, in-progress, completed, failed";
            return Err(VoicingError::bad_request(format!("status must be one of {known}")));
        }
    })
}

/// A time, or a day for its first moment in UTC.
fn moment(raw: &Raw, name: &str) -> Result<Option<Timestamp>, VoicingError> {
    let Some(text) = raw.query(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let day = || format!("{text}T00:00:00Z").parse();
    let read = text.parse::<Timestamp>().or_else(|_| day());
    read.map(Some).map_err(|_| VoicingError::bad_request(format!("{name} must be an ISO 8601 time or day")))
}

fn text(body: &Map<String, Value>, name: &str) -> Result<String, VoicingError> {
    match body.get(name) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        None | Some(Value::Null | Value::String(_)) => Err(missing(name)),
        Some(_) => Err(VoicingError::bad_request(format!("{name} must be a string"))),
    }
}

fn missing(name: &str) -> VoicingError {
    VoicingError::bad_request(format!("{name} is required"))
}
