//! The way out: voice, silence and digits as one RTP stream.
//!
//! Law: one stream for the call's life; the sequence number rises by one with every packet and the timestamp by a
//! frame with every slot, whatever is said (RFC 3550 section 5.1). Stands between playout and the socket.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::SocketAddr;
use std::time::Instant;

use app::ports::telephone::{MediaEvent, PlayChunk};
use media::dtmf::{DtmfSender, DtmfTiming};
use media::g711::Codec;
use media::playout::{EnqueueError, Playout, PlayoutEvent};
use media::rtp::{HEADER_BYTES, RtpHeader};
use media::tones::ToneGenerator;
use media::{FRAME_SAMPLES, Frame, SILENCE};
use mio::net::UdpSocket;

use super::SLOT_MS;
use super::outbox::Outbox;
use crate::sdp::Negotiated;

/// Voice that may wait, in samples: five minutes. The chunks are shared, so waiting costs what speech costs anyway.
pub(crate) const MAX_QUEUED: usize = 300 * media::SAMPLE_RATE as usize;
/// The utterance that in-band digits are, of which nobody is told.
const IN_BAND: u64 = u64::MAX;
/// Length of an in-band digit and of the pause after it.
const IN_BAND_MS: u32 = 100;
/// Ticks of the timestamp in a frame; G.711 counts samples.
const FRAME_TICKS: u32 = FRAME_SAMPLES as u32;

pub(super) struct Sender {
    codec: Codec,
    payload_type: u8,
    /// Payload type of digits, when the far end takes them as events.
    events: Option<u8>,
    digits: DtmfSender,
    /// Digits have begun; before that they wait for what is being said.
    dialling: bool,
    playout: Playout,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    packets: u32,
    octets: u32,
    /// The next packet starts a stretch after none were sent.
    marker: bool,
    frame: Frame,
    /// Chunks refused because five minutes of voice wait already.
    pub(super) refused: u64,
}

impl Sender {
    pub(super) fn new(agreed: &Negotiated) -> Self {
        let start = random();
        Self {
            codec: agreed.codec,
            payload_type: agreed.payload_type,
            events: agreed.telephone_event,
            digits: DtmfSender::new(DtmfTiming::default()),
            dialling: false,
            playout: Playout::new(MAX_QUEUED),
            ssrc: (start >> 32) as u32,
            sequence: start as u16,
            timestamp: random() as u32,
            packets: 0,
            octets: 0,
            marker: true,
            frame: SILENCE,
            refused: 0,
        }
    }

