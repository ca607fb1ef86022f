//! Every error of the API: one `application/problem+json` body (RFC 9457) with a stable `code`.
//!
//! Law: the status follows from the code alone, so that a client can branch on either.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::refusal::{FieldFault, Refusal, RefusalCode, RefusalFacts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Media type of every error body.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error body (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable URI of this kind of problem: `urn:outdial:problem:` and the code.
    #[schema(example = "urn:outdial:problem:invalid_number")]
    pub r#type: String,
    /// The kind of problem in a few words.
    #[schema(example = "The number cannot be dialed", value_type = String)]
    pub title: Box<str>,
    /// The HTTP status again.
    #[schema(example = 422)]
    pub status: u16,
    /// One sentence for a person, which names the remedy.
    pub detail: String,
    /// Stable word for programs.
    #[schema(example = "invalid_number")]
    pub code: String,
    /// The fields at fault.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<FieldError>)]
    pub errors: Box<[FieldError]>,
    /// What a program needs beyond the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ProblemFacts>)]
    pub facts: Option<Box<ProblemFacts>>,
}

/// What a program needs to act on some problems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ProblemFacts {
    /// With `rate_limited`.
    Limit {
        /// The limit that was reached.
        #[schema(example = "key.calls_per_minute")]
        limit: String,
        /// Seconds after which it is worth trying again; the header `Retry-After` says the same.
        retry_after_s: u64,
    },
    /// With `insufficient_funds`.
    Funds {
        /// What is in the wallet and not held back.
        #[schema(example = "0.35")]
        balance: String,
        /// What must be there for this call.
        #[schema(example = "0.65")]
        required: String,
        /// Currency of all amounts.
        #[schema(example = "USD")]
        currency: String,
        /// What a minute of it costs.
        #[schema(example = "0.60")]
        rate_per_minute: String,
    },
    /// Policy forbids it now and will allow it later.
    Later {
        /// From then on.
        allowed_at: domain::time::Timestamp,
    },
}

impl From<RefusalFacts> for ProblemFacts {
    fn from(facts: RefusalFacts) -> Self {
        match facts {
            // Rounded up: whoever comes back after it is not early.
            RefusalFacts::Limit { name, retry_after } => Self::Limit {
                limit: name,
                retry_after_s: retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0),
            },
            RefusalFacts::Funds { balance, required, price } => Self::Funds {
                balance: balance.to_string(),
                required: required.to_string(),
                currency: price.currency,
                rate_per_minute: price.rate_per_minute.to_string(),
            },
            RefusalFacts::AllowedAt(allowed_at) => Self::Later { allowed_at },
        }
    }
}

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the request body (RFC 6901), or `?name` for a query parameter.
    #[schema(example = "/to")]
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// Kinds of problem that only the HTTP door knows; the others are [`RefusalCode`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpFault {
    /// The body is not JSON (or YAML) at all.
    MalformedBody,
    /// No such path.
    UnknownRoute,
    /// The path does not take this method.
    MethodNotAllowed,
    /// The body's media type is not one that the route takes.
    UnsupportedMediaType,
    /// The range lies outside the recording.
    RangeNotSatisfiable,
    /// It was there and was deleted, by age or on request.
    Deleted,
    /// The route takes a WebSocket handshake (RFC 6455) and this was none.
    NoHandshake,
    /// A bug of ours; the log holds it under the request id.
    Internal,
}

impl HttpFault {
    /// All of them, for documents and tests.
    pub const ALL: &'static [Self] = &[
        Self::MalformedBody,
        Self::UnknownRoute,
        Self::MethodNotAllowed,
        Self::UnsupportedMediaType,
        Self::RangeNotSatisfiable,
        Self::Deleted,
        Self::NoHandshake,
        Self::Internal,
    ];

    /// Text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MalformedBody => "malformed_body",
            Self::UnknownRoute => "unknown_route",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::RangeNotSatisfiable => "range_not_satisfiable",
            Self::Deleted => "deleted",
            Self::NoHandshake => "no_handshake",
            Self::Internal => "internal_error",
        }
    }

    fn status_and_title(self) -> (StatusCode, &'static str) {
        match self {
            Self::MalformedBody => (StatusCode::BAD_REQUEST, "The body cannot be read"),
            Self::UnknownRoute => (StatusCode::NOT_FOUND, "No such route"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "The route does not take this method"),
            Self::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The media type is not taken here"),
            Self::RangeNotSatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, "The range lies outside the recording"),
            Self::Deleted => (StatusCode::GONE, "It was deleted"),
            Self::NoHandshake => (StatusCode::UPGRADE_REQUIRED, "The route takes a WebSocket"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "The server made a mistake"),
        }
    }
}

