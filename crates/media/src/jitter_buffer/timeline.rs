//! The receive clock: where each release lies in the call, whatever the sender's timestamps do.
//!
//! Law: the clock never runs backwards and every release begins where the one before ended. A timestamp is
//! believed as far as the time that passed can explain it; the count of packets in between is the sender's word, too.

use std::time::Duration;

use super::{Kind, Received};
use crate::g711::Codec;
use crate::rtp::timestamp_distance;
use crate::{FRAME_SAMPLES, samples_in, time_of};

/// How far a timestamp may run ahead of the time that passed: a burst after two seconds of outage is believed.
const BELIEF_SAMPLES: u64 = 16_000;

/// Pauses shorter than this between two streams are jitter, not silence: 50 ms.
const RESTART_PAUSE_SAMPLES: u64 = 400;

#[derive(Debug)]
pub(super) struct Timeline {
    clock: u64,
    /// Timestamp that follows the audio so far.
    expected: u32,
    packet_samples: u32,
    /// Arrival of the latest audio packet released.
    released_arrival: Duration,
    /// Arrival of the latest audio packet at all.
    arrival: Duration,
    lost: u64,
    silence: u64,
    /// Silence made on our own since the last audio.
    made: u64,
    /// Silence made on our own for audio that came after all; the next pause is shorter by it.
    surplus: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            clock: 0,
            expected: 0,
            packet_samples: FRAME_SAMPLES as u32,
            released_arrival: Duration::ZERO,
            arrival: Duration::ZERO,
            lost: 0,
            silence: 0,
            made: 0,
            surplus: 0,
        }
    }
}

impl Timeline {
    pub(super) fn clock(&self) -> u64 {
        self.clock
    }

    pub(super) fn start(&mut self, timestamp: u32, now: Duration) {
        self.expected = timestamp;
        self.arrival = now;
        self.released_arrival = now;
    }

    /// A new stream: between the two lies as much silence as time passed.
    pub(super) fn restart(&mut self, timestamp: u32, now: Duration) {
        let pause = self.unexplained(now);
        if pause > RESTART_PAUSE_SAMPLES {
            self.pause(pause);
        }
        self.start(timestamp, now);
    }

    pub(super) fn on_arrival(&mut self, now: Duration) {
        self.arrival = self.arrival.max(now);
    }

    /// Compares the next packet's timestamp with the expected one and notes what lies between as lost or silent.
    /// A second call for the same packet finds nothing more. Returns whether the timestamp jumped.
    pub(super) fn step_to(&mut self, timestamp: u32, missing: u64, arrived: Duration) -> bool {
        let gap = timestamp_distance(self.expected, timestamp);
        self.expected = timestamp;
        if gap == 0 {
            return false;
        }
        let passed = self.unexplained(arrived);
        let missing_samples = missing * u64::from(self.packet_samples);
        let believed = u64::try_from(gap).ok().filter(|&gap| gap <= passed + BELIEF_SAMPLES);
        let Some(gap) = believed else {
            if passed > BELIEF_SAMPLES / 8 {
                self.pause(passed);
            }
            return true;
        };
        let lost = gap.min(missing_samples);
        let already_made = lost.min(self.made);
        self.made -= already_made;
        self.lost += lost - already_made;
        self.pause(gap - lost);
        false
    }

    /// Silence up to `samples`, less what was made on our own.
    fn pause(&mut self, samples: u64) {
        let from_made = samples.min(self.made);
        self.made -= from_made;
        let from_surplus = (samples - from_made).min(self.surplus);
        self.surplus -= from_surplus;
        self.silence += samples - from_made - from_surplus;
    }

    /// Samples of time between the end of the last audio and `until`.
    fn unexplained(&self, until: Duration) -> u64 {
        let passed = samples_in(until.saturating_sub(self.released_arrival));
        passed.saturating_sub(u64::from(self.packet_samples))
    }

    pub(super) fn has_filler(&self) -> bool {
        self.lost + self.silence > 0
    }

    /// The next piece of what was lost or silent.
    pub(super) fn take_filler(&mut self) -> Option<Received<'static>> {
        if !self.has_filler() {
            return None;
        }
        let frame_ts = self.expected.wrapping_sub((self.lost + self.silence) as u32);
        let is_lost = self.lost > 0;
        let waiting = if is_lost { &mut self.lost } else { &mut self.silence };
        let samples = (*waiting).min(FRAME_SAMPLES as u64) as usize;
        *waiting -= samples as u64;
        let kind = if is_lost { Kind::Lost { samples } } else { Kind::Silence { samples } };
        Some(self.spend(samples as u64, frame_ts, kind))
    }

    pub(super) fn audio<'a>(&mut self, codec: Codec, payload: &'a [u8], arrived: Duration) -> Received<'a> {
        let samples = codec.samples_in(payload.len()) as u32;
        let frame_ts = self.expected;
        self.expected = self.expected.wrapping_add(samples);
        if samples > 0 {
            self.packet_samples = samples;
        }
        self.released_arrival = self.released_arrival.max(arrived);
        self.surplus += std::mem::take(&mut self.made);
        self.spend(u64::from(samples), frame_ts, Kind::Audio { codec, payload })
    }

    /// A release that takes no time.
    pub(super) fn instant<'a>(&self, kind: Kind<'a>) -> Received<'a> {
        Received { at_sample: self.clock, frame_ts: self.expected, kind }
    }

    fn spend<'a>(&mut self, samples: u64, frame_ts: u32, kind: Kind<'a>) -> Received<'a> {
        let at_sample = self.clock;
        self.clock += samples;
        Received { at_sample, frame_ts, kind }
    }

    /// When the next frame of our own silence is due.
    pub(super) fn idle_deadline(&self, idle_after: Duration) -> Duration {
        let packet = u64::from(self.packet_samples);
        self.arrival + idle_after.max(time_of(packet + self.made + FRAME_SAMPLES as u64))
    }

    pub(super) fn make_silence(&mut self, now: Duration, idle_after: Duration) -> Option<Received<'static>> {
        if self.idle_deadline(idle_after) > now {
            return None;
        }
        let frame_ts = self.expected.wrapping_add(self.made as u32);
        self.made += FRAME_SAMPLES as u64;
        Some(self.spend(FRAME_SAMPLES as u64, frame_ts, Kind::Silence { samples: FRAME_SAMPLES }))
    }
}
