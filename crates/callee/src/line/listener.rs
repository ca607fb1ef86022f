//! The receiving half of a line: packets to samples, samples to stretches of sound, events to keys.
//!
//! Law: what comes from the agent is digital silence or the agent, so that level alone tells its speech; a model
//! would miss the tones that stand for speech where there are no models. A stretch begins with the first of three
//! loud frames in a row and ends with the last before 300 ms of quiet. Ears get it with 200 ms in front, as
//! recognisers want it. Times are those of arrival.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use media::concealment::Concealer;
use media::dtmf::DtmfReceiver;
use media::jitter_buffer::{Kind, PayloadMap, ReorderBuffer, ReorderConfig};
use media::level::{peak_dbfs, rms_dbfs};
use media::rtp::RtpHeader;
use media::{FRAME_SAMPLES, Frame, SILENCE, time_of};

use super::{LineEvent, Stream};

/// Level from which a frame is loud.
const LOUD_DBFS: f32 = -46.0;
/// Loud frames in a row that begin a stretch.
const BEGIN_FRAMES: u64 = 3;
/// Quiet frames that end one.
const END_FRAMES: u64 = 15;
/// Frames handed to the ears before a stretch.
const MARGIN_FRAMES: usize = 10;
/// Frames handed over at once.
const CHUNK_FRAMES: usize = 5;
/// A stretch is cut here, so that a recogniser is never given more than it takes.
const LONGEST_FRAMES: u64 = 20 * 50;
/// Samples kept for the tape when packets come in a bunch.
const TAPED: usize = 8_000;

pub(super) struct Listener {
    buffer: Option<ReorderBuffer>,
    /// Arrival of the first packet: zero of the buffer's own clock.
    zero: Option<Duration>,
    concealer: Concealer,
    dtmf: DtmfReceiver,
    /// Samples not yet a whole frame.
    partial: Vec<i16>,
    /// Frames heard so far, on the buffer's clock.
    frames: u64,
    stretch: Stretch,
    tape: VecDeque<i16>,
    out: VecDeque<LineEvent>,
}

/// The stretch that goes on, or the quiet before the next.
#[derive(Default)]
struct Stretch {
    segment: u32,
    speaking: bool,
    loud: u64,
    quiet: u64,
    length: u64,
    /// Frame after the last loud one.
    end: u64,
    margin: VecDeque<Frame>,
    chunk: Vec<i16>,
}

impl Listener {
    pub(super) fn new() -> Self {
        Self {
            buffer: None,
            zero: None,
            concealer: Concealer::default(),
            dtmf: DtmfReceiver::default(),
            partial: Vec::new(),
            frames: 0,
            stretch: Stretch::default(),
            tape: VecDeque::new(),
            out: VecDeque::new(),
        }
    }

    /// What payload types mean from the first description on.
    pub(super) fn expect(&mut self, stream: &Stream) {
        self.buffer.get_or_insert_with(|| {
            let payloads = PayloadMap::default().audio(stream.payload_type, stream.codec);
            let payloads = stream.events.into_iter().fold(payloads, PayloadMap::event);
            ReorderBuffer::new(ReorderConfig::new(payloads))
        });
    }

    pub(super) fn poll(&mut self) -> Option<LineEvent> {
        self.out.pop_front()
    }

    /// Takes a packet that came at `now`.
    pub(super) fn on_packet(&mut self, header: &RtpHeader, payload: &[u8], now: Duration) {
        self.zero.get_or_insert(now);
        if let Some(buffer) = &mut self.buffer {
            buffer.insert(now, header, payload);
        }
    }

    /// Hears what has come until `now`.
    pub(super) fn listen(&mut self, now: Duration) {
        let Some(mut buffer) = self.buffer.take() else { return };
        buffer.on_deadline(now);
        while let Some(received) = buffer.poll() {
            let mut samples = [0; 960];
            let length = match received.kind {
                Kind::Audio { codec, payload } => {
                    let length = codec.decode(payload, &mut samples);
                    self.concealer.heard(&mut samples[..length]);
                    length
                }
                Kind::Lost { samples: length } => {
                    self.concealer.conceal(&mut samples[..length]);
                    length
                }
                Kind::Silence { samples: length } => {
                    self.concealer.silence(&mut samples[..length]);
                    length
                }
                Kind::Event { payload, .. } => {
                    self.out.extend(self.dtmf.on_event(received.frame_ts, payload).map(LineEvent::Digit));
                    0
                }
                Kind::Restarted => {
                    self.concealer = Concealer::default();
                    self.dtmf.reset();
                    0
                }
            };
            self.on_samples(&samples[..length]);
        }
        self.buffer = Some(buffer);
    }

