//! Two kinds of time that must never be mixed: UTC for what outlives the process, monotonic for what does not.

use std::ops::{Add, Sub};
use std::time::Duration;

pub use jiff::Timestamp;

/// Monotonic time since the process started. Live machines take it as an argument; a recorded input can
/// therefore be replayed with the time it had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Mono(pub Duration);

impl Mono {
    /// The moment the process started.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// Shorthand for tests and tables.
    pub const fn from_millis(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    /// Time passed since `earlier`; zero when `earlier` lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Mono {
    type Output = Self;
    fn add(self, rhs: Duration) -> Self {
        Self(self.0 + rhs)
    }
}

impl Sub<Duration> for Mono {
    type Output = Self;
    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(rhs))
    }
}

/// Position on one call's media clock, in milliseconds since the leg's media started. Recording, transcript and
/// playout all count on this clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct CallMs(pub u64);

/// The sooner of two optional deadlines, with the reason it carries.
pub fn soonest<T>(a: Option<(Mono, T)>, b: Option<(Mono, T)>) -> Option<(Mono, T)> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}
