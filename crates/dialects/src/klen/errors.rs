//! Errors of Klen: `{"error": code, "message": …}` with the documented codes.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};
use serde_json::{Map, Value, json};

use crate::content::amount;
use crate::raw::NotAnObject;

/// An error and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct KlenError {
    /// HTTP status.
    pub status: u16,
    /// The documented code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// Worth trying again after this long (429).
    pub retry_after: Option<Duration>,
    /// What the body holds besides (402).
    pub more: Box<Map<String, Value>>,
}

impl KlenError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, more: Box::default() }
    }

    /// 400 `missing_phone_number`.
    pub fn missing_phone_number() -> Self {
        Self::new(400, "missing_phone_number", "Phone number is required")
    }

    /// 400 `missing_agent_id`.
    pub fn missing_agent_id() -> Self {
        Self::new(400, "missing_agent_id", "Agent ID is required")
    }

    /// 400 `invalid_phone_number`.
    pub fn invalid_phone_number() -> Self {
        Self::new(400, "invalid_phone_number", "The provided phone number is not valid")
    }

    /// 400 `validation_error`.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "validation_error", message)
    }

    /// 401 without a key.
    pub fn authentication_required() -> Self {
        Self::new(401, "authentication_required", "No API key was provided")
    }

    /// 401 with a key that is not known or no longer good.
    pub fn invalid_key() -> Self {
        Self::new(401, "invalid_key", "Invalid or inactive API key")
    }

    /// 403 `permission_denied`.
    pub fn permission_denied(permission: &str) -> Self {
        Self::new(403, "permission_denied", format!("The API key doesn't have the required permission: {permission}"))
    }

    /// 404 `agent_not_found`.
    pub fn agent_not_found() -> Self {
        Self::new(404, "agent_not_found", "AI agent not found or you do not have access")
    }

    /// 404 `not_found`.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, "not_found", format!("{what} not found"))
    }

    /// 429: more requests of a key than a window has.
    pub fn too_many(wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(429, "rate_limit_exceeded", "Too many requests; try again later") }
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self::new(405, "method_not_allowed", "The method is not allowed for this path")
    }

    /// 402 with what is there and what is needed.
    fn insufficient_funds(facts: Option<&RefusalFacts>) -> Self {
        let mut error = Self::new(402, "insufficient_funds", "Insufficient funds to make call");
        if let Some(RefusalFacts::Funds { balance, required, price }) = facts {
            error.more.insert("current_balance".into(), json!(amount(*balance)));
            error.more.insert("required_rate".into(), json!(amount(price.rate_per_minute)));
            error.more.insert("required_balance".into(), json!(amount(*required)));
            error.more.insert("currency".into(), json!(price.currency));
        }
        error
    }
}

impl From<&Refusal> for KlenError {
    fn from(refusal: &Refusal) -> Self {
        use RefusalCode as C;
        let said = refusal.detail.clone();
        match refusal.code {
            C::InvalidNumber => Self::invalid_phone_number(),
            C::NumberNotAllowed => Self::new(400, "invalid_phone_number", said),
            C::Suppressed => Self::new(403, "do_not_call", "The phone number is on your Do Not Call list"),
            C::OutsideHours | C::FrequencyCap | C::ConsentMissing => Self::new(403, "permission_denied", said),
            C::AgentNotFound | C::AgentNotPublished | C::AgentDisabled => Self::agent_not_found(),
            C::AgentHasNoNumber => {
                Self::new(404, "no_phone_number", "The agent does not have an assigned phone number")
            }
            C::Unauthenticated => Self::invalid_key(),
            C::PermissionDenied | C::AddressNotAllowed => Self::new(403, "permission_denied", said),
            C::NotFound => Self::new(404, "not_found", said),
            C::Conflict | C::CallInProgress => Self::new(409, "conflict", said),
            C::IdempotencyKeyInFlight => Self::new(409, "idempotency_key_in_flight", said),
            C::IdempotencyKeyReused => Self::new(422, "idempotency_key_reused", said),
            C::BodyTooLarge => Self::new(413, "validation_error", "The request body is too large"),
            C::InsufficientFunds => Self::insufficient_funds(refusal.facts.as_deref()),
            C::RateLimited => {
                let wait = match refusal.facts.as_deref() {
                    Some(RefusalFacts::Limit { retry_after, .. }) => *retry_after,
                    _ => Duration::from_secs(1),
                };
                Self { retry_after: Some(wait), ..Self::new(429, "rate_limit_exceeded", said) }
            }
            C::InvalidRequest | C::InvalidDefinition | C::MissingVariable => Self::validation(said),
            C::Unavailable => Self::new(500, "server_error", "An unexpected server error occurred"),
        }
    }
}

impl From<NotAnObject> for KlenError {
    fn from(fault: NotAnObject) -> Self {
        match fault {
            NotAnObject::TooLarge => Self::new(413, "validation_error", "The request body is too large"),
            NotAnObject::Invalid(_) => Self::new(400, "invalid_json", "Invalid JSON payload"),
        }
    }
}

impl IntoResponse for KlenError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = Map::new();
        body.insert("error".into(), json!(self.code));
        body.insert("message".into(), json!(self.message));
        body.extend(*self.more);
        let mut response = (status, Json(Value::Object(body))).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(crate::times::whole_seconds(wait)));
        }
        response
    }
}
