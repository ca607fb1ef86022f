//! What a request under an `Idempotency-Key` gets: its own work, the first answer again, or a refusal.
//!
//! Law: under one key and one body at most one request does the work while the key is known, and all who asked the same
//! get the same answer; whoever asks something else under the key gets nothing. A key is known from its reservation (or
//! from the commit that brings work and answer together) until it expires.
//!
//! On a call's way: before admission, and once more inside the transaction of the create, where it decides races.

use std::time::Duration;

use domain::time::Timestamp;

#[cfg(test)]
mod tests;

/// How long an answer is kept for repeats.
pub const KEPT_FOR: Duration = Duration::from_hours(24);
/// How long a request whose work and answer are two transactions may take. A server that died in between leaves the key
/// reserved until then.
pub const RESERVED_FOR: Duration = Duration::from_secs(60);
/// Most characters of a key.
pub const MAX_KEY: usize = 255;

/// What is known under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<A> {
    /// SHA-256 of what was asked.
    pub fingerprint: [u8; 32],
    /// What was answered; `None` while the first request is in flight.
    pub answer: Option<A>,
    /// Forgotten then.
    pub until: Timestamp,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<A> {
    /// It is the first: it does its work.
    Work,
    /// It gets the first answer again.
    Replay(A),
    /// Another request was made under this key.
    Reused,
    /// The first one is being worked on; worth asking again after this long.
    InFlight(Duration),
}

/// Decides by what is known.
pub fn decide<A>(known: Option<Known<A>>, fingerprint: &[u8; 32], now: Timestamp) -> Decision<A> {
    let Some(known) = known.filter(|known| known.until > now) else { return Decision::Work };
    if known.fingerprint != *fingerprint {
        return Decision::Reused;
    }
    match known.answer {
        Some(answer) => Decision::Replay(answer),
        None => Decision::InFlight(retry_after(known.until, now)),
    }
}

/// Most requests take milliseconds; what is left of the reservation bounds the wait.
fn retry_after(until: Timestamp, now: Timestamp) -> Duration {
    let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    left.clamp(Duration::from_millis(1), Duration::from_secs(1))
}

/// Whether a text can be a key: 1 to 255 printable ASCII characters.
pub fn is_key(text: &str) -> bool {
    (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(|b| (0x20..0x7f).contains(&b)) && !text.trim().is_empty()
}
