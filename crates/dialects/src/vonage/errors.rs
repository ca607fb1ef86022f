//! Errors of AI Studio: `{"status": …, "message": …}`, the HTTP status being the same number.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};

use super::wire::Failed;
use crate::raw::NotAnObject;

/// An error and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudioError {
    /// HTTP status.
    pub status: u16,
    /// Text of `message`.
    pub message: String,
    /// Worth trying again after this long (429).
    pub retry_after: Option<Duration>,
}

impl StudioError {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }

    /// 400, not in the documents: invalid JSON, a missing field.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// 400: neither digits with a country code nor a SIP address.
    pub fn bad_number() -> Self {
        Self::new(400, "Bad destination number format")
    }

    /// 401: no key or one that is not known.
    pub fn not_authorised() -> Self {
        Self::new(401, "Not Authorised")
    }

    /// 401: Insights answers parameters that it cannot read so.
    pub fn invalid_parameters(message: impl Into<String>) -> Self {
        Self::new(401, message)
    }

    /// 404: no such agent.
    pub fn unknown_agent(id: &str) -> Self {
        Self::new(404, format!("ID {id} is not an ID to any agent or published version"))
    }

    /// 404: an agent that was never published, or is switched off.
    pub fn unpublished_agent(id: &str) -> Self {
        Self::new(404, format!("published version for Agent {id} was not found"))
    }

    /// 404: an agent asked for by a number that none has.
    pub fn number_without_agent(number: &str) -> Self {
        Self::new(404, format!("Version information for number {number} doesn't exist"))
    }

    /// 404 of a session.
    pub fn unknown_session(id: &str) -> Self {
        Self::new(404, format!("Session {id} was not found"))
    }

    /// 404 of a path.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self::new(405, "Method Not Allowed")
    }

    /// What a refusal of `make-call` for the agent `id` becomes.
    pub fn of_make_call(refusal: &Refusal, id: &str) -> Self {
        use RefusalCode as C;
        match refusal.code {
            C::AgentNotFound => Self::unknown_agent(id),
            C::AgentNotPublished | C::AgentDisabled | C::InvalidDefinition => Self::unpublished_agent(id),
            C::AgentHasNoNumber => Self::number_without_agent(id),
            C::InvalidNumber => Self::bad_number(),
            _ => Self::from(refusal).of_starting(),
        }
    }

    /// The same with the documented text where anything on the way to the call broke, from the key on.
    pub fn of_starting(self) -> Self {
        if self.status == 500 { Self::new(500, "Failed to fetch preconfigured session information") } else { self }
    }
}

impl From<&Refusal> for StudioError {
    fn from(refusal: &Refusal) -> Self {
        use RefusalCode as C;
        let said = refusal.detail.clone();
        match refusal.code {
            C::Unauthenticated | C::PermissionDenied | C::AddressNotAllowed => Self::not_authorised(),
            C::Suppressed | C::NumberNotAllowed | C::OutsideHours | C::FrequencyCap | C::ConsentMissing => {
                Self::new(403, said)
            }
            C::NotFound | C::AgentNotFound | C::AgentNotPublished | C::AgentDisabled | C::AgentHasNoNumber => {
                Self::new(404, said)
            }
            C::InsufficientFunds => Self::new(402, said),
            C::Conflict | C::CallInProgress | C::IdempotencyKeyInFlight => Self::new(409, said),
            C::BodyTooLarge => Self::new(413, "Request body too large"),
            C::IdempotencyKeyReused => Self::new(422, said),
            C::RateLimited => {
                let wait = match refusal.facts.as_deref() {
                    Some(RefusalFacts::Limit { retry_after, .. }) => *retry_after,
                    _ => Duration::from_secs(1),
                };
                Self { retry_after: Some(wait), ..Self::new(429, "Too Many Requests") }
            }
            // Not in the documents, but for a call that was to be made.
            C::Unavailable => Self::new(500, "Internal Server Error"),
            C::InvalidRequest | C::InvalidNumber | C::InvalidDefinition | C::MissingVariable => Self::new(400, said),
        }
    }
}

impl From<NotAnObject> for StudioError {
    fn from(fault: NotAnObject) -> Self {
        match fault {
            NotAnObject::TooLarge => Self::new(413, "Request body too large"),
            NotAnObject::Invalid(detail) => Self::bad_request(detail),
        }
    }
}

impl IntoResponse for StudioError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(Failed { status: self.status, message: self.message })).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(crate::times::whole_seconds(wait)));
        }
        response
    }
}
