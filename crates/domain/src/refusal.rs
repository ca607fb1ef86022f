//! Why we said no to a request, in words that a program can act on. Every dialect translates a refusal into its
//! own error body; codes are stable.

use std::time::Duration;

use crate::money::{Money, Price};
use crate::time::Timestamp;

/// A request that was refused; nothing of it was stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// What kind of no.
    pub code: RefusalCode,
    /// One sentence for a person, which names the remedy.
    pub detail: String,
    /// The fields at fault, as JSON pointers into the request body (RFC 6901).
    pub fields: Vec<FieldFault>,
    /// What a program needs to act on it, where the code alone does not say.
    pub facts: Option<Box<RefusalFacts>>,
}

/// What goes with some refusals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalFacts {
    /// A limit was reached (`rate_limited`).
    Limit {
        /// Which, such as `key.calls_per_minute`.
        name: String,
        /// It is worth trying again after this long.
        retry_after: Duration,
    },
    /// Policy forbids the call now and not for good (`outside_hours`, `frequency_cap`).
    AllowedAt(Timestamp),
    /// The wallet does not cover it (`insufficient_funds`).
    Funds {
        /// What is there and not held back.
        balance: Money,
        /// What must be there for this call.
        required: Money,
        /// What it would be charged by.
        price: Price,
    },
}

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// JSON pointer into the request body, such as `/to`.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Refusal {
    /// A refusal without a field.
    pub fn new(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), fields: Vec::new(), facts: None }
    }

    /// A refusal of one field; `detail` serves for both.
    pub fn field(code: RefusalCode, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { code, fields: vec![FieldFault { pointer: pointer.into(), detail: detail.clone() }], detail, facts: None }
    }
}

macro_rules! refusal_codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Stable kinds of refusal; the text form is part of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum RefusalCode { $($(#[$doc])* $name,)* }

        impl RefusalCode {
            /// All of them, for documents and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Text form.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

refusal_codes! {
    /// The body is not what the route takes: bad JSON, wrong types, missing fields.
    InvalidRequest = "invalid_request",
    /// `to` cannot be dialed.
    InvalidNumber = "invalid_number",
    /// The number's country or kind may not be called.
    NumberNotAllowed = "number_not_allowed",
    /// The number is on the do-not-call list.
    Suppressed = "suppressed",
    /// No such agent in this organization.
    AgentNotFound = "agent_not_found",
    /// The agent has no published version.
    AgentNotPublished = "agent_not_published",
    /// The agent is switched off.
    AgentDisabled = "agent_disabled",
    /// The agent has no number to call from, or its number no trunk.
    AgentHasNoNumber = "agent_has_no_number",
    /// The definition breaks its schema or cannot work.
    InvalidDefinition = "invalid_definition",
    /// A variable that the agent uses was not given.
    MissingVariable = "missing_variable",
    /// No such thing in this organization.
    NotFound = "not_found",
    /// The thing is in a state that does not allow this.
    Conflict = "conflict",
    /// A call of this agent to this number is not over, and only one at a time was asked for.
    CallInProgress = "call_in_progress",
    /// No key, or not one of ours.
    Unauthenticated = "unauthenticated",
    /// The key does not cover this.
    PermissionDenied = "permission_denied",
    /// The body is larger than the route takes.
    BodyTooLarge = "body_too_large",
    /// Too many requests or calls; the detail names the limit.
    RateLimited = "rate_limited",
    /// The wallet does not cover the call.
    InsufficientFunds = "insufficient_funds",
    /// Outside the hours in which the callee may be called.
    OutsideHours = "outside_hours",
    /// The person was called often enough of late.
    FrequencyCap = "frequency_cap",
    /// No consent of the person is on record that would cover the call.
    ConsentMissing = "consent_missing",
    /// The `Idempotency-Key` was used with another request.
    IdempotencyKeyReused = "idempotency_key_reused",
    /// A request with this `Idempotency-Key` is being worked on.
    IdempotencyKeyInFlight = "idempotency_key_in_flight",
    /// The key may not be used from this address.
    AddressNotAllowed = "address_not_allowed",
    /// Something of ours is out of order; trying again later may help.
    Unavailable = "unavailable",
}
