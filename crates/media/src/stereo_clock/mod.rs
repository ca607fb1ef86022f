//! Stereo clock: both sides of a call on one time line, for the recording.
//!
//! Law: left is the agent, right the callee; sample n of both was on the line at the same time. What nobody
//! delivered is silence. What comes after its stretch was drained, or too far ahead, is dropped and counted;
//! memory is bounded by the capacity.
//!
//! On the call's way: beside it; fed with every sent frame and every received slice, drained by the recorder
//! about once a second, some hundred milliseconds behind the present.

use std::collections::VecDeque;

use crate::{FRAME_SAMPLES, Frame};

#[cfg(test)]
mod tests;

const AGENT: usize = 0;
const CALLEE: usize = 1;

/// The time line of one call. Positions are 8 kHz samples since the first sent frame.
#[derive(Debug)]
pub struct StereoClock {
    capacity: usize,
    start: u64,
    pairs: VecDeque<[i16; 2]>,
    callee_origin: u64,
    dropped: u64,
}

impl StereoClock {
    /// A time line that keeps at most `capacity` samples of each side.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, start: 0, pairs: VecDeque::new(), callee_origin: 0, dropped: 0 }
    }

    /// Says where sample 0 of the receive clock lies: what the agent's clock showed when the first packet came.
    pub fn anchor_callee(&mut self, at: u64) {
        self.callee_origin = at;
    }

    /// Lays a sent frame on the left side.
    pub fn push_agent(&mut self, frame_index: u64, frame: &Frame) {
        self.push(AGENT, frame_index.saturating_mul(FRAME_SAMPLES as u64), frame);
    }

    /// Lays received samples on the right side; `sample_pos` is on the receive clock.
    pub fn push_callee(&mut self, sample_pos: u64, samples: &[i16]) {
        self.push(CALLEE, sample_pos.saturating_add(self.callee_origin), samples);
    }

    /// Appends all up to `up_to` (exclusive) to `out`, left and right in turn, and moves on. At most the capacity
    /// is drained by one call; call again for the rest of a longer silence.
    pub fn drain(&mut self, up_to: u64, out: &mut Vec<i16>) {
        let wanted = usize::try_from(up_to.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let count = wanted.min(self.capacity);
        let present = count.min(self.pairs.len());
        out.reserve(2 * count);
        out.extend(self.pairs.drain(..present).flatten());
        out.resize(out.len() + 2 * (count - present), 0);
        self.start += count as u64;
    }

    /// Position of the next sample to drain.
    #[must_use]
    pub fn drained(&self) -> u64 {
        self.start
    }

    /// End of what has been delivered by either side.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start + self.pairs.len() as u64
    }

    /// Samples dropped because they came too late or too early.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn push(&mut self, side: usize, position: u64, samples: &[i16]) {
        let late = usize::try_from(self.start.saturating_sub(position)).unwrap_or(usize::MAX).min(samples.len());
        let ahead = usize::try_from(position.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let room = self.capacity.saturating_sub(ahead);
        let kept = &samples[late..];
        let kept = &kept[..kept.len().min(room)];
        self.dropped += (samples.len() - kept.len()) as u64;
        if kept.is_empty() {
            return;
        }
        let end = ahead + kept.len();
        if self.pairs.len() < end {
            self.pairs.resize(end, [0; 2]);
        }
        for (pair, &sample) in self.pairs.range_mut(ahead..end).zip(kept) {
            pair[side] = sample;
        }
    }
}
