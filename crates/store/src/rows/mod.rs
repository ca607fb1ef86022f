//! One file per table: its columns, and the pair of translators between row and domain value.
//!
//! Law: ids are UUIDs, times are whole microseconds since 1970 and documents are JSON, so that both engines give
//! back exactly what was written and compare it the same way (`docs/decisions/0004-sea-orm.md`).
#![expect(unreachable_pub, reason = "sea-orm's derives want public items, the module itself is private")]

use app::ports::store::StoreError;
use domain::callee::Callee;
use domain::phone_number::PhoneNumber;
use domain::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub mod agent_names;
pub mod agent_versions;
pub mod agents;
pub mod api_keys;
pub mod audit_log;
pub mod brakes;
pub mod call_bounds;
pub mod call_events;
pub mod callees;
pub mod calls;
pub mod cap_uses;
pub mod chores;
pub mod click_to_call;
pub mod consents;
pub mod contact_numbers;
pub mod contacts;
pub mod context_variables;
pub mod deliveries;
pub mod delivery_attempts;
pub mod dials;
pub mod invitations;
pub mod kept_answers;
pub mod ledger;
pub mod members;
pub mod nodes;
pub mod numbers;
pub mod organizations;
pub mod outbox;
pub mod paces;
pub mod policy_decisions;
pub mod queue;
pub mod reply_latencies;
pub mod sealing;
pub mod sequences;
pub mod sign_ins;
pub mod sip_traces;
pub mod suppressions;
pub mod trunks;
pub mod users;
pub mod wallets;
pub mod webhook_endpoints;

/// Whole microseconds since 1970.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The moment as both engines keep it.
pub fn truncated(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// Reads `micros` back.
pub fn moment(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|_| unreadable("time"))
}

/// Reads `micros` back where there may be none.
pub fn moment_if(micros: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    micros.map(moment).transpose()
}

/// A document as it is kept.
pub fn document<T: Serialize>(value: &T) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|_| unreadable("document that was to be written"))
}

/// Reads `document` back.
pub fn read<T: DeserializeOwned>(what: &'static str, value: serde_json::Value) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|_| unreadable(what))
}

/// Reads `document` back where there may be none.
pub fn read_if<T: DeserializeOwned>(
    what: &'static str,
    value: Option<serde_json::Value>,
) -> Result<Option<T>, StoreError> {
    value.filter(|value| !value.is_null()).map(|value| read(what, value)).transpose()
}

/// Reads a number back. It was parsed before it was written, so a table of another release cannot lose it.
pub fn number(text: &str) -> Result<PhoneNumber, StoreError> {
    let masked = || PhoneNumber::parse_masked(text).ok_or_else(|| unreadable("telephone number"));
    PhoneNumber::parse(text, None).or_else(|_| masked())
}

/// Reads back who is called.
pub fn callee(text: &str) -> Result<Callee, StoreError> {
    let masked = || Callee::parse_masked(text).ok_or_else(|| unreadable("number or SIP address"));
    Callee::parse(text, None).or_else(|_| masked())
}

/// Reads a count back.
pub fn count<T: TryFrom<i64>>(what: &'static str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| unreadable(what))
}

/// A column that does not read back. Names the column, never its value.
pub fn unreadable(what: &'static str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}
