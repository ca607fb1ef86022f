//! The clock and the source of ids, so that tests own both.

use domain::time::{Mono, Timestamp};
use uuid::Uuid;

/// Time and ids.
pub trait Clock: Send + Sync {
    /// UTC, to the microsecond (what both databases keep).
    fn now(&self) -> Timestamp;
    /// Monotonic time since the process started.
    fn mono(&self) -> Mono;
    /// A new UUID v7.
    fn uuid(&self) -> Uuid;
}
