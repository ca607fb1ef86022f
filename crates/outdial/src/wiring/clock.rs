//! The clock of a real process.

use std::time::Instant;

use app::ports::Clock;
use domain::time::{Mono, Timestamp};
use uuid::Uuid;

/// System time, truncated to the microsecond that both databases keep, and a monotonic clock that starts with the
/// process.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    fn mono(&self) -> Mono {
        Mono(self.started.elapsed())
    }

    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}
