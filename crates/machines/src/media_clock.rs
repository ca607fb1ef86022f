//! Where the call's media clock stands on the process clock.
//!
//! Law: media events reach a machine late, never early; of all observations the one with the least delay is right.

use domain::time::{CallMs, Mono};
use std::time::Duration;

/// Origin of one call's media clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MediaClock {
    origin: Option<Mono>,
}

impl MediaClock {
    /// Learns from an event at `at` that arrived at `now`, and says when it was: never after `now`.
    pub(crate) fn observe(&mut self, now: Mono, at: CallMs) -> Mono {
        let origin = now - Duration::from_millis(at.0);
        let origin = self.origin.map_or(origin, |known| known.min(origin));
        self.origin = Some(origin);
        Mono(origin.0.saturating_add(Duration::from_millis(at.0))).min(now)
    }

    /// The media clock at `now`; zero before anything was observed.
    pub(crate) fn at(&self, now: Mono) -> CallMs {
        let since = self.origin.map_or(Duration::ZERO, |origin| now.since(origin));
        CallMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
