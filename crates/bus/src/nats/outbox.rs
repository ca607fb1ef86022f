//! Events that wait to be sent: bounded, and the oldest makes room for the newest.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::wire::Happening;

/// Events that wait while the server is slow or gone.
const ROOM: usize = 4_096;
/// Words older than this are no longer live; facts are worth a knock however late.
const WORDS_FRESH: Duration = Duration::from_secs(1);

/// An event with its number; numbers have gaps where events were dropped, and the readers see them.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) n: u64,
    pub(super) event: Happening,
    since: Instant,
}

impl Outgoing {
    pub(super) fn is_stale(&self) -> bool {
        matches!(self.event, Happening::Words { .. }) && self.since.elapsed() > WORDS_FRESH
    }
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Outgoing>,
    numbered: u64,
}

/// The outbox.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Mutex<Waiting>,
    more: Notify,
}

impl Outbox {
    /// Puts an event in. True when another one had to go for it.
    pub(super) fn push(&self, event: Happening) -> bool {
        let mut waiting = self.lock();
        waiting.numbered += 1;
        let outgoing = Outgoing { n: waiting.numbered, event, since: Instant::now() };
        let full = waiting.events.len() >= ROOM;
        if full {
            waiting.events.pop_front();
        }
        waiting.events.push_back(outgoing);
        drop(waiting);
        self.more.notify_one();
        full
    }

    /// Waits until there is an event. Only one task waits and takes.
    pub(super) async fn any(&self) {
        while self.lock().events.is_empty() {
            self.more.notified().await;
        }
    }

    /// The oldest, if there is one.
    pub(super) fn next(&self) -> Option<Outgoing> {
        self.lock().events.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that runs under the lock can panic half-way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::time::CallMs;
    use domain::transcript::Speaker;
    use domain::{CallId, OrganizationId};
    use uuid::Uuid;

    use super::*;

    fn words() -> Happening {
        let (organization, call) = (OrganizationId(Uuid::nil()), CallId(Uuid::nil()));
        Happening::Words { organization, call, speaker: Speaker::Agent, text: String::new(), at_ms: CallMs(0) }
    }

    #[test]
    fn the_oldest_makes_room_and_leaves_a_gap_in_the_numbers() {
        let outbox = Outbox::default();
        let dropped = (0..ROOM + 3).filter(|_| outbox.push(words())).count();
        assert_eq!(dropped, 3);
        assert_eq!(outbox.next().unwrap().n, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn words_grow_old() {
        let outbox = Outbox::default();
        outbox.push(words());
        outbox.push(words());
        assert!(!outbox.next().unwrap().is_stale());
        tokio::time::advance(WORDS_FRESH * 2).await;
        assert!(outbox.next().unwrap().is_stale());
        assert!(outbox.next().is_none());
    }
}
