//! When a node may judge the leases of others: once its own heartbeats have gone through for a whole lease.
//!
//! Law: who could not renew its own leases in time cannot know why others did not renew theirs. When a database comes
//! back after longer than a lease, all leases have run out; the first node to find it there would end every live call
//! of the cluster as lost (three quarters of a hundred thousand, by `cargo xtask simulate-cluster --no-grace`). So after
//! a gap everybody beats first, and sweeps a lease later.

use std::time::Duration;

use domain::time::Mono;

/// A node's knowledge of its own heartbeats.
#[derive(Clone, Copy, Debug)]
pub struct LeaseGrace {
    lease: Duration,
    /// Until when its own leases hold; `None` before the first heartbeat.
    held_until: Option<Mono>,
    /// Since when heartbeats have gone through again after a gap.
    back_since: Option<Mono>,
}

impl LeaseGrace {
    /// For leases of this length. A node that has just started has seen no gap and may sweep at once.
    pub fn new(lease: Duration) -> Self {
        Self { lease, held_until: None, back_since: None }
    }

    /// A heartbeat went through.
    pub fn beaten(&mut self, now: Mono) {
        if self.held_until.is_some_and(|until| until <= now) {
            self.back_since = Some(now);
        }
        self.held_until = Some(now + self.lease);
    }

    /// Whether leases that ran out are what they seem.
    pub fn may_sweep(&self, now: Mono) -> bool {
        self.back_since.is_none_or(|since| now.since(since) >= self.lease)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEASE: Duration = Duration::from_secs(6);

    fn at(ms: u64) -> Mono {
        Mono::from_millis(ms)
    }

    #[test]
    fn a_gap_as_long_as_a_lease_is_waited_out() {
        // Heartbeats, and when sweeping is allowed after the last of them.
        let table: &[(&[u64], u64, bool)] = &[
            (&[], 0, true),
            (&[0, 1_500, 3_000], 3_000, true),
            (&[0, 5_999], 5_999, true),
            (&[0, 6_000], 6_000, false),
            (&[0, 40_000], 45_999, false),
            (&[0, 40_000, 41_500, 43_000, 44_500], 46_000, true),
            (&[0, 40_000, 80_000], 80_001, false),
        ];
        for (beats, asked, may) in table {
            let mut grace = LeaseGrace::new(LEASE);
            beats.iter().for_each(|beat| grace.beaten(at(*beat)));
            assert_eq!(grace.may_sweep(at(*asked)), *may, "{beats:?}, asked at {asked}");
        }
    }

    proptest! {
        /// A node that beats on after the gap always gets to sweep again, and never within a lease of it.
        #[test]
        fn never_too_soon_and_never_too_late(gap in 0_u64..100_000, beats in 1_u64..20) {
            let mut grace = LeaseGrace::new(LEASE);
            grace.beaten(at(0));
            for beat in 0..=beats {
                let now = at(gap + beat * 1_500);
                grace.beaten(now);
                let since_gap = beat * 1_500;
                prop_assert_eq!(grace.may_sweep(now), gap < 6_000 || since_gap >= 6_000);
            }
        }
    }
}
