//! How fast calls may start: the generic cell rate algorithm (ITU-T I.371, appendix), one durable number per scope.
//!
//! Law: in any window there are never more than `rate * window + burst` grants, whatever node asks. The only state is
//! the theoretical arrival time (TAT), which the caller reads and writes in one transaction; a clock that jumps back
//! can only slow things down.
//!
//! On a call's way: a claim asks for agent, number, organization and trunk in the transaction that takes the call.

use domain::time::Timestamp;

mod turns;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod turns_tests;

pub use turns::{Limit, Line, Place, Turn, Turns};

/// A pace: so many a second, so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gcra {
    /// Microseconds between two grants at full pace, rounded up so that rounding never grants more.
    period: i64,
    /// How far the TAT may lie ahead of now.
    tolerance: i64,
}

/// A rate that cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pace needs a rate between one a day and a million a second, and a burst of at least 1")]
pub struct InvalidPace;

/// Answer to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Go, and store this TAT.
    Now {
        /// Replaces the stored TAT.
        new_tat: Timestamp,
    },
    /// Not before then; the stored TAT stays.
    WaitUntil(Timestamp),
}

const DAY: f64 = 86_400e6;

impl Gcra {
    /// `rate` grants a second, fractions welcome (0.5 is one every two seconds), and up to `burst` at once.
    pub fn new(rate: f64, burst: u32) -> Result<Self, InvalidPace> {
        let period = (1e6 / rate).ceil();
        if !(1.0..=DAY).contains(&period) || rate > 1e6 || burst == 0 {
            return Err(InvalidPace);
        }
        // Whole and within a day, so exact in both types.
        let period = period as i64;
        Ok(Self { period, tolerance: period.saturating_mul(i64::from(burst) - 1) })
    }

    /// May one more start at `now`? `tat` is the stored TAT, `None` if there was no grant yet.
    pub fn check(self, tat: Option<Timestamp>, now: Timestamp) -> Grant {
        let now_us = now.as_microsecond();
        let tat = tat.map_or(now_us, Timestamp::as_microsecond).max(now_us);
        let earliest = tat.saturating_sub(self.tolerance);
        if earliest <= now_us {
            Grant::Now { new_tat: timestamp(tat.saturating_add(self.period)) }
        } else {
            Grant::WaitUntil(timestamp(earliest))
        }
    }
}

fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}
