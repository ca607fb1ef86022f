//! Until when this node knows its leases to hold.
//!
//! Law: an INVITE leaves only while a heartbeat that went through covers it. A lease that may have lapsed unnoticed (the
//! database was away, the process stood still) may be another node's by now, and its call over. The dialer writes here
//! what it knows, sessions ask right before the INVITE.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Shared by the dialer and the sessions of a node. Nothing holds before the first heartbeat.
#[derive(Clone, Debug)]
pub struct LeaseHold(watch::Sender<Option<Instant>>);

impl Default for LeaseHold {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl LeaseHold {
    /// A heartbeat went through: every lease of this node holds until then at least.
    pub fn extend(&self, until: Instant) {
        self.0.send_replace(Some(until));
    }

    /// Whether the leases hold for so long from now.
    pub fn holds_for(&self, time: Duration) -> bool {
        self.0.borrow().is_some_and(|until| until >= Instant::now() + time)
    }

    /// Waits until they do.
    pub async fn until_it_holds_for(&self, time: Duration) {
        let mut heartbeats = self.0.subscribe();
        while !self.holds_for(time) {
            // The sender is this very value; it does not go away meanwhile.
            if heartbeats.changed().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARGIN: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn it_holds_from_a_heartbeat_until_shortly_before_the_lease_ends() {
        let hold = LeaseHold::default();
        assert!(!hold.holds_for(Duration::ZERO), "nothing is known before the first heartbeat");
        hold.extend(Instant::now() + Duration::from_secs(6));
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(hold.holds_for(MARGIN));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!hold.holds_for(MARGIN), "too little is left");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_goes_on_with_the_next_heartbeat() {
        let hold = LeaseHold::default();
        let waiting = hold.clone();
        let beats = async {
            tokio::time::sleep(Duration::from_secs(9)).await;
            hold.extend(Instant::now() + Duration::from_millis(500));
            tokio::time::sleep(Duration::from_secs(1)).await;
            hold.extend(Instant::now() + Duration::from_secs(6));
        };
        let began = Instant::now();
        tokio::join!(waiting.until_it_holds_for(MARGIN), beats);
        assert_eq!(began.elapsed(), Duration::from_secs(10), "a heartbeat that covers too little is not enough");
    }
}
