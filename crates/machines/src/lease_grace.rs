//! When a node may judge the leases of others: once its own heartbeats have gone through for a whole lease.
//!
//! Law: who could not renew its own leases in time cannot know why others did not renew theirs. When a database comes
//! back after longer than a lease, all leases have run out; the first node to find it there would end every live call
//! of the cluster as lost (three quarters of a hundred thousand, by `cargo xtask simulate-cluster --no-grace`). So after
//! a gap everybody beats first, and sweeps a lease later. A node that starts does not know what was before, and one that
//! saw the queue's clock set finds leases run out that have not: both wait as long.

use std::time::Duration;

use domain::time::Mono;

/// A node's knowledge of its own heartbeats.
#[derive(Clone, Copy, Debug)]
pub struct LeaseGrace {
    lease: Duration,
    /// There are no leases of others.
    alone: bool,
    /// When the last heartbeat went through.
    last: Option<Mono>,
    /// Since when they have gone through without a gap, by a clock that was not set.
    since: Option<Mono>,
}

impl LeaseGrace {
    /// For leases of this length, of a node among others. It has just started.
    pub fn new(lease: Duration) -> Self {
        Self { lease, alone: false, last: None, since: None }
    }

    /// For the only node on its database: it may sweep at any time, after its own heartbeat.
    pub fn alone(lease: Duration) -> Self {
        Self { alone: true, ..Self::new(lease) }
    }

    /// A heartbeat went through. Half a lease without one is a gap: another that was cut off with us may have been heard
    /// a beat before us and be heard again a beat after us, which makes a lease together.
    pub fn beaten(&mut self, now: Mono) {
        if self.last.is_none_or(|last| now.since(last) > self.lease / 2) {
            self.since = Some(now);
        }
        self.last = Some(now);
    }

    /// The clock that leases go by was set: what others wrote before is not what it seems until all have beaten.
    pub fn clock_was_set(&mut self, now: Mono) {
        self.since = Some(now);
    }

    /// Whether leases that ran out are what they seem.
    pub fn may_sweep(&self, now: Mono) -> bool {
        self.alone || self.since.is_some_and(|since| now.since(since) >= self.lease)
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
    fn a_start_and_a_gap_of_half_a_lease_are_waited_out() {
        // Heartbeats, and when sweeping is allowed after the last of them.
        let table: &[(&[u64], u64, bool)] = &[
            (&[], 0, false),
            (&[0, 1_500, 3_000], 5_999, false),
            (&[0, 1_500, 3_000, 4_500], 6_000, true),
            (&[0, 3_000], 6_000, true),
            (&[0, 3_001], 6_000, false),
            (&[0, 40_000], 45_999, false),
            (&[0, 40_000, 41_500, 43_000, 44_500], 46_000, true),
            (&[0, 40_000, 80_000], 80_001, false),
        ];
        for (beats, asked, may) in table {
            let mut grace = LeaseGrace::new(LEASE);
            beats.iter().for_each(|beat| grace.beaten(at(*beat)));
            assert_eq!(grace.may_sweep(at(*asked)), *may, "{beats:?}, asked at {asked}");
            assert!(LeaseGrace::alone(LEASE).may_sweep(at(*asked)));
        }
    }

    #[test]
    fn a_clock_that_was_set_is_waited_out_from_each_time_on() {
        let mut grace = LeaseGrace::new(LEASE);
        (0..=4).for_each(|beat| grace.beaten(at(beat * 1_500)));
        assert!(grace.may_sweep(at(6_000)));
        grace.clock_was_set(at(7_500));
        grace.beaten(at(7_500));
        assert!(!grace.may_sweep(at(13_499)));
        assert!(grace.may_sweep(at(13_500)));
    }

    proptest! {
        /// A node that beats on after the gap always gets to sweep again, and never within a lease of it.
        #[test]
        fn never_too_soon_and_never_too_late(gap in 3_001_u64..100_000, beats in 1_u64..20) {
            let mut grace = LeaseGrace::new(LEASE);
            grace.beaten(at(0));
            for beat in 0..=beats {
                let now = at(gap + beat * 1_500);
                grace.beaten(now);
                prop_assert_eq!(grace.may_sweep(now), beat * 1_500 >= 6_000);
            }
        }
    }
}
