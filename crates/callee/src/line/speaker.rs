//! The sending half of a line: what is played, and the keys that are pressed, frame by frame.

use std::collections::VecDeque;
use std::sync::Arc;

use media::dtmf::{DtmfSender, DtmfTiming, EventPacket};
use media::tones::ToneGenerator;
use media::{FRAME_SAMPLES, Frame, SILENCE};

use super::LineEvent;
use super::impairment::Chance;
use crate::persona::LineQuality;

/// Sounds waiting; a persona asks for one at a time.
const WAITING: usize = 16;
/// One frame on its way out.
#[expect(clippy::large_enum_variant, reason = "made and spent on the stack, once every 20 ms")]
pub(super) enum Outgoing {
    Voice(Frame),
    Event(EventPacket),
}

enum Item {
    Samples { samples: Arc<[i16]>, at: usize, text: String },
    Keys(DtmfSender),
}

struct Playing {
    sound: u32,
    item: Item,
    start_ms: Option<u64>,
}

pub(super) struct Speaker {
    queue: VecDeque<Playing>,
    noise: Option<(f32, Chance)>,
    music: Option<ToneGenerator>,
    pub(super) overruns: u64,
}

impl Speaker {
    pub(super) fn new(quality: &LineQuality, seed: u64) -> Self {
        let noise = quality.noise_dbfs.map(|db| (10f32.powf(db / 20.0) * 32_768.0 * 3f32.sqrt(), Chance::new(seed)));
        let music = quality.hold_music.then(ToneGenerator::hold);
        Self { queue: VecDeque::new(), noise, music, overruns: 0 }
    }

    pub(super) fn play(&mut self, sound: u32, samples: Arc<[i16]>, text: String) {
        self.push(sound, Item::Samples { samples, at: 0, text });
    }

    pub(super) fn press(&mut self, sound: u32, keys: &str) {
        let mut sender = DtmfSender::new(DtmfTiming::default());
        sender.push(keys);
        self.push(sound, Item::Keys(sender));
    }

    fn push(&mut self, sound: u32, item: Item) {
        if self.queue.len() < WAITING {
            self.queue.push_back(Playing { sound, item, start_ms: None });
        } else {
            self.overruns += 1;
        }
    }

    /// The frame of `timestamp` that leaves at `now_ms`, and a sound that ended with it or before it.
    pub(super) fn next(&mut self, timestamp: u32, now_ms: u64) -> (Outgoing, Option<LineEvent>) {
        let mut frame = SILENCE;
        let Some(playing) = self.queue.front_mut() else {
            if let Some(music) = &mut self.music {
                music.fill(&mut frame);
            }
            self.add_noise(&mut frame);
            return (Outgoing::Voice(frame), None);
        };
        let start_ms = *playing.start_ms.get_or_insert(now_ms);
        let (outgoing, over) = match &mut playing.item {
            Item::Samples { samples, at, .. } => {
                let rest = &samples[*at..];
                let length = rest.len().min(FRAME_SAMPLES);
                frame[..length].copy_from_slice(&rest[..length]);
                *at += length;
                (None, *at >= samples.len())
            }
            Item::Keys(sender) => (sender.next_slot(timestamp).map(Outgoing::Event), sender.is_idle()),
        };
        let ended = over.then(|| self.queue.pop_front()).flatten().map(|played| {
            let text = match played.item {
                Item::Samples { text, .. } => text,
                Item::Keys(_) => String::new(),
            };
            LineEvent::Played { sound: played.sound, text, start_ms, end_ms: now_ms + 20 }
        });
        match outgoing {
            Some(event) => (event, ended),
            None => {
                self.add_noise(&mut frame);
                (Outgoing::Voice(frame), ended)
            }
        }
    }

    fn add_noise(&mut self, frame: &mut Frame) {
        if let Some((level, chance)) = &mut self.noise {
            for sample in frame {
                let hiss = (chance.unit() * 2.0 - 1.0) * *level;
                *sample = sample.saturating_add(hiss as i16);
            }
        }
    }
}
