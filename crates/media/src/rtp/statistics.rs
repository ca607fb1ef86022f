//! What a receiver knows of a stream (RFC 3550, appendix A.3 and A.8): loss, jitter, extended sequence numbers.
//!
//! Law: counts what arrives on the wire, duplicates and late packets included; it decides nothing.
//!
//! On the call's way: fed with every voice packet of the accepted source; read for RTCP, metrics and the
//! call's quality record.

use std::time::Duration;

use super::rtcp::{ReportBlock, SenderInfo};
use super::{RtpHeader, sequence_distance};

/// Statistics of one received stream. Start a new one when the SSRC changes.
#[derive(Debug, Clone)]
pub struct ReceiverStatistics {
    ssrc: u32,
    clock_rate: u32,
    first: u32,
    highest: u32,
    received: u64,
    transit: Option<i64>,
    jitter_times_16: u32,
    expected_before: u64,
    received_before: u64,
    sender_report: Option<(u32, Duration)>,
}

impl ReceiverStatistics {
    /// Statistics that begin with this packet. `clock_rate` is in timestamp ticks per second.
    #[must_use]
    pub fn new(first: &RtpHeader, clock_rate: u32, arrival: Duration) -> Self {
        let mut statistics = Self {
            ssrc: first.ssrc,
            clock_rate,
            first: u32::from(first.sequence),
            highest: u32::from(first.sequence),
            received: 0,
            transit: None,
            jitter_times_16: 0,
            expected_before: 0,
            received_before: 0,
            sender_report: None,
        };
        statistics.on_packet(first, arrival);
        statistics
    }

    /// Counts one packet of the stream.
    pub fn on_packet(&mut self, header: &RtpHeader, arrival: Duration) {
        self.received += 1;
        let ahead = sequence_distance(low_half(self.highest), header.sequence);
        if ahead > 0 {
            self.highest = self.highest.wrapping_add(u32::from(ahead.cast_unsigned()));
        }
        self.update_jitter(header.timestamp, arrival);
    }

    /// RFC 3550, A.8, with the estimate kept in sixteenths of a tick.
    fn update_jitter(&mut self, timestamp: u32, arrival: Duration) {
        let ticks = arrival.as_micros() * u128::from(self.clock_rate) / 1_000_000;
        let low_bits = u32::try_from(ticks & u128::from(u32::MAX)).expect("masked to 32 bits");
        let transit = i64::from(low_bits.wrapping_sub(timestamp));
        if let Some(before) = self.transit.replace(transit) {
            // The difference of two wrapping counters is itself taken by the shorter way round.
            let wrapped = u32::try_from((transit - before).rem_euclid(1 << 32)).expect("reduced to 32 bits");
            let change = wrapped.cast_signed().unsigned_abs().min(1 << 24);
            self.jitter_times_16 = self.jitter_times_16 + change - ((self.jitter_times_16 + 8) >> 4);
        }
    }

    /// Notes the far end's sender report, for the round-trip time that it will compute from ours.
    pub fn on_sender_report(&mut self, info: &SenderInfo, now: Duration) {
        self.sender_report = Some((middle_of(info.ntp), now));
    }

    /// Packets received so far, duplicates included.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Packets that the sequence numbers promise so far.
    #[must_use]
    pub fn expected(&self) -> u64 {
        u64::from(self.highest.wrapping_sub(self.first)) + 1
    }

    /// Packets missing so far; negative when duplicates outnumber losses.
    #[must_use]
    pub fn lost(&self) -> i64 {
        self.expected().cast_signed() - self.received.cast_signed()
    }

    /// Smoothed interarrival jitter.
    #[must_use]
    pub fn jitter(&self) -> Duration {
        let micros = u64::from(self.jitter_times_16) * 1_000_000 / 16 / u64::from(self.clock_rate.max(1));
        Duration::from_micros(micros)
    }

    /// The block for our next report; the fraction lost counts from the last call on.
    pub fn report(&mut self, now: Duration) -> ReportBlock {
        // The extended number wraps as well when a sender leaps ahead with every packet.
        let expected = self.expected().saturating_sub(self.expected_before);
        let received = self.received - self.received_before;
        self.expected_before = self.expected();
        self.received_before = self.received;
        let lost = expected.saturating_sub(received);
        let fraction = (lost << 8).checked_div(expected).unwrap_or(0);
        let (last_sender_report, delay_since_last) = match self.sender_report {
            Some((middle, at)) => (middle, to_65536ths(now.saturating_sub(at))),
            None => (0, 0),
        };
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            cumulative_lost: i32::try_from(self.lost().clamp(-0x80_0000, 0x7f_ffff)).expect("clamped to 24 bits"),
            highest_sequence: self.highest,
            jitter: self.jitter_times_16 >> 4,
            last_sender_report,
            delay_since_last,
        }
    }
}

/// The round-trip time from a report block about our own stream (RFC 3550, section 6.4.1): `now_ntp` is the wall
/// clock at its arrival. `None` if the far end has not heard a report of ours, or if the times contradict.
#[must_use]
pub fn round_trip(now_ntp: u64, block: &ReportBlock) -> Option<Duration> {
    if block.last_sender_report == 0 {
        return None;
    }
    let elapsed = middle_of(now_ntp).wrapping_sub(block.last_sender_report);
    let units = elapsed.checked_sub(block.delay_since_last)?;
    Some(Duration::from_micros(u64::from(units) * 1_000_000 / 65_536))
}

fn middle_of(ntp: u64) -> u32 {
    u32::try_from((ntp >> 16) & u64::from(u32::MAX)).expect("masked to 32 bits")
}

fn low_half(extended: u32) -> u16 {
    u16::try_from(extended & 0xffff).expect("masked to 16 bits")
}

fn to_65536ths(time: Duration) -> u32 {
    u32::try_from(time.as_micros() * 65_536 / 1_000_000).unwrap_or(u32::MAX)
}
