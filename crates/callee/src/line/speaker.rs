//! The sending half of a line: what is played, and the keys that are pressed, frame by frame.

use std::collections::VecDeque;
use std::sync::Arc;

use media::{FRAME_SAMPLES, Frame, SILENCE};

use super::LineEvent;
use super::impairment::Chance;
use super::sounds;
use crate::persona::LineQuality;

/// Sounds waiting; a persona asks for one at a time.
const WAITING: usize = 16;
/// Length of a pressed key and of the pause after it, in frames.
const KEY_FRAMES: u16 = 5;
const KEY_PAUSE: u16 = 3;
/// The end of an event is sent three times (RFC 4733 section 2.5.1.4).
const KEY_ENDS: u16 = 3;

/// One frame on its way out.
pub(super) enum Outgoing {
    Voice(Frame),
    /// Payload of a telephone event. `begins` with its first packet; its timestamp stays that of the first.
    Event {
        payload: [u8; 4],
        begins: bool,
    },
}

enum Item {
    Samples { samples: Arc<[i16]>, at: usize, text: String },
    Keys { keys: VecDeque<u8>, frame: u16 },
}

struct Playing {
    sound: u32,
    item: Item,
    start_ms: Option<u64>,
}

pub(super) struct Speaker {
    queue: VecDeque<Playing>,
    noise: Option<(f32, Chance)>,
    music: Option<(Vec<i16>, usize)>,
    pub(super) overruns: u64,
}

impl Speaker {
    pub(super) fn new(quality: &LineQuality, seed: u64) -> Self {
        let noise = quality.noise_dbfs.map(|db| (10f32.powf(db / 20.0) * 32_768.0 * 3f32.sqrt(), Chance::new(seed)));
        let music = quality.hold_music.then(|| (sounds::melody(12_000), 0));
        Self { queue: VecDeque::new(), noise, music, overruns: 0 }
    }

    pub(super) fn play(&mut self, sound: u32, samples: Arc<[i16]>, text: String) {
        self.push(sound, Item::Samples { samples, at: 0, text });
    }

    pub(super) fn press(&mut self, sound: u32, keys: &str) {
        let keys = keys.chars().filter_map(key_code).collect();
        self.push(sound, Item::Keys { keys, frame: 0 });
    }

    fn push(&mut self, sound: u32, item: Item) {
        if self.queue.len() < WAITING {
            self.queue.push_back(Playing { sound, item, start_ms: None });
        } else {
            self.overruns += 1;
        }
    }

    /// The frame that leaves at `now_ms`, and a sound that ended with it or before it.
    pub(super) fn next(&mut self, now_ms: u64) -> (Outgoing, Option<LineEvent>) {
        let mut frame = SILENCE;
        let Some(playing) = self.queue.front_mut() else {
            self.play_music(&mut frame);
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
            Item::Keys { keys, frame } => {
                let event = keys.front().and_then(|key| event_payload(*key, *frame));
                *frame += 1;
                if *frame >= KEY_FRAMES + KEY_ENDS - 1 + KEY_PAUSE {
                    *frame = 0;
                    keys.pop_front();
                }
                (event, keys.is_empty())
            }
        };
        let ended = over.then(|| self.queue.pop_front()).flatten().map(|played| {
            let text = match played.item {
                Item::Samples { text, .. } => text,
                Item::Keys { .. } => String::new(),
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

    fn play_music(&mut self, frame: &mut Frame) {
        if let Some((tune, at)) = &mut self.music {
            for sample in frame {
                *sample = tune[*at] / 2;
                *at = (*at + 1) % tune.len();
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

/// A telephone event (RFC 4733 section 2.3): code, end bit and volume, duration in samples.
fn event_payload(code: u8, frame: u16) -> Option<Outgoing> {
    let last = KEY_FRAMES + KEY_ENDS - 1;
    if frame >= last {
        return None;
    }
    let ended = frame + 1 >= KEY_FRAMES;
    let [high, low] = ((frame + 1).min(KEY_FRAMES) * FRAME_SAMPLES as u16).to_be_bytes();
    let payload = [code, if ended { 0x80 | 10 } else { 10 }, high, low];
    Some(Outgoing::Event { payload, begins: frame == 0 })
}

fn key_code(key: char) -> Option<u8> {
    "0123456789*#ABCD".find(key.to_ascii_uppercase()).and_then(|code| u8::try_from(code).ok())
}
