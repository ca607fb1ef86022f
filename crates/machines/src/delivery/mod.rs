//! What follows a try to tell an endpoint something: done, again later, given up, or the endpoint switched off.
//!
//! Law: at least once or given up with a reason, never silently dropped. The schedule belongs to the delivery and the
//! circuit to the endpoint; both are values that a row holds, so that any node goes on where another stopped.
//!
//! On a call's way: after the call's facts are committed, beside everything that the caller and callee notice.

use std::time::Duration;

use domain::time::Timestamp;
use domain::webhook::{DeadReason, Disabled, DisabledReason, Health};

mod lanes;
#[cfg(test)]
mod tests;

pub use lanes::Lanes;

/// How often and how long is tried. Times are those of Svix and Stripe in spirit: soon at first, then over hours.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Wait before each try after the first.
    pub waits: Vec<Duration>,
    /// Share of a wait that chance may add, 0 to 1.
    pub jitter: f64,
    /// Longest `Retry-After` that is honoured.
    pub most_retry_after: Duration,
    /// Failures in a row after which an endpoint may be switched off.
    pub circuit_failures: u32,
    /// How long they must have lasted for it.
    pub circuit_after: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        const WAITS_S: [u64; 8] = [5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000];
        Self {
            waits: WAITS_S.map(Duration::from_secs).to_vec(),
            jitter: 0.2,
            most_retry_after: Duration::from_hours(12),
            circuit_failures: 20,
            circuit_after: Duration::from_hours(24),
        }
    }
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP status; a redirect counts as an answer and is not followed.
    Status {
        /// The status.
        code: u16,
        /// What `Retry-After` asks for, counted from now.
        retry_after: Option<Duration>,
    },
    /// No usable answer: no connection, none in time, too large.
    Nothing,
    /// The address leads where nothing may be sent.
    Forbidden,
}

impl Answer {
    /// Whether the event arrived.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Status { code: 200..=299, .. })
    }
}

/// What follows for the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It arrived.
    Delivered,
    /// Another try, not before then.
    RetryAt(Timestamp),
    /// Given up.
    Dead(DeadReason),
}

impl Schedule {
    /// What follows the `round`th try (1 for the first) that ended at `now` with `answer`. `chance` is drawn by the
    /// shell, from 0 up to 1.
    pub fn after(&self, round: u32, now: Timestamp, answer: Answer, chance: f64) -> Next {
        match answer {
            answer if answer.is_success() => Next::Delivered,
            Answer::Status { code: 410, .. } => Next::Dead(DeadReason::Gone),
            Answer::Forbidden => Next::Dead(DeadReason::Forbidden),
            Answer::Status { retry_after, .. } => self.again(round, now, retry_after, chance),
            Answer::Nothing => self.again(round, now, None, chance),
        }
    }

    fn again(&self, round: u32, now: Timestamp, retry_after: Option<Duration>, chance: f64) -> Next {
        let index = usize::try_from(round.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(wait) = self.waits.get(index) else { return Next::Dead(DeadReason::Exhausted) };
        let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 0.0 };
        let wait = wait.mul_f64(1.0 + self.jitter.clamp(0.0, 1.0) * chance);
        // Asking for less than the schedule has no effect: the schedule is what protects a struggling endpoint.
        let wait = retry_after.map_or(wait, |asked| wait.max(asked.min(self.most_retry_after)));
        Next::RetryAt(now.saturating_add(wait).unwrap_or(Timestamp::MAX))
    }

    /// The endpoint's health after a try, and whether it is switched off now.
    ///
    /// A refusal of our own guard says nothing about the endpoint's health, but it will never be different either: it
    /// counts as a failure.
    pub fn health(&self, health: Health, now: Timestamp, answer: Answer) -> (Health, Option<Disabled>) {
        if answer.is_success() {
            return (Health::default(), None);
        }
        let since = health.failing_since.unwrap_or(now);
        let health = Health { failures: health.failures.saturating_add(1), failing_since: Some(since) };
        let lasted = Duration::try_from(now.duration_since(since)).unwrap_or(Duration::ZERO);
        let reason = match answer {
            Answer::Status { code: 410, .. } => Some(DisabledReason::Gone),
            _ if health.failures >= self.circuit_failures && lasted >= self.circuit_after => {
                Some(DisabledReason::Failing)
            }
            _ => None,
        };
        (health, reason.map(|reason| Disabled { reason, at: now }))
    }

    /// The longest that a delivery may take from its first try to its last, chance at its worst and every try at its
    /// time-out.
    pub fn longest(&self, timeout: Duration) -> Duration {
        let waits: Duration = self.waits.iter().map(|wait| wait.mul_f64(1.0 + self.jitter)).sum();
        waits + timeout * u32::try_from(self.waits.len() + 1).unwrap_or(u32::MAX)
    }
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date in the form of RFC 9110, 5.6.7.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}
