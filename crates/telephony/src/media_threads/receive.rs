//! The way in: packets to sound, digits and marks.
//!
//! Law: a packet that comes in order is heard the moment it is read; only a gap is waited for (`media::jitter_buffer`).
//! What was heard lies on the receive clock, which is laid onto the media clock at the first packet. Stands between
//! the socket and the conversation.

use std::time::Duration;

use app::ports::telephone::MediaEvent;
use media::concealment::Concealer;
use media::dtmf::DtmfReceiver;
use media::jitter_buffer::{Kind, PayloadMap, Received, ReorderBuffer, ReorderConfig};
use media::rtp::RtpPacket;
use media::rtp::rtcp::{ReportBlock, SenderInfo};
use media::rtp::statistics::ReceiverStatistics;
use media::{FRAME_SAMPLES, Frame, SILENCE};

use super::listen::Listener;
use super::outbox::Outbox;
use super::track::CalleeTrack;
use crate::sdp::{Codec, Negotiated};

pub(super) struct Receiver {
    payloads: PayloadMap,
    buffer: ReorderBuffer,
    /// Of the source that sends now, and which one that is.
    statistics: Option<(u32, ReceiverStatistics)>,
    /// Packets received and lost of sources before it.
    earlier: Counted,
    /// Packets a buffer before this one could not use.
    dropped: u64,
    ear: Ear,
}

/// What was received so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Counted {
    pub(super) received: u64,
    pub(super) lost: u64,
    pub(super) jitter_ms: f32,
}

/// Everything behind the buffer.
struct Ear {
    concealer: Concealer,
    digits: DtmfReceiver,
    listener: Listener,
    /// The media clock at the first sample of the receive clock.
    origin_ms: u64,
    /// The receive clock at the end of what was heard, in samples.
    position: u64,
    /// The frame being filled; packets need not hold whole frames.
    frame: Frame,
    filled: usize,
    track: Option<Box<CalleeTrack>>,
}

impl Receiver {
    pub(super) fn new(agreed: &Negotiated) -> Self {
        let ear = Ear {
            concealer: Concealer::default(),
            digits: DtmfReceiver::default(),
            listener: Listener::new(),
            origin_ms: 0,
            position: 0,
            frame: SILENCE,
            filled: 0,
            track: None,
        };
        let payloads = payloads(agreed);
        let buffer = ReorderBuffer::new(ReorderConfig::new(payloads));
        Self { payloads, buffer, statistics: None, earlier: Counted::default(), dropped: 0, ear }
    }

    /// A new description. Other payload types need another buffer, whose clock starts at `at_ms`.
    pub(super) fn describe(&mut self, agreed: &Negotiated, at_ms: u64) {
        let payloads = payloads(agreed);
        if payloads != self.payloads {
            self.dropped = self.dropped();
            self.payloads = payloads;
            self.buffer = ReorderBuffer::new(ReorderConfig::new(payloads));
            self.ear.origin_ms = at_ms;
        }
    }

    /// Keeps the callee's sound for a recording from now on.
    pub(super) fn record(&mut self) {
        self.ear.track.get_or_insert_default();
    }

    /// The callee's side of the slot that is sent now.
    pub(super) fn recording_frame(&mut self) -> Frame {
        self.ear.track.as_mut().map_or(SILENCE, |track| track.take())
    }

    /// Takes a packet that arrived at `now`, with the media clock at `at_ms`.
    pub(super) fn take(&mut self, packet: &RtpPacket<'_>, now: Duration, at_ms: u64, outbox: &mut Outbox) {
        match &mut self.statistics {
            Some((ssrc, statistics)) if *ssrc == packet.header.ssrc => statistics.on_packet(&packet.header, now),
            other => {
                if other.is_none() {
                    self.ear.origin_ms = at_ms;
                }
                self.earlier = self.counted();
                let statistics = ReceiverStatistics::new(&packet.header, media::SAMPLE_RATE, now);
                self.statistics = Some((packet.header.ssrc, statistics));
            }
        }
        self.buffer.insert(now, &packet.header, packet.payload);
        self.drain(outbox);
    }

