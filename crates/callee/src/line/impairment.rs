//! A bad line: loses and delays what is sent. Law: the same seed loses the same packets.

use std::collections::VecDeque;
use std::time::Duration;

use crate::persona::LineQuality;

/// Packets held back at most; at 50 a second and a second of jitter there are never more.
const HELD: usize = 64;

/// What becomes of packets on their way out.
pub(crate) struct Impairment {
    loss: f32,
    jitter_ms: u32,
    chance: Chance,
    held: VecDeque<(Duration, Vec<u8>)>,
}

impl Impairment {
    pub(crate) fn new(quality: &LineQuality, seed: u64) -> Self {
        let chance = Chance::new(seed);
        Self { loss: quality.loss_percent / 100.0, jitter_ms: quality.jitter_ms, chance, held: VecDeque::new() }
    }

    /// Takes a packet at `now`; true when it goes out at once, otherwise it is lost or held.
    pub(crate) fn passes(&mut self, packet: &[u8], now: Duration) -> bool {
        if self.loss > 0.0 && self.chance.unit() < self.loss {
            return false;
        }
        if self.jitter_ms == 0 {
            return true;
        }
        let delay = Duration::from_millis((self.chance.unit() * self.jitter_ms as f32) as u64);
        if self.held.len() < HELD {
            let due = now + delay;
            let at = self.held.partition_point(|(other, _)| *other <= due);
            self.held.insert(at, (due, packet.to_vec()));
        }
        false
    }

    /// A held packet whose time has come.
    pub(crate) fn due(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.held.front().filter(|(due, _)| *due <= now)?;
        self.held.pop_front().map(|(_, packet)| packet)
    }
}

/// Xorshift: good enough to lose packets and to hiss.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to 1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn loses_about_as_many_as_told() {
        let mut line = Impairment::new(&LineQuality { loss_percent: 20.0, ..LineQuality::default() }, 7);
        let passed = (0..10_000).filter(|_| line.passes(&[0], Duration::ZERO)).count();
        assert!((7_800..8_200).contains(&passed), "{passed}");
    }

    #[test]
    fn delays_up_to_the_jitter_and_loses_none() {
        let mut line = Impairment::new(&LineQuality { jitter_ms: 60, ..LineQuality::default() }, 7);
        let mut seen = Vec::new();
        for n in 0..100u32 {
            let now = MS * 20 * n;
            assert!(!line.passes(&[n as u8], now));
            while let Some(packet) = line.due(now) {
                seen.push(packet[0]);
            }
        }
        while let Some(packet) = line.due(MS * 5_000) {
            seen.push(packet[0]);
        }
        assert_eq!(seen.len(), 100);
        assert!(seen.windows(2).any(|pair| pair[0] > pair[1]), "some overtake others");
    }
}
