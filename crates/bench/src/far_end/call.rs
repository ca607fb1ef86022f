//! One call at the far end: what it says, and when it heard what.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::g711::decode_ulaw;
use media::rtp::{HEADER_BYTES, RtpHeader, RtpPacket};
use media::vad::{Vad, VadConfig, VadTransition};
use media::{FRAME_SAMPLES, Frame};

use super::Behaviour;
use super::sip::Head;
use super::voice::is_voice;

/// Digital silence in µ-law.
const SILENCE: [u8; FRAME_SAMPLES] = [0xff; FRAME_SAMPLES];
/// A reply that takes longer is counted as missing, and the next clip is said.
const REPLY_LIMIT: Duration = Duration::from_secs(6);

/// A turn of the far end and the reply to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// The last packet with speech was handed to the kernel.
    pub(crate) ended: Instant,
    /// The first packet with voice came from the kernel; `None` if none came.
    pub(crate) replied: Option<Instant>,
    /// Where the detector must have placed the end of speech, in milliseconds after the last sample of the clip.
    pub(crate) placed_ms: Option<f64>,
}

/// Time between packets with consecutive sequence numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Intervals {
    pub(crate) microseconds: Vec<u32>,
    /// Sequence numbers that never came, or came out of order.
    pub(crate) jumps: u64,
}

/// Where the far end stands in its talk.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// The agent has the floor.
    Listening,
    /// A clip is on the wire; the next frame of it.
    Saying(usize),
    /// The clip is over and the reply has yet to come.
    Waiting,
    /// Nothing left to say.
    Done,
}

/// One call.
pub(crate) struct Call {
    /// Called user part, digits only.
    pub(crate) number: String,
    pub(crate) invited: Instant,
    /// 200 handed to the kernel.
    pub(crate) answered: Option<Instant>,
    /// First voice of the agent.
    pub(crate) first_voice: Option<Instant>,
    pub(crate) turns: Vec<Turn>,
    /// BYE came.
    pub(crate) over: bool,
    pub(crate) intervals: Intervals,
    pub(super) remote: Option<SocketAddr>,
    pub(super) response: Head,
    behaviour: Behaviour,
    stage: Stage,
    clip: usize,
    last_voice: Option<Instant>,
    last_packet: Option<(u16, Instant)>,
    header: RtpHeader,
    detector: Option<Vad>,
    /// Samples the detector heard, and where the clip ended among them.
    heard_samples: u64,
    clip_end: u64,
}

impl Call {
    pub(super) fn new(number: String, invited: Instant, response: Head, behaviour: Behaviour) -> Self {
        let seed = invited.elapsed().subsec_nanos() ^ (number.len() as u32) << 8;
        let detector = behaviour.detector.then(|| Vad::new(VadConfig::default()));
        Self {
            number,
            invited,
            answered: None,
            first_voice: None,
            turns: Vec::new(),
            over: false,
            intervals: Intervals::default(),
            remote: None,
            response,
            stage: if behaviour.clips.is_empty() { Stage::Done } else { Stage::Listening },
            behaviour,
            clip: 0,
            last_voice: None,
            last_packet: None,
            header: RtpHeader { marker: true, payload_type: 0, sequence: 0, timestamp: 0, ssrc: seed },
            detector,
            heard_samples: 0,
            clip_end: 0,
        }
    }

    /// Takes a datagram of the agent.
    pub(super) fn heard(&mut self, datagram: &[u8], now: Instant, measuring: bool) {
        let Ok(packet) = RtpPacket::parse(datagram) else { return };
        let sequence = packet.header.sequence;
        if let Some((last, at)) = self.last_packet.replace((sequence, now))
            && measuring
        {
            if last.wrapping_add(1) == sequence {
                let micros = now.saturating_duration_since(at).as_micros();
                self.intervals.microseconds.push(u32::try_from(micros).unwrap_or(u32::MAX));
            } else {
                self.intervals.jumps += 1;
            }
        }
        if packet.header.payload_type != 0 || !is_voice(packet.payload) {
            return;
        }
        self.first_voice.get_or_insert(now);
        self.last_voice = Some(now);
        if self.stage == Stage::Waiting
            && let Some(turn) = self.turns.last_mut()
        {
            turn.replied = Some(now);
            self.stage = self.after_reply();
        }
    }

    fn after_reply(&mut self) -> Stage {
        self.clip += 1;
        let left = self.clip < self.behaviour.clips.len();
        if left || self.behaviour.repeats { Stage::Listening } else { Stage::Done }
    }

    /// The packet that is due now and where it goes.
    pub(super) fn next_packet(&mut self, now: Instant, packet: &mut [u8; 172]) -> Option<(usize, SocketAddr)> {
        let to = self.remote.filter(|_| !self.over && self.answered.is_some())?;
        self.decide(now);
        let clip = &self.behaviour.clips;
        let payload = match self.stage {
            Stage::Saying(at) => clip[self.clip.min(clip.len() - 1)].frame(at).copied().unwrap_or(SILENCE),
            _ => SILENCE,
        };
        self.listen_along(&payload);
        let length = self.header.write(&payload, &mut packet[..HEADER_BYTES + FRAME_SAMPLES]).ok()?;
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        self.header.marker = false;
        Some((length, to))
    }

    /// The agent was silent for long enough, or its reply is overdue.
    fn decide(&mut self, now: Instant) {
        let silent_since = |at: Instant| now.saturating_duration_since(at);
        match self.stage {
            Stage::Listening if self.last_voice.is_some_and(|at| silent_since(at) >= self.behaviour.agent_done) => {
                self.stage = Stage::Saying(0);
            }
            Stage::Waiting if self.turns.last().is_some_and(|turn| silent_since(turn.ended) >= REPLY_LIMIT) => {
                self.stage = self.after_reply();
            }
            _ => {}
        }
    }

    /// The packet of `next_packet` left at `now`.
    pub(super) fn sent(&mut self, now: Instant) {
        let Stage::Saying(at) = self.stage else { return };
        let clips = &self.behaviour.clips;
        let clip = &clips[self.clip.min(clips.len() - 1)];
        self.stage = if clip.frame(at + 1).is_some() {
            Stage::Saying(at + 1)
        } else {
            self.clip_end = self.heard_samples;
            self.turns.push(Turn { ended: now, replied: None, placed_ms: None });
            Stage::Waiting
        };
    }

    fn listen_along(&mut self, payload: &[u8; FRAME_SAMPLES]) {
        let Some(detector) = &mut self.detector else { return };
        let frame: Frame = std::array::from_fn(|at| decode_ulaw(payload[at]));
        detector.push(&frame);
        self.heard_samples += FRAME_SAMPLES as u64;
        while let Some(transition) = detector.poll() {
            if let (VadTransition::SpeechEnded { at_sample }, Some(turn)) = (transition, self.turns.last_mut())
                && self.stage != Stage::Listening
                && !matches!(self.stage, Stage::Saying(_))
            {
                turn.placed_ms = Some((at_sample as f64 - self.clip_end as f64) / 8.0);
            }
        }
    }
}
