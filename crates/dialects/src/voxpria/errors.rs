//! Errors of Voxpria: `{"success": false, "error": code, "message": …}`. The documents name no codes; these follow the
//! statuses that they do name.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};

use super::wire::Failed;
use crate::raw::NotAnObject;

/// An error and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoxpriaError {
    /// HTTP status.
    pub status: u16,
    /// Code.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// Worth trying again after this long (429).
    pub retry_after: Option<Duration>,
}

impl VoxpriaError {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    /// 400.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "validation_error", message)
    }

    /// 401: no key, or one that is not known.
    pub fn unauthorized() -> Self {
        Self::new(401, "unauthorized", "Missing or invalid API key")
    }

    /// 403: the key lacks a scope.
    pub fn forbidden(scope: &str) -> Self {
        Self::new(403, "forbidden", format!("The API key lacks the scope {scope}"))
    }

    /// 404.
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
}

impl From<&Refusal> for VoxpriaError {
    fn from(refusal: &Refusal) -> Self {
        use RefusalCode as C;
        let said = refusal.detail.clone();
        match refusal.code {
            C::Unauthenticated => Self::unauthorized(),
            C::PermissionDenied
            | C::AddressNotAllowed
            | C::Suppressed
            | C::NumberNotAllowed
            | C::OutsideHours
            | C::FrequencyCap
            | C::ConsentMissing => Self::new(403, "forbidden", said),
            C::AgentNotFound => Self::not_found("Agent"),
            C::NotFound => Self::new(404, "not_found", said),
            C::AgentNotPublished
            | C::AgentDisabled
            | C::AgentHasNoNumber
            | C::Conflict
            | C::CallInProgress
            | C::IdempotencyKeyInFlight => Self::new(409, "conflict", said),
            C::IdempotencyKeyReused => Self::new(422, "idempotency_key_reused", said),
            C::BodyTooLarge => Self::new(413, "validation_error", "The request body is too large"),
            C::InsufficientFunds => Self::new(402, "insufficient_credits", "Not enough credits for this call"),
            C::RateLimited => {
                let wait = match refusal.facts.as_deref() {
                    Some(RefusalFacts::Limit { retry_after, .. }) => *retry_after,
                    _ => Duration::from_secs(1),
                };
                Self { retry_after: Some(wait), ..Self::new(429, "rate_limit_exceeded", said) }
            }
            C::InvalidRequest | C::InvalidNumber | C::InvalidDefinition | C::MissingVariable => Self::validation(said),
            C::Unavailable => Self::new(500, "server_error", "Something went wrong on our side; try again"),
        }
    }
}

impl From<NotAnObject> for VoxpriaError {
    fn from(fault: NotAnObject) -> Self {
        match fault {
            NotAnObject::TooLarge => Self::new(413, "validation_error", "The request body is too large"),
            NotAnObject::Invalid(detail) => Self::validation(format!("invalid JSON: {detail}")),
        }
    }
}

impl IntoResponse for VoxpriaError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Failed { success: false, error: self.code, message: self.message };
        let mut response = (status, Json(body)).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(crate::times::whole_seconds(wait)));
        }
        response
    }
}
