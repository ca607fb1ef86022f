//! Errors of click-to-call: codes, texts and statuses as the documents list them. Codes above `ctc:008` are ours, for
//! what the documents do not speak of.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::refusal::{Refusal, RefusalCode, RefusalFacts};

use super::wire::Failed;

/// What can go wrong, in the order in which it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClickToCallError {
    /// `api-key` is missing, or `signature` where the agent asks for one.
    MissingHeaders,
    /// The agent could not be read.
    FetchingAgent,
    /// No agent has this token.
    InvalidApiKey,
    /// The agent is switched off.
    AgentDisabled,
    /// The agent is no click-to-call agent, was never published, or has no number.
    AgentNotConfigured,
    /// The signature is not that of the body.
    InvalidSignature,
    /// A call of this agent to this number is not over yet.
    CallInProgress,
    /// The call could not be placed.
    InitiatingCall,
    /// `phone` is missing or no number (ours).
    InvalidPhone,
    /// The body is no JSON object (ours).
    InvalidBody,
    /// Policy forbids the call (ours).
    NotAllowed,
    /// The wallet does not cover the call (ours).
    InsufficientFunds,
    /// Too many calls (ours).
    RateLimited(Duration),
    /// The body is too large (ours).
    BodyTooLarge,
    /// The `Idempotency-Key` came with another body before (ours).
    IdempotencyKeyReused,
    /// The first request with this `Idempotency-Key` is in flight (ours).
    IdempotencyKeyInFlight,
    /// Another path (ours).
    NotFound,
    /// Another method than POST (ours).
    MethodNotAllowed,
}

impl ClickToCallError {
    /// Body and status.
    pub fn body(self) -> Failed {
        let (code, message, status) = match self {
            Self::MissingHeaders => ("ctc:001", "Missing headers", 400),
            Self::FetchingAgent => ("ctc:002", "Error fetching agent", 500),
            Self::InvalidApiKey => ("ctc:003", "Invalid API key", 403),
            Self::AgentDisabled => ("ctc:004", "Agent is disabled", 400),
            Self::AgentNotConfigured => ("ctc:005", "Agent not configured", 400),
            Self::InvalidSignature => ("ctc:006", "Invalid signature", 403),
            Self::CallInProgress => ("ctc:007", "Call already in progress", 400),
            Self::InitiatingCall => ("ctc:008", "Error initiating call", 500),
            Self::InvalidPhone => ("ctc:009", "Invalid phone number", 400),
            Self::InvalidBody => ("ctc:010", "Invalid request body", 400),
            Self::NotAllowed => ("ctc:011", "Call not allowed", 400),
            Self::InsufficientFunds => ("ctc:012", "Insufficient funds", 402),
            Self::RateLimited(_) => ("ctc:013", "Too many requests", 429),
            Self::BodyTooLarge => ("ctc:014", "Request body too large", 413),
            Self::IdempotencyKeyReused => ("ctc:015", "Idempotency key was used with another request", 422),
            Self::IdempotencyKeyInFlight => ("ctc:016", "A request with this idempotency key is in progress", 409),
            Self::NotFound => ("ctc:017", "Not found", 404),
            Self::MethodNotAllowed => ("ctc:018", "Method not allowed", 405),
        };
        Failed { code, message, status }
    }
}

impl From<Refusal> for ClickToCallError {
    fn from(refusal: Refusal) -> Self {
        use RefusalCode as C;
        match refusal.code {
            C::InvalidNumber => Self::InvalidPhone,
            C::InvalidRequest => Self::InvalidBody,
            C::AgentNotFound | C::AgentNotPublished | C::AgentHasNoNumber | C::InvalidDefinition => {
                Self::AgentNotConfigured
            }
            C::AgentDisabled => Self::AgentDisabled,
            C::Suppressed | C::NumberNotAllowed | C::OutsideHours | C::FrequencyCap | C::ConsentMissing => {
                Self::NotAllowed
            }
            C::CallInProgress => Self::CallInProgress,
            C::InsufficientFunds => Self::InsufficientFunds,
            C::RateLimited => Self::RateLimited(match refusal.facts.as_deref() {
                Some(RefusalFacts::Limit { retry_after, .. }) => *retry_after,
                _ => Duration::from_secs(1),
            }),
            C::BodyTooLarge => Self::BodyTooLarge,
            C::IdempotencyKeyReused => Self::IdempotencyKeyReused,
            C::IdempotencyKeyInFlight => Self::IdempotencyKeyInFlight,
            C::Unauthenticated | C::PermissionDenied | C::AddressNotAllowed => Self::InvalidApiKey,
            C::MissingVariable | C::NotFound | C::Conflict | C::Unavailable => Self::InitiatingCall,
        }
    }
}

impl IntoResponse for ClickToCallError {
    fn into_response(self) -> Response {
        let body = self.body();
        let status = StatusCode::from_u16(body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(body)).into_response();
        if let Self::RateLimited(wait) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(crate::times::whole_seconds(wait)));
        }
        response
    }
}
