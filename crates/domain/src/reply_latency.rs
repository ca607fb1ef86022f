//! How long callees waited for the agent's replies, counted by how long: quantiles over any number of calls without a row
//! for each turn.

use std::collections::BTreeMap;

/// Counts of replies by bucket. Eight buckets an octave: a quantile is at most 4.5 % off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplyLatency(BTreeMap<u16, u64>);

const AN_OCTAVE: f64 = 8.0;

impl ReplyLatency {
    /// Bucket of a wait in milliseconds: 0 below one, and else eight for each doubling.
    pub fn bucket(total_ms: f32) -> u16 {
        let octaves = f64::from(total_ms.max(1.0)).log2();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at least 0, at most 8 × 128")]
        let bucket = (octaves * AN_OCTAVE).round() as u16;
        bucket
    }

    /// Adds replies to a bucket.
    pub fn add(&mut self, bucket: u16, replies: u64) {
        *self.0.entry(bucket).or_default() += replies;
    }

    /// How many there were.
    pub fn replies(&self) -> u64 {
        self.0.values().sum()
    }

    /// Milliseconds that this part of the replies, 0 to 1, took at most; `None` without replies.
    pub fn quantile(&self, part: f64) -> Option<u32> {
        let all = self.replies();
        #[expect(clippy::cast_precision_loss, reason = "a rank that is off by one of 2^52 is the same bucket")]
        let rank = (part * all as f64).ceil().max(1.0);
        let mut seen = 0;
        self.0.iter().find_map(|(bucket, replies)| {
            seen += replies;
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            let reached = seen as f64 >= rank;
            reached.then(|| middle(*bucket))
        })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, and is never negative")]
fn middle(bucket: u16) -> u32 {
    (f64::from(bucket) / AN_OCTAVE).exp2().round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_near() {
        let mut latency = ReplyLatency::default();
        assert_eq!(latency.quantile(0.5), None);
        for ms in 1..=1_000_u16 {
            latency.add(ReplyLatency::bucket(f32::from(ms)), 1);
        }
        assert_eq!(latency.replies(), 1_000);
        for (part, exact) in [(0.5, 500.0), (0.95, 950.0), (1.0, 1_000.0)] {
            let found = f64::from(latency.quantile(part).unwrap());
            assert!((found / exact - 1.0).abs() < 0.046, "{part}: {found}");
        }
    }

    #[test]
    fn any_wait_has_a_bucket() {
        for (ms, bucket) in
            [(f32::NAN, 0), (-1.0, 0), (0.4, 0), (1.0, 0), (2.0, 8), (1_024.0, 80), (f32::INFINITY, u16::MAX)]
        {
            assert_eq!(ReplyLatency::bucket(ms), bucket, "{ms}");
        }
    }
}