    pub(super) fn describe(&mut self, agreed: &Negotiated) {
        self.codec = agreed.codec;
        self.payload_type = agreed.payload_type;
        self.events = agreed.telephone_event;
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets, payload bytes and the timestamp of the next frame, for reports.
    pub(super) fn sent(&self) -> (u32, u32, u32) {
        (self.packets, self.octets, self.timestamp)
    }

    /// What left last, for the recording.
    pub(super) fn last_frame(&self) -> &Frame {
        &self.frame
    }

    /// Whether the next frame would be silence.
    pub(super) fn is_silent(&self) -> bool {
        let nothing_sounds = self.playout.is_idle() || self.playout.current().is_some();
        self.playout.queued_samples() == 0 && nothing_sounds
    }

    /// Takes a chunk; tells whether it was taken and holds voice.
    pub(super) fn play(&mut self, chunk: PlayChunk) -> bool {
        let PlayChunk { utterance, generation, samples, last } = chunk;
        let voice = !samples.is_empty();
        match self.playout.enqueue(media::playout::PlayChunk { utterance, generation, samples, last }) {
            Ok(()) => voice,
            Err(EnqueueError::Full) => {
                self.refused += 1;
                false
            }
            // Its synthesis was overtaken by a barge-in.
            Err(EnqueueError::Stale) => false,
        }
    }

    pub(super) fn flush(&mut self, generation: u32, at_ms: u64, outbox: &mut Outbox) {
        self.playout.flush(generation);
        self.tell(at_ms, outbox);
    }

    /// Queues keys; tells whether all of them are keys and there is room. A far end that takes no events hears them
    /// as tones in the voice.
    pub(super) fn digits(&mut self, digits: &str) -> bool {
        if self.events.is_some() {
            return self.digits.push(digits);
        }
        let samples = IN_BAND_MS as usize * 2 * media::SAMPLE_RATE as usize / 1000 * digits.chars().count();
        let Some(tones) = ToneGenerator::dtmf(digits, IN_BAND_MS).filter(|_| samples <= MAX_QUEUED) else {
            return false;
        };
        let samples = tones.render(samples).into();
        // The highest generation: a barge-in does not cut a number half dialled.
        self.play(PlayChunk { utterance: IN_BAND, generation: u32::MAX, samples, last: true })
    }

    /// Sends the next frame.
    pub(super) fn send_frame(&mut self, socket: &UdpSocket, target: SocketAddr, at_ms: u64, outbox: &mut Outbox) {
        if !self.send_digit(socket, target) {
            self.playout.next_frame(&mut self.frame);
            let payload = self.codec.encode_frame(&self.frame);
            self.send(socket, target, self.payload_type, self.timestamp, &payload);
        }
        self.timestamp = self.timestamp.wrapping_add(FRAME_TICKS);
        self.tell(at_ms, outbox);
    }

    /// Sends a packet of a key press in the place of voice (RFC 4733), if one is due.
    fn send_digit(&mut self, socket: &UdpSocket, target: SocketAddr) -> bool {
        self.dialling = !self.digits.is_idle() && (self.dialling || self.is_silent());
        let (true, Some(events)) = (self.dialling, self.events) else { return false };
        let Some(packet) = self.digits.next_slot(self.timestamp) else { return false };
        self.marker |= packet.marker;
        self.frame = SILENCE;
        self.send(socket, target, events, packet.timestamp, &packet.payload);
        true
    }

    /// A slot in which the far end does not want to hear us: time goes on, voice waits.
    pub(super) fn hold_frame(&mut self) {
        self.frame = SILENCE;
        self.timestamp = self.timestamp.wrapping_add(FRAME_TICKS);
        self.marker = true;
    }

    fn send(&mut self, socket: &UdpSocket, target: SocketAddr, payload_type: u8, timestamp: u32, payload: &[u8]) {
        let header = RtpHeader {
            marker: std::mem::take(&mut self.marker),
            payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
        };
        let mut packet = [0; HEADER_BYTES + FRAME_SAMPLES];
        let length = header.write(payload, &mut packet).expect("the buffer holds a frame");
        // A full buffer or an unreachable far end loses this packet like any network does; the next has its own.
        let _ = socket.send_to(&packet[..length], target);
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(u32::try_from(payload.len()).unwrap_or(0));
    }

    /// Passes on what became of utterances with the frame at `at_ms`.
    fn tell(&mut self, at_ms: u64, outbox: &mut Outbox) {
        tell_marks(&mut self.playout, at_ms, outbox);
    }
}

/// Passes on what became of utterances with the frame at `at_ms`.
pub(crate) fn tell_marks(playout: &mut Playout, at_ms: u64, outbox: &mut Outbox) {
    while let Some(event) = playout.poll() {
        outbox.mark(match event {
            PlayoutEvent::Started { utterance: IN_BAND, .. }
            | PlayoutEvent::Finished { utterance: IN_BAND, .. }
            | PlayoutEvent::Cut { utterance: IN_BAND, .. } => continue,
            PlayoutEvent::Started { utterance, .. } => {
                MediaEvent::PlayStarted { utterance, at_ms, sent: Instant::now() }
            }
            PlayoutEvent::Finished { utterance, .. } => MediaEvent::PlayFinished { utterance, at_ms: at_ms + SLOT_MS },
            PlayoutEvent::Cut { utterance, samples_played, .. } => {
                MediaEvent::PlayCut { utterance, at_ms, samples_played }
            }
        });
    }
}

/// Random bits from the standard library's hasher keys: SSRC, sequence and timestamp start at random so that a
/// stranger cannot guess them (RFC 3550 section 5.1); they guard nothing more.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
