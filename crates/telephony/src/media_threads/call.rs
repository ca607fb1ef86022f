//! One call on a media thread: its sockets, its two directions and its clock.
//!
//! Law: one frame out per slot from the first slot to the last, silence included, so that sequence numbers and
//! timestamps never jump and the far end's network address translation stays open. The media clock counts slots.

use std::io;
use std::net::{SocketAddr, UdpSocket as StdUdpSocket};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use app::ports::telephone::{LegStats, MediaEvent, StereoSink};
use media::rtp::RtpPacket;
use media::rtp::rtcp::{Compound, RtcpPacket, RtcpPackets, SenderInfo};
use mio::net::UdpSocket;

use super::latch::Latch;
use super::outbox::Outbox;
use super::receive::Receiver;
use super::send::Sender;
use super::wheel::Pacing;
use super::{CallCommand, MediaCounters, NewCall, SLOT_MS, SocketPair, count};
use crate::sdp::Negotiated;

/// Packets read from one socket at one visit; 64 are over a second of voice.
const READS_AT_ONCE: usize = 64;
/// Room for the largest datagram voice can come in; longer ones are cut and then malformed.
const DATAGRAM: usize = 1500;
/// RFC 3550 section 6.2: the interval of reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_OFFSET_S: u64 = 2_208_988_800;

pub(super) struct Call {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    agreed: Negotiated,
    latch: Latch,
    pub(super) pacing: Pacing,
    receiver: Receiver,
    sender: Sender,
    outbox: Outbox,
    /// The recording, and whoever listens.
    record: Option<Box<dyn StereoSink>>,
    listen: Option<Box<dyn StereoSink>>,
    inactivity: Duration,
    last_heard: Instant,
    inactive: bool,
    heard_anything: bool,
    /// Frames of the media clock so far.
    slots: u64,
    next_report: Instant,
    /// Where the times given to the pure parts count from.
    epoch: Instant,
    cname: String,
    dropped: u64,
}

impl Call {
    pub(super) fn new(sockets: SocketPair, new: NewCall, now: Instant, tick: u64) -> io::Result<Self> {
        discard(&sockets.rtp);
        discard(&sockets.rtcp);
        let sender = Sender::new(&new.agreed);
        Ok(Self {
            rtp: UdpSocket::from_std(sockets.rtp),
            rtcp: UdpSocket::from_std(sockets.rtcp),
            latch: Latch::new(new.agreed.remote, now),
            pacing: Pacing::new(tick),
            receiver: Receiver::new(&new.agreed),
            cname: format!("{:08x}", sender.ssrc()),
            sender,
            agreed: new.agreed,
            outbox: Outbox::new(new.events),
            record: None,
            listen: None,
            inactivity: new.inactivity,
            last_heard: now,
            inactive: false,
            heard_anything: false,
            slots: 0,
            next_report: now + REPORT_INTERVAL,
            epoch: now,
            dropped: 0,
        })
    }

    pub(super) fn sockets(&mut self) -> [&mut UdpSocket; 2] {
        [&mut self.rtp, &mut self.rtcp]
    }

    /// The media clock.
    fn at_ms(&self) -> u64 {
        self.slots * SLOT_MS
    }

    /// Takes a command; tells whether the next frame should leave now instead of at its slot.
    pub(super) fn on_command(&mut self, command: CallCommand, now: Instant) -> bool {
        match command {
            CallCommand::Describe(agreed) => {
                self.latch.announce(agreed.remote, now);
                self.sender.describe(&agreed);
                self.receiver.describe(&agreed, self.slots * SLOT_MS);
                self.agreed = agreed;
                self.last_heard = now;
            }
            CallCommand::Play(chunk) => {
                let silent = self.sender.is_silent() && self.agreed.direction.sends();
                return self.sender.play(chunk) && silent;
            }
            CallCommand::Flush { generation } => self.sender.flush(generation, self.slots * SLOT_MS, &mut self.outbox),
            CallCommand::Digits(digits) => {
                if !self.sender.digits(&digits) {
                    tracing::warn!("digits were refused: a character is no key, or too many wait");
                }
            }
            CallCommand::HeardDigit(digit) => {
                let at_ms = self.at_ms();
                self.outbox.mark(MediaEvent::Digit { digit, at_ms });
            }
            CallCommand::Record(sink) => {
                self.receiver.record();
                self.record = Some(sink);
            }
            CallCommand::Listen(sink) => {
                self.receiver.record();
                self.listen = Some(sink);
            }
        }
        false
    }

    /// Reads what came; tells whether the socket is empty.
    pub(super) fn read_rtp(&mut self, now: Instant, counters: &MediaCounters) -> bool {
        let mut buffer = [0; DATAGRAM];
        for _ in 0..READS_AT_ONCE {
            match self.rtp.recv_from(&mut buffer) {
                Ok((length, source)) => self.on_rtp(&buffer[..length], source, now, counters),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                // ICMP errors of earlier sends come up here; the far end may still be starting.
                Err(_) => {}
            }
        }
        false
    }

