//! The receiving half of a line: packets to frames, frames to stretches of speech, events to keys.
//!
//! Law: a stretch begins with the first of three frames of speech in a row and ends with the last before 300 ms of
//! silence. Ears get it with 200 ms before and after, as recognisers want it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use media::g711::Codec;
use media::rtp::{RtpPacket, sequence_distance};
use media::{FRAME_SAMPLES, Frame, SILENCE};

use super::LineEvent;

/// Frames of speech in a row that begin a stretch.
const BEGIN_FRAMES: u32 = 3;
/// Frames of silence that end one.
const END_FRAMES: u32 = 15;
/// Frames handed to the ears before and after a stretch.
const MARGIN_FRAMES: usize = 10;
/// Frames handed over at once.
const CHUNK_FRAMES: usize = 5;
/// A stretch is cut here, so that a recogniser is never given more than it takes.
const LONGEST_FRAMES: u32 = 20 * 50;
/// Packets the reorder buffer holds.
const BUFFERED: usize = 50;
/// Peak above which a packet is not silence.
const LOUD: u16 = 400;

pub(super) struct Listener {
    buffer: Buffer,
    /// The last frames that are not yet part of a stretch.
    margin: VecDeque<Frame>,
    chunk: Vec<i16>,
    segment: u32,
    speaking: bool,
    voiced: u32,
    silent: u32,
    length: u32,
    last_voice_ms: u64,
    last_event: Option<u32>,
    out: VecDeque<LineEvent>,
}

impl Listener {
    pub(super) fn new() -> Self {
        Self {
            buffer: Buffer::default(),
            margin: VecDeque::new(),
            chunk: Vec::new(),
            segment: 0,
            speaking: false,
            voiced: 0,
            silent: 0,
            length: 0,
            last_voice_ms: 0,
            last_event: None,
            out: VecDeque::new(),
        }
    }

    pub(super) fn poll(&mut self) -> Option<LineEvent> {
        self.out.pop_front()
    }

    /// Takes a voice packet; tells whether it is anything but silence.
    pub(super) fn on_voice(&mut self, packet: &RtpPacket<'_>, codec: Codec, _now: Duration) -> bool {
        let mut samples = vec![0; codec.samples_in(packet.payload.len()).min(FRAME_SAMPLES * 6)];
        codec.decode(packet.payload, &mut samples);
        let loud = samples.iter().any(|sample| sample.unsigned_abs() > LOUD);
        self.buffer.insert(packet.header.sequence, samples);
        loud
    }

    /// Takes a telephone event; the key counts once, with its first packet (RFC 4733 section 2.5.1.1).
    pub(super) fn on_event(&mut self, packet: &RtpPacket<'_>) {
        let Some(code) = packet.payload.first().filter(|_| packet.payload.len() >= 4) else { return };
        if self.last_event.replace(packet.header.timestamp) == Some(packet.header.timestamp) {
            return;
        }
        if let Some(key) = "0123456789*#ABCD".chars().nth(usize::from(*code)) {
            self.out.push_back(LineEvent::Digit(key));
        }
    }

    /// The next 20 ms as heard.
    pub(super) fn frame(&mut self, now: Duration) -> Frame {
        let frame = self.buffer.pop();
        self.hear(&frame, now.as_millis() as u64);
        frame
    }

    /// Nothing more will come; a stretch that goes on is over.
    pub(super) fn finish(&mut self) {
        if self.speaking {
            self.end_stretch();
        }
    }

    fn hear(&mut self, frame: &Frame, now_ms: u64) {
        let voice = is_voice(frame);
        self.voiced = if voice { self.voiced + 1 } else { 0 };
        self.silent = if voice { 0 } else { self.silent + 1 };
        if voice {
            self.last_voice_ms = now_ms;
        }
        if self.speaking {
            self.hand_over(frame);
            self.length += 1;
            if self.silent >= END_FRAMES || self.length >= LONGEST_FRAMES {
                self.end_stretch();
            }
            return;
        }
        self.margin.push_back(*frame);
        if self.margin.len() > MARGIN_FRAMES + BEGIN_FRAMES as usize {
            self.margin.pop_front();
        }
        if self.voiced >= BEGIN_FRAMES {
            self.speaking = true;
            self.length = 0;
            let start_ms = now_ms.saturating_sub(20 * u64::from(self.voiced - 1));
            self.out.push_back(LineEvent::SpeechBegan { start_ms });
            for frame in std::mem::take(&mut self.margin) {
                self.hand_over(&frame);
            }
        }
    }

    fn hand_over(&mut self, frame: &Frame) {
        self.chunk.extend_from_slice(frame);
        if self.chunk.len() >= CHUNK_FRAMES * FRAME_SAMPLES {
            self.send_chunk();
        }
    }

    fn send_chunk(&mut self) {
        if !self.chunk.is_empty() {
            let samples: Arc<[i16]> = std::mem::take(&mut self.chunk).into();
            self.out.push_back(LineEvent::Speech { segment: self.segment, samples });
        }
    }

    fn end_stretch(&mut self) {
        self.send_chunk();
        self.out.push_back(LineEvent::SpeechEnded { segment: self.segment, end_ms: self.last_voice_ms + 20 });
        self.segment += 1;
        self.speaking = false;
        self.voiced = 0;
    }
}

fn is_voice(frame: &Frame) -> bool {
    let power: i64 = frame.iter().map(|sample| i64::from(*sample) * i64::from(*sample)).sum();
    power / FRAME_SAMPLES as i64 > 150 * 150
}

/// Puts packets in order and gives them out 40 ms after the first.
#[derive(Default)]
struct Buffer {
    waiting: BTreeMap<i64, Vec<i16>>,
    highest: Option<i64>,
    next: i64,
    running: bool,
    ready: VecDeque<i16>,
}

impl Buffer {
    fn insert(&mut self, sequence: u16, samples: Vec<i16>) {
        let highest = self.highest.unwrap_or(i64::from(sequence));
        let position = highest + i64::from(sequence_distance(highest as u16, sequence));
        self.highest = Some(highest.max(position));
        if self.waiting.len() < BUFFERED && (!self.running || position >= self.next) {
            self.waiting.insert(position, samples);
        }
    }

    fn pop(&mut self) -> Frame {
        if !self.running && self.waiting.len() >= 2 {
            self.running = true;
            self.next = self.waiting.keys().next().copied().unwrap_or_default();
        }
        while self.running && self.ready.len() < FRAME_SAMPLES {
            match self.waiting.remove(&self.next) {
                Some(samples) => self.ready.extend(samples),
                None if self.waiting.is_empty() => {
                    self.running = false;
                    break;
                }
                None => self.ready.extend(SILENCE),
            }
            self.next += 1;
        }
        let mut frame = SILENCE;
        for (slot, sample) in frame.iter_mut().zip(self.ready.drain(..self.ready.len().min(FRAME_SAMPLES))) {
            *slot = sample;
        }
        frame
    }
}
