//! Jitter buffer for a listener that is a machine: it puts packets in order and adds no delay of its own.
//!
//! Law: sans-IO. A packet that comes in order is released at once; nothing is held back for even pacing, because
//! recognisers and detectors read audio as fast as it comes. Only a gap is waited for, at most one window; then
//! it becomes [`Kind::Lost`]. Each release carries its place on the *receive clock*: samples since the first
//! packet, never backwards, across lost packets, silence suppression, timestamp jumps and new sources. Memory is
//! bounded. After every [`ReorderBuffer::insert`] and [`ReorderBuffer::on_deadline`] drain
//! [`ReorderBuffer::poll`] to `None`, then read [`ReorderBuffer::deadline`].
//!
//! A far end that stops sending (silence suppression) would also stop the receive clock, and with it the
//! detection of the end of speech; after [`ReorderConfig::idle_after`] without packets the buffer therefore
//! makes silence on its own, and takes it off the gap that the next packet shows.
//!
//! On the call's way: socket → [`crate::rtp`] → here → codec.

use std::time::Duration;

use crate::rtp::{RtpHeader, sequence_distance};

mod config;
mod held;
mod received;
#[cfg(test)]
mod tests;
mod timeline;

pub use config::{PayloadMap, ReorderConfig};
use held::{Held, Insertion};
pub use received::{Kind, Received, ReorderStats};
use timeline::Timeline;

/// Packets behind a gap beyond which the gap is given up, whatever the window: 640 ms at 20 ms a packet.
const MAX_HELD: usize = 32;

/// Largest believable step ahead of the sequence number, RFC 3550 A.1.
const MAX_DROPOUT: i16 = 3_000;

/// Largest believable step back of the sequence number, RFC 3550 A.1.
const MAX_MISORDER: i16 = 100;

/// Largest payload kept: 120 ms of G.711, and less than an Ethernet frame.
const MAX_PAYLOAD: usize = 960;

/// How long packets of the source before this one are stragglers and not yet another change of source.
const STRAGGLER_TIME: Duration = Duration::from_millis(200);

/// The stream being received.
#[derive(Debug)]
struct Stream {
    ssrc: u32,
    /// Extended sequence number of the next packet to release.
    next: u64,
    /// Bit n: whether packet `next - 1 - n` was released, so that a second copy is a duplicate and not late.
    history: u64,
    /// The sequence number that would confirm a restart (RFC 3550 A.1, `bad_seq`).
    restart_at: Option<u16>,
}

/// The buffer of one call.
#[derive(Debug)]
pub struct ReorderBuffer {
    config: ReorderConfig,
    stream: Option<Stream>,
    previous: Option<(u32, Duration)>,
    held: Held,
    timeline: Timeline,
    /// The latest time the caller told us.
    now: Duration,
    /// Too much is held: gaps are not waited for until all is released.
    give_up: bool,
    announce_restart: bool,
    stats: ReorderStats,
}

impl ReorderBuffer {
    /// An empty buffer; the first packet starts the receive clock at 0.
    #[must_use]
    pub fn new(config: ReorderConfig) -> Self {
        Self {
            config,
            stream: None,
            previous: None,
            held: Held::default(),
            timeline: Timeline::default(),
            now: Duration::ZERO,
            give_up: false,
            announce_restart: false,
            stats: ReorderStats::default(),
        }
    }

    /// Takes one packet that arrived at `now`.
    pub fn insert(&mut self, now: Duration, header: &RtpHeader, payload: &[u8]) {
        self.now = self.now.max(now);
        self.stats.received += 1;
        if payload.len() > MAX_PAYLOAD {
            self.stats.unusable += 1;
            return;
        }
        let Some(position) = self.place(header) else { return };
        match self.held.insert(position, self.now, header, payload) {
            Insertion::Held => {}
            Insertion::Duplicate => self.stats.duplicate += 1,
            Insertion::Full => self.stats.overflow += 1,
        }
        if self.config.payloads.codec(header.payload_type).is_some() {
            self.timeline.on_arrival(self.now);
        }
        self.give_up |= self.held.len() > MAX_HELD;
    }

