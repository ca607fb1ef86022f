//! The clock that leases and pace go by: the database's, carried on between two looks by this machine's monotonic
//! clock.
//!
//! Law: a step of this node's wall clock neither loses a lease nor takes one from another. What is carried on runs late
//! by the way back of the answer and never early: a lease is written a little shorter than it could be, and a lapsed
//! one is found a little later.

use std::time::Duration;

use app::ports::store::{CallQueue, StoreError};
use domain::time::Timestamp;
use tokio::time::Instant;

/// A clock that was set a moment ago.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    set_at: Instant,
    showed: Timestamp,
}

impl Watch {
    /// Set by the queue's clock.
    pub(crate) async fn set_by(queue: &(impl CallQueue + ?Sized)) -> Result<Self, StoreError> {
        let showed = queue.now().await?;
        Ok(Self { set_at: Instant::now(), showed })
    }

    /// What the queue's clock shows now.
    pub(crate) fn now(&self) -> Timestamp {
        self.showed + self.set_at.elapsed()
    }

    /// How far this one, set just now, shows another time than `before` does: so much was the queue's clock set, or so
    /// late came an answer.
    pub(crate) fn differs_from(&self, before: &Self) -> Duration {
        self.now().duration_since(before.now()).unsigned_abs()
    }

    /// When it will show `at`; now, if that is over.
    pub(crate) fn instant_of(&self, at: Timestamp) -> Instant {
        let ahead = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
        Instant::now() + ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_on_by_the_monotonic_clock_alone() {
        let showed = Timestamp::from_second(1_800_000_000).unwrap();
        let watch = Watch { set_at: Instant::now(), showed };
        // The wall clock of this test runs on; the paused monotonic one does not.
        assert_eq!(watch.now(), showed);
        tokio::time::advance(Duration::from_millis(1_500)).await;
        assert_eq!(watch.now(), showed + Duration::from_millis(1_500));
        let at = showed + Duration::from_secs(4);
        assert_eq!(watch.instant_of(at) - Instant::now(), Duration::from_millis(2_500));
        assert_eq!(watch.instant_of(showed), Instant::now(), "what is over is now");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_was_set_is_told_from_one_that_went_on() {
        let showed = Timestamp::from_second(1_800_000_000).unwrap();
        let before = Watch { set_at: Instant::now(), showed };
        tokio::time::advance(Duration::from_secs(3)).await;
        let set = |showed| Watch { set_at: Instant::now(), showed };
        assert_eq!(set(showed + Duration::from_secs(3)).differs_from(&before), Duration::ZERO);
        for hour in [showed + Duration::from_secs(3_603), showed - Duration::from_secs(3_597)] {
            assert_eq!(set(hour).differs_from(&before), Duration::from_secs(3_600));
        }
    }
}
