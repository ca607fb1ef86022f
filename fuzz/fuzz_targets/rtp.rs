//! What a media thread does with datagrams: RTP and RTCP reading, statistics, the reorder buffer, concealment and
//! digits, driven by a list of operations. Law: the receive clock never runs backwards, every release begins where
//! the one before ended, and a packet makes no more sound than time has passed, plus two seconds.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use media::FRAME_SAMPLES;
use media::concealment::Concealer;
use media::dtmf::{DtmfReceiver, KEYS, TelephoneEvent};
use media::g711::Codec;
use media::jitter_buffer::{Kind, PayloadMap, Received, ReorderBuffer, ReorderConfig};
use media::rtp::rtcp::{Compound, RtcpPacket, RtcpPackets};
use media::rtp::statistics::{ReceiverStatistics, round_trip};
use media::rtp::{RtpHeader, RtpPacket, is_rtcp};

/// Samples that the 33 packets released at once at the very most may hold and claim, beyond the time that passed.
const MOST_SAMPLES: u64 = 33 * (16_000 + 960);

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        let count = N.min(self.0.len());
        taken[..count].copy_from_slice(self.take(count));
        taken
    }

    fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

struct Ear {
    buffer: ReorderBuffer,
    statistics: Option<ReceiverStatistics>,
    concealer: Concealer,
    digits: DtmfReceiver,
    clock: u64,
    now: Duration,
    header: RtpHeader,
}

impl Ear {
    fn new(window: u8) -> Self {
        let payloads = PayloadMap::default().audio(0, Codec::Pcmu).audio(8, Codec::Pcma).event(101);
        let mut config = ReorderConfig::new(payloads);
        config.window = Duration::from_millis(window.into());
        Self {
            buffer: ReorderBuffer::new(config),
            statistics: None,
            concealer: Concealer::default(),
            digits: DtmfReceiver::default(),
            clock: 0,
            now: Duration::ZERO,
            header: RtpHeader { marker: false, payload_type: 0, sequence: 65_530, timestamp: u32::MAX - 400, ssrc: 1 },
        }
    }

    fn packet(&mut self, header: &RtpHeader, payload: &[u8]) {
        match &mut self.statistics {
            Some(statistics) => statistics.on_packet(header, self.now),
            None => self.statistics = Some(ReceiverStatistics::new(header, media::SAMPLE_RATE, self.now)),
        }
        self.buffer.insert(self.now, header, payload);
        self.drain();
    }

