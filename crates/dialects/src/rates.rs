//! Requests of a key in the window of the clock, as vendors bound and show them.
//!
//! Law: counted in this process alone, so that no read waits for a write; bounds on calls and money are the caps', exact
//! across nodes. Memory is bounded whatever comes in.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use app::principal::secret_hash;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use domain::dialect::Dialect;
use domain::time::Timestamp;

use crate::credentials;
use crate::door::Door;
use crate::raw::query;

/// Keys that are remembered; when there are more, counting starts again.
const CAPACITY: usize = 8_192;

/// How often a key may ask, and what a vendor says of it.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// The window of the clock that is counted in.
    pub window: Duration,
    /// Whether answers show what is left (`X-RateLimit-*`).
    pub shown: bool,
    /// Answers a request that is one too many.
    pub refused: fn(Duration) -> Response,
}

/// Most requests of a key in a vendor's window; none where there is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestLimits {
    /// Klen: in a minute.
    pub klen: Option<u32>,
    /// Voxpria: in an hour.
    pub voxpria: Option<u32>,
}

impl RequestLimits {
    /// As the vendors document them.
    pub const DOCUMENTED: Self = Self { klen: Some(60), voxpria: Some(1_000) };

    fn of(self, dialect: Dialect) -> Option<u32> {
        match dialect {
            Dialect::Klen => self.klen,
            Dialect::Voxpria => self.voxpria,
            Dialect::Native | Dialect::VoiceB | Dialect::Voicing | Dialect::Vonage => None,
        }
    }
}

/// Requests by the hash of the secret that they came with.
#[derive(Debug, Default)]
pub struct Rates(Mutex<HashMap<[u8; 32], Window>>);

#[derive(Clone, Copy, Debug)]
struct Window {
    /// Which window of the clock.
    number: i64,
    requests: u32,
}

/// Where a key stands with its window, this request counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    limit: u32,
    remaining: u32,
    /// One too many.
    exceeded: bool,
    /// Seconds since 1970 at which the window ends.
    reset: i64,
}

impl Rates {
    fn count(&self, secret: [u8; 32], limit: u32, window: Duration, now: Timestamp) -> Standing {
        let length = i64::try_from(window.as_secs()).unwrap_or(i64::MAX).max(1);
        let number = now.as_second().div_euclid(length);
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= CAPACITY && !windows.contains_key(&secret) {
            windows.clear();
        }
        let counted = windows.entry(secret).or_insert(Window { number, requests: 0 });
        if counted.number != number {
            *counted = Window { number, requests: 0 };
        }
        let exceeded = counted.requests >= limit;
        if !exceeded {
            counted.requests += 1;
        }
        let remaining = limit.saturating_sub(counted.requests);
        Standing { limit, remaining, exceeded, reset: (number + 1).saturating_mul(length) }
    }
}

/// Counts a request of a vendor's API, refuses one too many, and shows what is left where the vendor does. A request
/// without a secret is refused further in, and not counted.
pub(crate) async fn counted(
    door: Door,
    dialect: Dialect,
    allowance: Allowance,
    request: Request,
    next: Next,
) -> Response {
    let secret = credentials::secret(request.headers(), &query(request.uri())).map(secret_hash);
    let (Some(secret), Some(limit)) = (secret, door.request_limits.of(dialect)) else {
        return next.run(request).await;
    };
    let now = door.platform.clock.now();
    let standing = door.rates.count(secret, limit, allowance.window, now);
    let mut response = match standing.exceeded {
        true => (allowance.refused)(until(standing.reset, now)),
        false => next.run(request).await,
    };
    if allowance.shown {
        for (name, value) in [
            ("x-ratelimit-limit", i64::from(standing.limit)),
            ("x-ratelimit-remaining", i64::from(standing.remaining)),
            ("x-ratelimit-reset", standing.reset),
        ] {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
    response
}

fn until(reset: i64, now: Timestamp) -> Duration {
    let end = Timestamp::from_second(reset).unwrap_or(now);
    Duration::try_from(end.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_of_the_clock_lets_so_many_in_and_the_next_begins_anew() {
        let rates = Rates::default();
        let minute = Duration::from_mins(1);
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let mut left = Vec::new();
        for second in [1, 2, 3, 59] {
            let standing = rates.count([1; 32], 3, minute, at(second));
            assert_eq!(standing.reset, 1_800_000_060);
            left.push((standing.remaining, standing.exceeded));
        }
        assert_eq!(left, [(2, false), (1, false), (0, false), (0, true)]);
        assert!(!rates.count([2; 32], 3, minute, at(59)).exceeded, "another key");
        let next = rates.count([1; 32], 3, minute, at(60));
        assert_eq!((next.remaining, next.exceeded, next.reset), (2, false, 1_800_000_120));
        assert_eq!(until(1_800_000_060, at(59)), Duration::from_secs(1));
    }

    #[test]
    fn whatever_comes_in_memory_is_bounded() {
        let rates = Rates::default();
        for n in 0..20_000_u32 {
            let mut secret = [0; 32];
            secret[..4].copy_from_slice(&n.to_be_bytes());
            rates.count(secret, 1, Duration::from_mins(1), Timestamp::UNIX_EPOCH);
        }
        assert!(rates.0.lock().unwrap().len() <= CAPACITY);
    }
}
