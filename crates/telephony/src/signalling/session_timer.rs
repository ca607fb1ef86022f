//! Session timers (RFC 4028): a call whose refreshes stop is dead, and both sides must notice.
//! Law: no clock in here; the leg gives the time. Stands inside the SIP leg, beside the dialog, because the stack
//! has no session timers of its own.

use std::time::Duration;

/// The shortest interval allowed (RFC 4028 section 4).
pub(crate) const MIN_SE: u64 = 90;

/// Who refreshes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refresher {
    Us,
    Peer,
}

/// An agreed session timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    pub(crate) interval: Duration,
    pub(crate) refresher: Refresher,
}

impl SessionTimer {
    /// Reads Session-Expires in a 2xx to a request of ours, where `uac` is us.
    pub(crate) fn from_response(value: &str) -> Option<Self> {
        let (interval, refresher) = parse(value)?;
        let refresher = match refresher {
            Some("uas") => Refresher::Peer,
            // RFC 4028 section 7.2: without the parameter nobody was named; refreshing ourselves is always safe.
            _ => Refresher::Us,
        };
        Some(Self { interval, refresher })
    }

    /// Reads Session-Expires in a request of the peer, where `uac` is the peer; it refreshes unless it named us.
    pub(crate) fn from_request(value: &str) -> Option<Self> {
        let (interval, refresher) = parse(value)?;
        let refresher = if refresher == Some("uas") { Refresher::Us } else { Refresher::Peer };
        Some(Self { interval, refresher })
    }

    /// Whether the interval is one we must refuse with 422.
    pub(crate) fn too_small(self) -> bool {
        self.interval < Duration::from_secs(MIN_SE)
    }

    /// The value for our 2xx to the peer's request.
    pub(crate) fn for_response(self) -> String {
        let refresher = if self.refresher == Refresher::Us { "uas" } else { "uac" };
        format!("{};refresher={refresher}", self.interval.as_secs())
    }

    /// The value for a refresh of ours.
    pub(crate) fn for_refresh(self) -> String {
        format!("{};refresher=uac", self.interval.as_secs())
    }

    /// From the last refresh to our next step: our refresh at half time, or the BYE when the peer's never came
    /// (RFC 4028 section 10: a third of the interval or 32 s before its end, whichever is less).
    pub(crate) fn next_step(self) -> Duration {
        match self.refresher {
            Refresher::Us => self.interval / 2,
            Refresher::Peer => self.interval - (self.interval / 3).min(Duration::from_secs(32)),
        }
    }
}

fn parse(value: &str) -> Option<(Duration, Option<&str>)> {
    let mut parts = value.split(';').map(str::trim);
    let seconds: u64 = parts.next()?.parse().ok()?;
    // A day is the longest timer worth keeping; beyond it arithmetic on clocks could overflow.
    let interval = Duration::from_secs(seconds.clamp(1, 86_400));
    Some((interval, parts.find_map(|part| part.strip_prefix("refresher=").map(str::trim))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refresher_is_seen_from_our_side() {
        let uac = SessionTimer::from_response("1800;refresher=uac").unwrap();
        assert_eq!(uac, SessionTimer { interval: Duration::from_secs(1800), refresher: Refresher::Us });
        assert_eq!(uac.next_step(), Duration::from_secs(900));
        assert_eq!(uac.for_refresh(), "1800;refresher=uac");
        let uas = SessionTimer::from_response("1800; refresher=uas").unwrap();
        assert_eq!(uas.refresher, Refresher::Peer);
        assert_eq!(uas.next_step(), Duration::from_secs(1768));
        let theirs = SessionTimer::from_request("90").unwrap();
        assert_eq!(theirs.refresher, Refresher::Peer);
        assert_eq!(theirs.next_step(), Duration::from_secs(60));
        assert_eq!(theirs.for_response(), "90;refresher=uac");
        let ours = SessionTimer::from_request("300;refresher=uas").unwrap();
        assert_eq!((ours.refresher, ours.for_response().as_str()), (Refresher::Us, "300;refresher=uas"));
    }

    #[test]
    fn small_and_broken_values() {
        assert!(SessionTimer::from_request("89").unwrap().too_small());
        assert!(!SessionTimer::from_request("90").unwrap().too_small());
        assert_eq!(SessionTimer::from_request("soon"), None);
        assert_eq!(SessionTimer::from_response("99999999999").unwrap().interval, Duration::from_secs(86_400));
    }
}
