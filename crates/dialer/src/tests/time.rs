//! The clocks of a test: they run like the machine's, and the test can let time pass and set the queue's.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::ports::Clock;
use domain::time::{Mono, Timestamp};
use uuid::Uuid;

pub(super) struct TestTime {
    started: Instant,
    at_start: Timestamp,
    moved: Mutex<Moved>,
}

#[derive(Clone, Copy, Default)]
struct Moved {
    /// Time that went by without anybody's waiting for it.
    passed: Duration,
    /// Seconds that the queue's clock was set forward by.
    set: i64,
}

impl TestTime {
    pub(super) fn start() -> Self {
        // What both databases keep.
        let at_start = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap();
        Self { started: Instant::now(), at_start, moved: Mutex::default() }
    }

    /// For every clock.
    pub(super) fn pass(&self, time: Duration) {
        self.change(|moved| moved.passed += time);
    }

    /// Sets the queue's clock and no other.
    pub(super) fn set_queue(&self, seconds: i64) {
        self.change(|moved| moved.set += seconds);
    }

    /// What the queue's clock shows.
    pub(super) fn queue(&self) -> Timestamp {
        let micros = self.now().as_microsecond() + self.moved().set * 1_000_000;
        Timestamp::from_microsecond(micros).unwrap()
    }

    fn moved(&self) -> Moved {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Moved)) {
        change(&mut self.moved.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Clock for TestTime {
    fn now(&self) -> Timestamp {
        let now = self.at_start + self.mono().0;
        Timestamp::from_microsecond(now.as_microsecond()).unwrap()
    }

    fn mono(&self) -> Mono {
        Mono(self.started.elapsed() + self.moved().passed)
    }

    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}