    /// Lets time pass the way a media thread does: no deadline is skipped, and each is over once it was served.
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(deadline) = self.buffer.deadline().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            self.buffer.on_deadline(self.now);
            self.drain();
            assert!(self.buffer.deadline().is_none_or(|next| next > self.now), "a deadline that stays due");
        }
        self.now = until;
    }

    fn drain(&mut self) {
        let before = self.clock;
        let silence_due = media::samples_in(self.now);
        while let Some(received) = self.buffer.poll() {
            self.clock = hear(&received, self.clock, &mut self.concealer, &mut self.digits);
            assert!(self.clock - before <= MOST_SAMPLES + silence_due, "what was released at once is too much sound");
        }
        assert_eq!(self.buffer.clock(), self.clock);
    }

    fn datagram(&mut self, bytes: &[u8]) {
        if let Ok(packet) = RtpPacket::parse(bytes) {
            assert!(!is_rtcp(bytes));
            assert!(packet.payload.len() + packet.csrc.len() + 12 <= bytes.len());
            let mut out = [0; 2048];
            let length = packet.header.write(packet.payload, &mut out).expect("shorter than the buffer");
            let again = RtpPacket::parse(&out[..length]).expect("what we wrote can be read");
            assert_eq!((again.header, again.payload), (packet.header, packet.payload));
            self.packet(&packet.header, packet.payload);
        }
        for packet in RtcpPackets::new(bytes) {
            match packet {
                Ok(RtcpPacket::SenderReport { info, reports, .. }) => {
                    if let Some(statistics) = &mut self.statistics {
                        statistics.on_sender_report(&info, self.now);
                    }
                    let _ = reports.map(|block| round_trip(info.ntp, &block)).count();
                }
                Ok(RtcpPacket::ReceiverReport { reports, .. }) => {
                    let _ = reports.map(|block| round_trip(u64::MAX, &block)).count();
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    fn report(&mut self, cname: &[u8]) {
        let Some(statistics) = &mut self.statistics else { return };
        let _ = (statistics.jitter(), statistics.lost(), statistics.received());
        let report = statistics.report(self.now);
        let cname = String::from_utf8_lossy(cname);
        let compound = Compound { ssrc: 9, info: None, report: Some(report), cname: &cname, bye: true };
        let mut out = [0; 1500];
        let length = compound.write(&mut out).expect("a compound is shorter than a datagram");
        let read: Vec<_> = RtcpPackets::new(&out[..length]).collect();
        assert!(read.iter().all(Result::is_ok) && read.len() == 3);
        let Some(&Ok(RtcpPacket::ReceiverReport { mut reports, .. })) = read.first() else { panic!("no report first") };
        assert_eq!(reports.next(), Some(report));
    }
}

fn hear(received: &Received<'_>, clock: u64, concealer: &mut Concealer, digits: &mut DtmfReceiver) -> u64 {
    assert_eq!(received.at_sample, clock, "a release begins where the one before ended");
    let mut frame = [0; FRAME_SAMPLES];
    match received.kind {
        Kind::Audio { codec, payload } => {
            for part in payload.chunks(FRAME_SAMPLES) {
                let count = codec.decode(part, &mut frame);
                concealer.heard(&mut frame[..count]);
            }
            clock + codec.samples_in(payload.len()) as u64
        }
        Kind::Lost { samples } => {
            concealer.conceal(&mut frame[..samples]);
            clock + samples as u64
        }
        Kind::Silence { samples } => {
            concealer.silence(&mut frame[..samples]);
            clock + samples as u64
        }
        Kind::Event { payload, .. } => {
            let digit = digits.on_event(received.frame_ts, payload);
            assert!(digit.is_none_or(|digit| KEYS.contains(&digit)));
            if let Some(event) = TelephoneEvent::parse(payload) {
                let again = TelephoneEvent::parse(&event.to_bytes());
                assert_eq!(again, Some(event));
            }
            clock
        }
        Kind::Restarted => {
            digits.reset();
            clock
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let mut ear = Ear::new(bytes.byte());
    while !bytes.0.is_empty() {
        let operation = bytes.byte();
        match operation % 8 {
            // A datagram as it is.
            0 => {
                let length = usize::from(u16::from_be_bytes(bytes.array()) % 1_600);
                let datagram = bytes.take(length);
                ear.datagram(datagram);
            }
            // Packets in order, each 20 ms after the one before; the payload is not what matters.
            1 => {
                for _ in 0..1 + operation / 8 {
                    ear.header.sequence = ear.header.sequence.wrapping_add(1);
                    ear.header.timestamp = ear.header.timestamp.wrapping_add(160);
                    ear.pass(Duration::from_millis(20));
                    ear.packet(&ear.header.clone(), &[0xd5; 160]);
                }
            }
            // One packet a little off: early, late, twice, with another length.
            2 => {
                let [off, length, kind] = bytes.array();
                let ahead = i16::from(off.cast_signed());
                let header = RtpHeader {
                    sequence: ear.header.sequence.wrapping_add(ahead.cast_unsigned()),
                    timestamp: ear.header.timestamp.wrapping_add((i32::from(ahead) * 160).cast_unsigned()),
                    payload_type: [0, 8, 101, 13][usize::from(kind % 4)],
                    marker: kind & 0x80 != 0,
                    ..ear.header
                };
                ear.packet(&header, &[0x55; 1020][..4 * usize::from(length)]);
            }
            3 => ear.pass(Duration::from_millis(bytes.byte().into())),
            // A key press: several packets with one timestamp.
            4 => {
                let payload: [u8; 4] = bytes.array();
                for _ in 0..1 + operation / 64 {
                    ear.header.sequence = ear.header.sequence.wrapping_add(1);
                    let header = RtpHeader { payload_type: 101, ..ear.header };
                    ear.packet(&header, &payload);
                }
            }
            // Counters and source change at the sender's will.
            5 => ear.header.sequence = ear.header.sequence.wrapping_add(u16::from_be_bytes(bytes.array())),
            6 => ear.header.timestamp = ear.header.timestamp.wrapping_add(u32::from_be_bytes(bytes.array())),
            _ => {
                ear.header.ssrc = u32::from(operation / 8);
                let length = usize::from(bytes.byte());
                let name = bytes.take(length);
                ear.report(name);
            }
        }
    }
});