    /// The next 20 ms for the tape.
    pub(super) fn taped(&mut self) -> Frame {
        let mut frame = SILENCE;
        let length = self.tape.len().min(FRAME_SAMPLES);
        for (slot, sample) in frame.iter_mut().zip(self.tape.drain(..length)) {
            *slot = sample;
        }
        frame
    }

    /// Nothing more will come; a stretch that goes on is over.
    pub(super) fn finish(&mut self) {
        if self.stretch.speaking {
            self.end_stretch();
        }
    }

    fn on_samples(&mut self, samples: &[i16]) {
        self.tape.extend(samples);
        let excess = self.tape.len().saturating_sub(TAPED);
        self.tape.drain(..excess);
        self.partial.extend_from_slice(samples);
        while let Some((frame, rest)) = self.partial.split_first_chunk::<FRAME_SAMPLES>() {
            let (frame, rest) = (*frame, rest.to_vec());
            self.partial = rest;
            self.hear(&frame);
        }
    }

    fn hear(&mut self, frame: &Frame) {
        self.frames += 1;
        let stretch = &mut self.stretch;
        if rms_dbfs(frame) > LOUD_DBFS {
            stretch.loud += 1;
            stretch.quiet = 0;
            stretch.end = self.frames;
        } else {
            stretch.loud = 0;
            stretch.quiet += 1;
        }
        if stretch.speaking {
            stretch.length += 1;
            let over = stretch.quiet >= END_FRAMES || stretch.length >= LONGEST_FRAMES;
            self.hand_over(frame);
            if over {
                self.end_stretch();
            }
            return;
        }
        stretch.margin.push_back(*frame);
        if stretch.margin.len() > MARGIN_FRAMES + BEGIN_FRAMES as usize {
            stretch.margin.pop_front();
        }
        if stretch.loud >= BEGIN_FRAMES {
            stretch.speaking = true;
            stretch.length = 0;
            let margin = std::mem::take(&mut stretch.margin);
            let start_ms = self.at_ms(self.frames - BEGIN_FRAMES);
            self.out.push_back(LineEvent::SpeechBegan { start_ms });
            for frame in margin {
                self.hand_over(&frame);
            }
        }
    }

    /// When the first sample of a frame came, on the call's clock.
    fn at_ms(&self, frame: u64) -> u64 {
        let at = self.zero.unwrap_or_default() + time_of(frame * FRAME_SAMPLES as u64);
        at.as_millis() as u64
    }

    fn hand_over(&mut self, frame: &Frame) {
        self.stretch.chunk.extend_from_slice(frame);
        if self.stretch.chunk.len() >= CHUNK_FRAMES * FRAME_SAMPLES {
            self.send_chunk();
        }
    }

    fn send_chunk(&mut self) {
        if !self.stretch.chunk.is_empty() {
            let samples: Arc<[i16]> = std::mem::take(&mut self.stretch.chunk).into();
            self.out.push_back(LineEvent::Speech { segment: self.stretch.segment, samples });
        }
    }

    fn end_stretch(&mut self) {
        self.send_chunk();
        let end_ms = self.at_ms(self.stretch.end);
        self.out.push_back(LineEvent::SpeechEnded { segment: self.stretch.segment, end_ms });
        self.stretch = Stretch { segment: self.stretch.segment + 1, ..Stretch::default() };
    }
}

/// Whether a payload is anything but silence.
pub(super) fn is_sound(stream: &Stream, payload: &[u8]) -> bool {
    let mut samples = [0; 960];
    let length = stream.codec.decode(payload, &mut samples);
    peak_dbfs(&samples[..length]) > LOUD_DBFS
}