    /// Lets time pass: gaps are given up, and silence is made where nothing comes.
    pub(super) fn advance(&mut self, now: Duration, outbox: &mut Outbox) {
        if self.buffer.deadline().is_some_and(|deadline| deadline <= now) {
            self.buffer.on_deadline(now);
            self.drain(outbox);
        }
    }

    fn drain(&mut self, outbox: &mut Outbox) {
        while let Some(received) = self.buffer.poll() {
            self.ear.hear(&received, outbox);
        }
    }

    pub(super) fn on_sender_report(&mut self, info: &SenderInfo, now: Duration) {
        if let Some((_, statistics)) = &mut self.statistics {
            statistics.on_sender_report(info, now);
        }
    }

    pub(super) fn report(&mut self, now: Duration) -> Option<ReportBlock> {
        self.statistics.as_mut().map(|(_, statistics)| statistics.report(now))
    }

    pub(super) fn counted(&self) -> Counted {
        let Some((_, statistics)) = &self.statistics else { return self.earlier };
        Counted {
            received: self.earlier.received + statistics.received(),
            lost: self.earlier.lost + u64::try_from(statistics.lost()).unwrap_or(0),
            jitter_ms: statistics.jitter().as_secs_f32() * 1000.0,
        }
    }

    /// Packets that were read and could not be used.
    pub(super) fn dropped(&self) -> u64 {
        let stats = self.buffer.stats();
        self.dropped + stats.far_off + stats.straggler + stats.unusable + stats.overflow
    }
}

impl Ear {
    /// The end of what was heard, on the media clock.
    fn at_ms(&self) -> u64 {
        self.origin_ms + self.position / 8
    }

    fn hear(&mut self, received: &Received<'_>, outbox: &mut Outbox) {
        self.position = received.at_sample;
        match received.kind {
            Kind::Audio { codec, payload } => {
                for part in payload.chunks(FRAME_SAMPLES) {
                    let mut samples = SILENCE;
                    let count = codec.decode(part, &mut samples);
                    self.concealer.heard(&mut samples[..count]);
                    self.sound(&samples[..count], outbox);
                }
            }
            Kind::Lost { samples } => self.fill(samples, Concealer::conceal, outbox),
            Kind::Silence { samples } => self.fill(samples, Concealer::silence, outbox),
            Kind::Event { payload, .. } => {
                if let Some(digit) = self.digits.on_event(received.frame_ts, payload) {
                    let at_ms = self.at_ms();
                    outbox.mark(MediaEvent::Digit { digit, at_ms });
                }
            }
            Kind::Restarted => self.digits.reset(),
        }
    }

    fn fill(&mut self, mut left: usize, make: fn(&mut Concealer, &mut [i16]), outbox: &mut Outbox) {
        while left > 0 {
            let mut part = SILENCE;
            let count = left.min(FRAME_SAMPLES);
            make(&mut self.concealer, &mut part[..count]);
            self.sound(&part[..count], outbox);
            left -= count;
        }
    }

    /// Collects sound into frames; the listener works on whole ones.
    fn sound(&mut self, mut samples: &[i16], outbox: &mut Outbox) {
        while !samples.is_empty() {
            let count = samples.len().min(FRAME_SAMPLES - self.filled);
            let (now, later) = samples.split_at(count);
            self.frame[self.filled..self.filled + count].copy_from_slice(now);
            self.filled += count;
            self.position += count as u64;
            samples = later;
            if self.filled == FRAME_SAMPLES {
                self.filled = 0;
                if let Some(track) = &mut self.track {
                    track.put(&self.frame);
                }
                let end_ms = self.at_ms();
                self.listener.hear(&self.frame, end_ms, outbox);
            }
        }
    }
}

/// Any codec of ours is understood, whatever was agreed: a peer may use all that both sides named (RFC 3264
/// section 5.1), and static payload types need no naming.
fn payloads(agreed: &Negotiated) -> PayloadMap {
    let mut map = PayloadMap::default().audio(agreed.payload_type, agreed.codec);
    for codec in Codec::ALL {
        if codec.payload_type() != agreed.payload_type {
            map = map.audio(codec.payload_type(), codec);
        }
    }
    agreed.telephone_event.map_or(map, |event| map.event(event))
}