    /// Tells the buffer that `now` is reached; does nothing before [`Self::deadline`].
    pub fn on_deadline(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// When [`Self::on_deadline`] must be called: a gap's window ends, or silence is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        match self.held.earliest_arrival() {
            Some(arrival) => Some(arrival + self.config.window),
            None if self.stream.is_some() => Some(self.timeline.idle_deadline(self.config.idle_after?)),
            None => None,
        }
    }

    /// The next release.
    pub fn poll(&mut self) -> Option<Received<'_>> {
        if std::mem::take(&mut self.announce_restart) {
            return Some(self.timeline.instant(Kind::Restarted));
        }
        loop {
            if let Some(filler) = self.timeline.take_filler() {
                return Some(filler);
            }
            let stream = self.stream.as_mut()?;
            let Some(front) = self.held.front() else {
                self.give_up = false;
                return self.timeline.make_silence(self.now, self.config.idle_after?);
            };
            let missing = front.position - stream.next;
            if missing > 0 && !self.give_up && !self.held.waited(self.now, self.config.window) {
                return None;
            }
            self.stats.lost += missing;
            stream.skip(missing);
            let codec = self.config.payloads.codec(front.payload_type);
            if codec.is_some() && self.timeline.step_to(front.timestamp, missing, front.arrived) {
                self.stats.timestamp_jumps += 1;
            }
            if self.timeline.has_filler() {
                continue;
            }
            stream.release();
            self.held.pop();
            if let Some(codec) = codec {
                self.stats.released += 1;
                return Some(self.timeline.audio(codec, self.held.payload(&front), front.arrived));
            }
            if self.config.payloads.event == Some(front.payload_type) {
                self.stats.released += 1;
                let kind = Kind::Event { marker: front.marker, payload: self.held.payload(&front) };
                return Some(Received { frame_ts: front.timestamp, ..self.timeline.instant(kind) });
            }
            self.stats.unusable += 1;
        }
    }

    /// Counters so far.
    #[must_use]
    pub fn stats(&self) -> ReorderStats {
        self.stats
    }

    /// Samples on the receive clock so far: the position of the next release.
    #[must_use]
    pub fn clock(&self) -> u64 {
        self.timeline.clock()
    }

    /// The extended sequence number of a packet that may be kept; counts and refuses any other.
    fn place(&mut self, header: &RtpHeader) -> Option<u64> {
        let Some(stream) = &mut self.stream else { return Some(self.start(header)) };
        if stream.ssrc != header.ssrc {
            if self.previous.is_some_and(|(ssrc, until)| ssrc == header.ssrc && self.now < until) {
                self.stats.straggler += 1;
                return None;
            }
            self.previous = Some((stream.ssrc, self.now + STRAGGLER_TIME));
            return Some(self.start(header));
        }
        let ahead = sequence_distance((stream.next & 0xffff) as u16, header.sequence);
        if !(-MAX_MISORDER..=MAX_DROPOUT).contains(&ahead) {
            if stream.restart_at == Some(header.sequence) {
                return Some(self.start(header));
            }
            stream.restart_at = Some(header.sequence.wrapping_add(1));
            self.stats.far_off += 1;
            return None;
        }
        stream.restart_at = None;
        if ahead < 0 {
            let age = u32::from(ahead.unsigned_abs()) - 1;
            let released = age < u64::BITS && stream.history >> age & 1 == 1;
            *(if released { &mut self.stats.duplicate } else { &mut self.stats.late }) += 1;
            return None;
        }
        Some(stream.next + u64::from(ahead.unsigned_abs()))
    }

    /// Begins a stream with this packet. What the old one still held behind a gap is dropped as late: it would
    /// otherwise delay the new one.
    fn start(&mut self, header: &RtpHeader) -> u64 {
        // A whole cycle above zero, so that positions before the first are still positive.
        let position = (1 << 16) + u64::from(header.sequence);
        if self.stream.is_some() {
            self.stats.late += self.held.len() as u64;
            self.held.clear();
            self.timeline.restart(header.timestamp, self.now);
            self.announce_restart = true;
            self.stats.restarts += 1;
        } else {
            self.timeline.start(header.timestamp, self.now);
        }
        self.stream = Some(Stream { ssrc: header.ssrc, next: position, history: 0, restart_at: None });
        position
    }
}

impl Stream {
    fn release(&mut self) {
        self.next += 1;
        self.history = self.history << 1 | 1;
    }

    fn skip(&mut self, missing: u64) {
        self.next += missing;
        let shift = u32::try_from(missing).unwrap_or(u32::MAX);
        self.history = self.history.checked_shl(shift).unwrap_or(0);
    }
}
