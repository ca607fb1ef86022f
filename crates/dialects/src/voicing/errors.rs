//! Errors of Voicing AI: `{"detail": …}` with the documented texts, 400 rather than FastAPI's 422 for a body that is
//! not right (guide, 5.5).

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};

use super::wire::Failed;
use crate::raw::NotAnObject;

/// An error and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoicingError {
    /// HTTP status.
    pub status: u16,
    /// Text of `detail`.
    pub detail: String,
    /// Worth trying again after this long (429).
    pub retry_after: Option<Duration>,
}

impl VoicingError {
    fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after: None }
    }

    /// 400 in the documented frame: invalid JSON, a missing field, a failed look-up.
    pub fn bad_request(details: impl AsRef<str>) -> Self {
        Self::new(400, format!("Error fetching assistant: {}", details.as_ref()))
    }

    /// 401: no key, one that is not known, or one of another category.
    pub fn invalid_token() -> Self {
        Self::new(401, "Invalid API token")
    }

    /// 404 of an assistant.
    pub fn assistant_not_found(id: &str) -> Self {
        Self::new(404, format!("Assistant with ID {id} not found"))
    }

    /// 404 of a call.
    pub fn call_not_found(id: &str) -> Self {
        Self::new(404, format!("Call with ID {id} not found"))
    }

    /// 404 of a path, in FastAPI's words.
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        Self::new(405, "Method Not Allowed")
    }

    /// What a refusal of `publish-outbound-call` for `assistant` becomes.
    pub fn of_publish(refusal: &Refusal, assistant: &str) -> Self {
        use RefusalCode as C;
        match refusal.code {
            C::AgentNotFound => Self::assistant_not_found(assistant),
            C::AgentNotPublished | C::AgentDisabled | C::AgentHasNoNumber | C::InvalidDefinition => {
                Self::bad_request(&refusal.detail)
            }
            _ => Self::from(refusal).of_publishing(),
        }
    }

    /// The same with the documented text where anything on the way to the call broke, from the key on.
    pub fn of_publishing(self) -> Self {
        if self.status == 500 { Self::new(500, "Failed to publish outbound call") } else { self }
    }
}

impl From<&Refusal> for VoicingError {
    fn from(refusal: &Refusal) -> Self {
        use RefusalCode as C;
        let said = refusal.detail.clone();
        match refusal.code {
            C::Unauthenticated | C::AddressNotAllowed => Self::invalid_token(),
            C::PermissionDenied
            | C::Suppressed
            | C::NumberNotAllowed
            | C::OutsideHours
            | C::FrequencyCap
            | C::ConsentMissing => Self::new(403, said),
            C::NotFound | C::AgentNotFound => Self::new(404, said),
            C::InsufficientFunds => Self::new(402, said),
            C::BodyTooLarge => Self::new(413, "Request body too large"),
            C::RateLimited => {
                let wait = match refusal.facts.as_deref() {
                    Some(RefusalFacts::Limit { retry_after, .. }) => *retry_after,
                    _ => Duration::from_secs(1),
                };
                Self { retry_after: Some(wait), ..Self::new(429, said) }
            }
            C::Conflict | C::CallInProgress | C::IdempotencyKeyInFlight => Self::new(409, said),
            C::IdempotencyKeyReused => Self::new(422, said),
            // Not in the documents, but for publishing; in FastAPI's words.
            C::Unavailable => Self::new(500, "Internal Server Error"),
            C::InvalidRequest
            | C::InvalidNumber
            | C::AgentNotPublished
            | C::AgentDisabled
            | C::AgentHasNoNumber
            | C::InvalidDefinition
            | C::MissingVariable => Self::new(400, said),
        }
    }
}

impl From<NotAnObject> for VoicingError {
    fn from(fault: NotAnObject) -> Self {
        match fault {
            NotAnObject::TooLarge => Self::new(413, "Request body too large"),
            NotAnObject::Invalid(detail) => Self::bad_request(detail),
        }
    }
}

impl IntoResponse for VoicingError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(Failed { detail: self.detail })).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(crate::times::whole_seconds(wait)));
        }
        response
    }
}