    fn on_rtp(&mut self, datagram: &[u8], source: SocketAddr, now: Instant, counters: &MediaCounters) {
        let Ok(packet) = RtpPacket::parse(datagram) else {
            self.dropped += 1;
            return count(&counters.malformed);
        };
        if !self.latch.accept(source, now) {
            self.dropped += 1;
            return count(&counters.foreign);
        }
        self.last_heard = now;
        self.inactive = false;
        let at_ms = self.at_ms();
        if !std::mem::replace(&mut self.heard_anything, true) {
            self.outbox.mark(MediaEvent::FirstPacket { at_ms });
        }
        self.receiver.take(&packet, now.saturating_duration_since(self.epoch), at_ms, &mut self.outbox);
    }

    /// Reads the peer's reports; tells whether the socket is empty.
    pub(super) fn read_rtcp(&mut self, now: Instant, counters: &MediaCounters) -> bool {
        let mut buffer = [0; DATAGRAM];
        for _ in 0..READS_AT_ONCE {
            match self.rtcp.recv_from(&mut buffer) {
                Ok((length, _)) => self.on_rtcp(&buffer[..length], now, counters),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(_) => {}
            }
        }
        false
    }

    fn on_rtcp(&mut self, datagram: &[u8], now: Instant, counters: &MediaCounters) {
        for packet in RtcpPackets::new(datagram) {
            match packet {
                Ok(RtcpPacket::SenderReport { info, .. }) => {
                    self.receiver.on_sender_report(&info, now.saturating_duration_since(self.epoch));
                }
                Ok(_) => {}
                Err(_) => count(&counters.malformed),
            }
        }
    }

    /// One slot: 20 ms of both directions.
    pub(super) fn slot(&mut self, now: Instant) {
        if self.sender.is_silent() && self.pacing.pay_back() {
            return;
        }
        let at_ms = self.at_ms();
        self.receiver.advance(now.saturating_duration_since(self.epoch), &mut self.outbox);
        let sending = self.agreed.direction.sends() && !self.latch.target().ip().is_unspecified();
        if sending {
            let target = self.latch.target();
            self.sender.send_frame(&self.rtp, target, at_ms, &mut self.outbox);
        } else {
            self.sender.hold_frame();
        }
        if self.record.is_some() || self.listen.is_some() {
            let callee = self.receiver.recording_frame();
            for sink in [&mut self.record, &mut self.listen].into_iter().flatten() {
                sink.frame(at_ms, self.sender.last_frame(), &callee);
            }
        }
        self.pacing.sent();
        self.slots += 1;
        self.outbox.flush();
        self.watch(now);
    }

    /// What happens seldom: inactivity and reports.
    fn watch(&mut self, now: Instant) {
        let expected = self.agreed.direction.receives();
        if expected && !self.inactive && now.saturating_duration_since(self.last_heard) >= self.inactivity {
            self.inactive = true;
            let at_ms = self.at_ms();
            self.outbox.mark(MediaEvent::Inactive { at_ms });
        }
        if now >= self.next_report {
            self.next_report = now + REPORT_INTERVAL;
            self.report(now, false);
        }
    }

    fn report(&mut self, now: Instant, goodbye: bool) {
        let (packets, bytes, timestamp) = self.sender.sent();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let fraction = (u64::from(wall.subsec_nanos()) << 32) / 1_000_000_000;
        let ntp = ((wall.as_secs() + NTP_OFFSET_S) << 32) | fraction;
        let compound = Compound {
            ssrc: self.sender.ssrc(),
            info: Some(SenderInfo { ntp, timestamp, packets, bytes }),
            report: self.receiver.report(now.saturating_duration_since(self.epoch)),
            cname: &self.cname,
            bye: goodbye,
        };
        let mut buffer = [0; 128];
        let length = compound.write(&mut buffer).expect("a report with a name of 8 letters fits");
        let target = SocketAddr::new(self.latch.target().ip(), self.agreed.remote_rtcp.port());
        if !target.ip().is_unspecified() {
            // Reports are best effort; a peer without RTCP refuses them by ICMP.
            let _ = self.rtcp.send_to(&buffer[..length], target);
        }
    }

    /// The end: marks of what it cuts short, a last report with BYE, and the counters.
    pub(super) fn close(&mut self, now: Instant) -> LegStats {
        self.sender.flush(u32::MAX, self.slots * SLOT_MS, &mut self.outbox);
        self.report(now, true);
        let received = self.receiver.counted();
        LegStats {
            packets_sent: u64::from(self.sender.sent().0),
            packets_received: received.received,
            packets_lost: received.lost,
            jitter_ms: received.jitter_ms,
            packets_dropped: self.dropped + self.receiver.dropped(),
            events_dropped: self.outbox.dropped(),
        }
    }
}

/// Empties a socket: what came before the description belongs to nobody.
fn discard(socket: &StdUdpSocket) {
    let mut buffer = [0; 1];
    for _ in 0..1000 {
        if let Err(error) = socket.recv_from(&mut buffer)
            && error.kind() == io::ErrorKind::WouldBlock
        {
            return;
        }
    }
}