/// Status and title of a refusal.
pub fn status_and_title(code: RefusalCode) -> (StatusCode, &'static str) {
    use RefusalCode as C;
    match code {
        C::InvalidRequest => (StatusCode::UNPROCESSABLE_ENTITY, "The request is not what the route takes"),
        C::InvalidNumber => (StatusCode::UNPROCESSABLE_ENTITY, "The number cannot be dialed"),
        C::NumberNotAllowed => (StatusCode::UNPROCESSABLE_ENTITY, "The number may not be called"),
        C::Suppressed => (StatusCode::UNPROCESSABLE_ENTITY, "The number is on the do-not-call list"),
        C::CallInProgress => (StatusCode::CONFLICT, "A call is in progress"),
        C::MissingVariable => (StatusCode::UNPROCESSABLE_ENTITY, "A variable is missing"),
        C::InvalidDefinition => (StatusCode::UNPROCESSABLE_ENTITY, "The agent's definition cannot work"),
        C::AgentNotFound => (StatusCode::NOT_FOUND, "No such agent"),
        C::NotFound => (StatusCode::NOT_FOUND, "Not found"),
        C::AgentNotPublished => (StatusCode::CONFLICT, "The agent is not published"),
        C::AgentDisabled => (StatusCode::CONFLICT, "The agent is switched off"),
        C::AgentHasNoNumber => (StatusCode::CONFLICT, "The agent has no number to call from"),
        C::Conflict => (StatusCode::CONFLICT, "The state does not allow this"),
        C::Unauthenticated => (StatusCode::UNAUTHORIZED, "No valid API key"),
        C::PermissionDenied => (StatusCode::FORBIDDEN, "The API key does not cover this"),
        C::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
        C::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        C::InsufficientFunds => (StatusCode::PAYMENT_REQUIRED, "The wallet does not cover the call"),
        C::OutsideHours => (StatusCode::UNPROCESSABLE_ENTITY, "Outside the hours for calls"),
        C::FrequencyCap => (StatusCode::UNPROCESSABLE_ENTITY, "The person was called often enough"),
        C::ConsentMissing => (StatusCode::UNPROCESSABLE_ENTITY, "No consent is on record"),
        C::IdempotencyKeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "The Idempotency-Key was used before"),
        C::IdempotencyKeyInFlight => (StatusCode::CONFLICT, "The first request is still being worked on"),
        C::AddressNotAllowed => (StatusCode::FORBIDDEN, "The API key is not for this address"),
        C::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Out of order for the moment"),
    }
}

impl Problem {
    fn build(status: StatusCode, code: &str, title: &str, detail: String, errors: Box<[FieldError]>) -> Self {
        let r#type = format!("urn:outdial:problem:{code}");
        let (status, code) = (status.as_u16(), code.to_owned());
        Self { r#type, title: title.into(), status, detail, code, errors, facts: None }
    }

    /// A problem that only the HTTP door knows.
    pub fn http(fault: HttpFault, detail: impl Into<String>) -> Self {
        let (status, title) = fault.status_and_title();
        Self::build(status, fault.as_str(), title, detail.into(), Box::default())
    }

    /// A request whose field or query parameter at `pointer` is not what the route takes.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Refusal::field(RefusalCode::InvalidRequest, pointer, detail).into()
    }

    /// The same with the pointer of a use case renamed to that of the wire type.
    #[must_use]
    pub fn renamed(mut self, from: &str, to: &str) -> Self {
        for error in self.errors.iter_mut().filter(|e| e.pointer == from) {
            to.clone_into(&mut error.pointer);
        }
        self
    }
}

/// A refusal of a use case whose fields came as query parameters.
pub(crate) fn in_query(refusal: Refusal) -> Problem {
    let mut problem = Problem::from(refusal);
    for error in problem.errors.iter_mut() {
        error.pointer = error.pointer.replacen('/', "?", 1);
    }
    problem
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, title) = status_and_title(refusal.code);
        let errors = refusal.fields.into_iter().map(FieldError::from).collect();
        let facts = refusal.facts.map(|facts| Box::new(ProblemFacts::from(*facts)));
        Self { facts, ..Self::build(status, refusal.code.as_str(), title, refusal.detail, errors) }
    }
}

impl From<FieldFault> for FieldError {
    fn from(fault: FieldFault) -> Self {
        Self { pointer: fault.pointer, detail: fault.detail }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let in_flight = self.code == RefusalCode::IdempotencyKeyInFlight.as_str();
        let retry_after = match self.facts.as_deref() {
            Some(ProblemFacts::Limit { retry_after_s, .. }) => HeaderValue::from(*retry_after_s),
            _ => HeaderValue::from_static("1"),
        };
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        match status {
            // RFC 6750, 3.
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"outdial\""));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, retry_after);
            }
            StatusCode::CONFLICT if in_flight => {
                headers.insert(header::RETRY_AFTER, retry_after);
            }
            _ => {}
        }
        response
    }
}
