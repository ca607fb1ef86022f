//! A `make-call` body read into a request of ours.

use domain::call::Variables;
use domain::callee::SipAddress;
use serde_json::{Map, Value};

use super::errors::StudioError;
use crate::variables;

/// What `make-call` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeCall {
    /// Which agent calls.
    pub agent: Asked,
    /// Whom: E.164 with leading `+`, or `sip:user@host`.
    pub to: String,
    /// Values for `$NAME` and `{{NAME}}`.
    pub variables: Variables,
    /// Told when nobody could be reached.
    pub status_url: Option<String>,
    /// A machine is hung up on at once; `false` leaves it to the agent.
    pub hangup_on_answer_machine: bool,
}

/// How the agent was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// By its id.
    Id(String),
    /// By the number that it calls from, in E.164 (an older article; it wins where both are given).
    Number(String),
}

/// Reads the body.
pub fn make_call(body: &Map<String, Value>) -> Result<MakeCall, StudioError> {
    let agent = match (text(body, "from")?, text(body, "agent_id")?) {
        (Some(from), _) => Asked::Number(e164(&from).ok_or_else(|| StudioError::number_without_agent(&from))?),
        (None, Some(id)) => Asked::Id(id),
        (None, None) => return Err(StudioError::bad_request("agent_id is required")),
    };
    let to = text(body, "to")?.ok_or_else(|| StudioError::bad_request("to is required"))?;
    let to = destination(&to).ok_or_else(StudioError::bad_number)?;
    let hangup_on_answer_machine = match body.get("hangup_on_answer_machine") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(hang_up)) => *hang_up,
        Some(_) => return Err(StudioError::bad_request("hangup_on_answer_machine must be true or false")),
    };
    Ok(MakeCall {
        agent,
        to,
        variables: parameters(body.get("session_parameters"))?,
        status_url: text(body, "status_url")?,
        hangup_on_answer_machine,
    })
}

/// Digits with the country code and without special characters, or a SIP address.
fn destination(to: &str) -> Option<String> {
    match SipAddress::parse(to) {
        Ok(address) => Some(address.as_str().to_owned()),
        Err(_) => e164(to),
    }
}

/// A leading `+` is taken too: it is what every other API wants, and cannot be meant otherwise.
fn e164(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| format!("+{digits}"))
}

/// A list of names with values; of a name that stands twice the last value counts.
fn parameters(list: Option<&Value>) -> Result<Variables, StudioError> {
    let wrong = || StudioError::bad_request("session_parameters must be a list of {\"name\", \"value\"}");
    let list = match list {
        None | Some(Value::Null) => return Ok(Variables::new()),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(wrong()),
    };
    let pairs = list.iter().map(|pair| {
        let name = pair.get("name").and_then(Value::as_str).map(str::trim).filter(|name| !name.is_empty());
        let name = name.ok_or_else(wrong)?.trim_start_matches('$').to_owned();
        Ok((name, variables::text(pair.get("value").unwrap_or(&Value::Null))))
    });
    pairs.collect()
}

/// A text that may be missing; empty is missing.
fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, StudioError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(StudioError::bad_request(format!("{name} must be a string"))),
    }
}
