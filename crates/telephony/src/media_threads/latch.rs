//! Whom to believe and where to send: symmetric RTP (RFC 4961).
//!
//! Law: our packets go where the far end's packets really come from, since what its description says is often an
//! address behind a NAT; but a stranger who guesses our port must not be able to take a call over. So another
//! source is followed only while the call is young, and only away from one that is silent or was never announced.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// After a description, how long sources may still change freely: early media and answer come from other boxes.
const YOUNG: Duration = Duration::from_secs(2);
/// Silence after which a young call follows another source: ten packets in a row never came.
const YOUNG_SILENCE: Duration = Duration::from_millis(200);
/// Silence after which any call follows another source.
const OLD_SILENCE: Duration = Duration::from_secs(1);

/// The far end's address as told and as seen.
#[derive(Debug)]
pub(crate) struct Latch {
    announced: SocketAddr,
    announced_at: Instant,
    heard: Option<(SocketAddr, Instant)>,
}

impl Latch {
    pub(crate) fn new(announced: SocketAddr, now: Instant) -> Self {
        Self { announced, announced_at: now, heard: None }
    }

    /// A new description. A source that keeps sending stays believed until the new one is heard.
    pub(crate) fn announce(&mut self, announced: SocketAddr, now: Instant) {
        if announced != self.announced {
            self.announced = announced;
            self.announced_at = now;
        }
    }

    /// Where to send.
    pub(crate) fn target(&self) -> SocketAddr {
        self.heard.map_or(self.announced, |(source, _)| source)
    }

    /// Whether a packet from `source` is of this call; remembers it if so.
    pub(crate) fn accept(&mut self, source: SocketAddr, now: Instant) -> bool {
        let follow = match self.heard {
            None => true,
            Some((current, _)) if current == source => true,
            Some((current, at)) => {
                let silent = now.saturating_duration_since(at);
                let young = now.saturating_duration_since(self.announced_at) < YOUNG;
                silent >= OLD_SILENCE
                    || (young && (silent >= YOUNG_SILENCE || (source == self.announced && current != self.announced)))
            }
        };
        if follow {
            self.heard = Some((source, now));
        }
        follow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn sends_to_the_announced_address_until_somebody_is_heard() {
        let start = Instant::now();
        let mut latch = Latch::new(address(1), start);
        assert_eq!(latch.target(), address(1));
        assert!(latch.accept(address(2), start));
        assert_eq!(latch.target(), address(2));
    }

    #[test]
    fn a_young_call_moves_to_the_announced_source_but_not_away_from_a_live_one() {
        let start = Instant::now();
        let soon = start + Duration::from_millis(50);
        let mut latch = Latch::new(address(1), start);
        assert!(latch.accept(address(2), start));
        assert!(latch.accept(address(1), soon));
        assert!(!latch.accept(address(3), soon));
        assert_eq!(latch.target(), address(1));
        assert!(latch.accept(address(3), soon + YOUNG_SILENCE));
    }

    #[test]
    fn an_old_call_follows_only_when_its_source_fell_silent() {
        let start = Instant::now();
        let mut latch = Latch::new(address(1), start);
        let late = start + Duration::from_secs(60);
        assert!(latch.accept(address(2), late));
        assert!(!latch.accept(address(3), late + Duration::from_millis(999)));
        assert!(!latch.accept(address(1), late + Duration::from_millis(999)));
        assert!(latch.accept(address(3), late + OLD_SILENCE));
    }

    #[test]
    fn a_new_description_opens_the_window_again() {
        let start = Instant::now();
        let mut latch = Latch::new(address(1), start);
        let late = start + Duration::from_secs(60);
        assert!(latch.accept(address(1), late));
        latch.announce(address(9), late);
        assert_eq!(latch.target(), address(1));
        assert!(latch.accept(address(9), late + Duration::from_millis(1)));
        assert_eq!(latch.target(), address(9));
    }
}
