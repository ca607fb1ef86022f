//! How trouble below a use case becomes a refusal that every door can translate.

use std::time::Duration;

use domain::caps::CapUse;
use domain::refusal::{FieldFault, Refusal, RefusalCode, RefusalFacts};
use domain::time::Timestamp;

use crate::ports::store::{CreateRefused, StoreError};

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate(what) => Self::new(RefusalCode::Conflict, format!("{what} already exists")),
            StoreError::Fenced => Self::new(RefusalCode::Conflict, "the call moved on meanwhile; read it again"),
            StoreError::InvalidCursor => invalid("/cursor", error.to_string()),
            StoreError::Unavailable(detail) => {
                tracing::error!(error.detail = %detail, "the database did not answer");
                Self::new(RefusalCode::Unavailable, "the database is not available; try again shortly")
            }
            StoreError::Corrupt(detail) => {
                tracing::error!(error.detail = %detail, "the database holds something unreadable");
                Self::new(RefusalCode::Unavailable, "stored data is unreadable; the server's log names it")
            }
        }
    }
}

impl From<CreateRefused> for Refusal {
    /// Without what only the asker knows: when it asked, and what it asked under its key.
    fn from(refused: CreateRefused) -> Self {
        match refused {
            CreateRefused::Store(error) => error.into(),
            CreateRefused::Funds { balance } => {
                Self::new(RefusalCode::InsufficientFunds, format!("the wallet holds {balance}, which is not enough"))
            }
            CreateRefused::Cap(cap) => {
                Self::new(RefusalCode::RateLimited, format!("the cap {} is reached", cap.name()))
            }
            CreateRefused::Pace { name, retry_after } => {
                let detail = format!("{name} is reached; try again in {} ms", retry_after.as_millis());
                let facts = Some(Box::new(RefusalFacts::Limit { name, retry_after }));
                Self { facts, ..Self::new(RefusalCode::RateLimited, detail) }
            }
            CreateRefused::Listed { .. } => Self::new(RefusalCode::Unavailable, "the number is on a list; repeat"),
            CreateRefused::InProgress => {
                Self::new(RefusalCode::CallInProgress, "a call of this agent to this number is not over")
            }
            CreateRefused::AnsweredBefore { .. } => {
                Self::new(RefusalCode::IdempotencyKeyReused, "this Idempotency-Key was used before")
            }
        }
    }
}

/// A refusal because a cap has no room until its window ends.
pub(crate) fn cap_reached(cap: &CapUse, now: Timestamp) -> Refusal {
    limited(&cap.name(), format!("the cap {} is reached", cap.name()), cap.until, now)
}

/// A refusal because of a limit that may be asked again at `until`.
pub(crate) fn limited(name: &str, detail: String, until: Timestamp, now: Timestamp) -> Refusal {
    let retry_after = Duration::try_from(until.duration_since(now)).unwrap_or_default().max(Duration::from_millis(1));
    let facts = RefusalFacts::Limit { name: name.to_owned(), retry_after };
    Refusal { facts: Some(Box::new(facts)), ..Refusal::new(RefusalCode::RateLimited, detail) }
}

/// A refusal of a malformed field of a request.
pub(crate) fn invalid(pointer: &str, detail: impl Into<String>) -> Refusal {
    Refusal::field(RefusalCode::InvalidRequest, pointer, detail)
}

/// A refusal because a named thing does not exist in the organization.
pub(crate) fn not_found(what: &str) -> Refusal {
    Refusal::new(RefusalCode::NotFound, format!("no such {what} in this organization"))
}

/// A refusal because the state of a thing does not allow it.
pub(crate) fn conflict(detail: impl Into<String>) -> Refusal {
    Refusal::new(RefusalCode::Conflict, detail)
}

/// A refusal with several fields at fault; `None` when there are none.
pub(crate) fn faults(code: RefusalCode, fields: Vec<FieldFault>) -> Option<Refusal> {
    let first = fields.first()?;
    let detail = match fields.len() {
        1 => format!("{}: {}", first.pointer, first.detail),
        n => format!("{}: {} (and {} more)", first.pointer, first.detail, n - 1),
    };
    Some(Refusal { code, detail, fields, facts: None })
}

/// Refuses a number of calls that would let none through.
pub(crate) fn at_least_one(pointer: &str, limit: Option<u32>) -> Result<(), Refusal> {
    match limit {
        Some(0) => Err(invalid(pointer, "must be at least 1, or absent for no limit")),
        _ => Ok(()),
    }
}

/// A limit such as calls a second must be a positive number.
pub(crate) fn positive(pointer: &str, limit: Option<f64>) -> Result<(), Refusal> {
    match limit {
        Some(value) if !(value.is_finite() && value > 0.0) => {
            Err(invalid(pointer, "must be a number above zero, or absent for no limit"))
        }
        _ => Ok(()),
    }
}

/// A name that people type: not empty, not long, no control characters.
pub(crate) fn label(pointer: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err(invalid(pointer, "must have 1 to 100 characters and no control characters"));
    }
    Ok(())
}
