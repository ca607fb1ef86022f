//! Live events and wake-ups in one process.

use app::ports::LiveBus;
use app::ports::live::{LiveEvent, WokenBy};
use async_trait::async_trait;
use tokio::sync::{Notify, broadcast};

use crate::bell::Bell;

/// Events kept for slow readers. At a thousand live calls with a few words a second each this is about a second;
/// who falls behind further reads the log anyway.
pub(crate) const KEPT: usize = 4_096;

/// The bus of a process that stands alone.
#[derive(Debug)]
pub struct LocalBus {
    events: broadcast::Sender<LiveEvent>,
    work: Bell,
    /// Something may be asked of this node.
    told: Notify,
}

impl LocalBus {
    /// A bus without listeners.
    pub fn new() -> Self {
        Self::with_capacity(KEPT)
    }

    /// A bus that keeps `kept` events for slow readers.
    pub fn with_capacity(kept: usize) -> Self {
        Self { events: broadcast::Sender::new(kept), work: Bell::default(), told: Notify::new() }
    }

    /// A wake-up for this process's dialer.
    pub(crate) fn ring(&self, by: WokenBy) {
        self.work.ring(by);
    }
}

impl Default for LocalBus {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl LiveBus for LocalBus {
    fn publish(&self, event: LiveEvent) {
        // An error only means that nobody listens.
        drop(self.events.send(event));
    }

    fn subscribe(&self) -> broadcast::Receiver<LiveEvent> {
        self.events.subscribe()
    }

    fn subscribe_here(&self) -> broadcast::Receiver<LiveEvent> {
        self.subscribe()
    }

    fn wake_dialer(&self) {
        self.ring(WokenBy::Here);
    }

    fn wake_others(&self) {}

    async fn dialer_woken(&self) -> WokenBy {
        self.work.rung().await
    }

    fn tell_nodes(&self) {
        self.told.notify_one();
    }

    async fn node_told(&self) {
        self.told.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::time::CallMs;
    use domain::transcript::Speaker;
    use domain::{CallId, OrganizationId};
    use tokio::sync::broadcast::error::RecvError;
    use tokio::time::timeout;

    use super::*;

    fn words(text: &str) -> LiveEvent {
        LiveEvent::Words {
            organization: OrganizationId(uuid::Uuid::nil()),
            call: CallId(uuid::Uuid::nil()),
            speaker: Speaker::Callee,
            text: text.to_owned(),
            at_ms: CallMs(0),
        }
    }

    fn text(event: LiveEvent) -> String {
        match event {
            LiveEvent::Words { text, .. } => text,
            other => panic!("only words were published, not {other:?}"),
        }
    }

    #[tokio::test]
    async fn every_listener_hears_everything_from_then_on() {
        let bus = LocalBus::new();
        bus.publish(words("before anybody listens"));
        let (mut one, mut two) = (bus.subscribe(), bus.subscribe());
        bus.publish(words("hello"));
        assert_eq!(text(one.recv().await.unwrap()), "hello");
        assert_eq!(text(two.recv().await.unwrap()), "hello");
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_how_much_it_missed_and_goes_on() {
        let bus = LocalBus::with_capacity(2);
        let mut slow = bus.subscribe();
        for text in ["1", "2", "3", "4", "5"] {
            bus.publish(words(text));
        }
        assert_eq!(slow.recv().await.unwrap_err(), RecvError::Lagged(3));
        assert_eq!(text(slow.recv().await.unwrap()), "4");
    }

    #[tokio::test(start_paused = true)]
    async fn one_wake_up_is_kept_for_a_dialer_that_is_busy_and_only_one() {
        let bus = LocalBus::new();
        bus.wake_dialer();
        bus.wake_dialer();
        timeout(Duration::from_secs(1), bus.dialer_woken()).await.expect("a wake-up was stored");
        assert!(timeout(Duration::from_secs(1), bus.dialer_woken()).await.is_err());
    }
}
