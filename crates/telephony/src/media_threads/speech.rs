//! The callee's sound for the conversation: nothing while nobody speaks, and whole chunks while somebody does.
//!
//! Law: an idle call costs one short ring and no messages. A stretch begins with what was heard just before it was
//! noticed, since the first syllable is part of the word.

use std::sync::Arc;

use app::ports::telephone::MediaEvent;
use media::{FRAME_SAMPLES, Frame};

use super::outbox::Outbox;

/// What is kept of the sound before a stretch: 300 ms.
const LEAD_IN: usize = 15 * FRAME_SAMPLES;
/// A chunk: 100 ms, few enough messages and little enough delay.
const CHUNK: usize = 5 * FRAME_SAMPLES;

/// Cuts the sound of one call.
pub(super) struct SpeechChunks {
    /// The last sound, a ring while nobody speaks and the open chunk while somebody does.
    kept: Box<[i16; LEAD_IN]>,
    /// Samples kept, and where the oldest of the ring lies.
    length: usize,
    oldest: usize,
    speaking: bool,
}

impl SpeechChunks {
    pub(super) fn new() -> Self {
        Self { kept: Box::new([0; LEAD_IN]), length: 0, oldest: 0, speaking: false }
    }

    /// Takes the next frame, whose end lies at `end_ms` on the media clock.
    pub(super) fn frame(&mut self, frame: &Frame, end_ms: u64, outbox: &mut Outbox) {
        for part in frame.iter() {
            let at = (self.oldest + self.length) % LEAD_IN;
            self.kept[at] = *part;
            if self.length < LEAD_IN {
                self.length += 1;
            } else {
                self.oldest = (self.oldest + 1) % LEAD_IN;
            }
        }
        if self.speaking && self.length >= CHUNK {
            self.give(end_ms, outbox);
        }
    }

    /// Somebody began to speak: the lead-in goes out at once.
    pub(super) fn start(&mut self, end_ms: u64, outbox: &mut Outbox) {
        self.speaking = true;
        self.give(end_ms, outbox);
    }

    /// The stretch is over: what is left of it goes out.
    pub(super) fn end(&mut self, end_ms: u64, outbox: &mut Outbox) {
        if std::mem::take(&mut self.speaking) && self.length > 0 {
            self.give(end_ms, outbox);
        }
    }

    fn give(&mut self, end_ms: u64, outbox: &mut Outbox) {
        if self.length > 0 && outbox.takes_audio() {
            let (oldest, length) = (self.oldest, self.length);
            let first = &self.kept[oldest..LEAD_IN.min(oldest + length)];
            let samples: Arc<[i16]> = if first.len() == length {
                first.into()
            } else {
                first.iter().chain(&self.kept[..length - first.len()]).copied().collect()
            };
            outbox.audio(MediaEvent::Audio { at_ms: end_ms.saturating_sub(length as u64 / 8), samples });
        }
        self.length = 0;
        self.oldest = 0;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    fn heard(received: &mut mpsc::Receiver<MediaEvent>) -> Vec<(u64, Vec<i16>)> {
        let mut chunks = Vec::new();
        while let Ok(MediaEvent::Audio { at_ms, samples }) = received.try_recv() {
            chunks.push((at_ms, samples.to_vec()));
        }
        chunks
    }

    #[test]
    fn a_stretch_begins_with_what_was_heard_before_and_loses_nothing() {
        let (events, mut received) = mpsc::channel(128);
        let mut outbox = Outbox::new(events);
        let mut speech = SpeechChunks::new();
        let mut end_ms = 0;
        let mut frame = |speech: &mut SpeechChunks, outbox: &mut Outbox| {
            let value = i16::try_from(end_ms / 20).unwrap();
            end_ms += 20;
            speech.frame(&[value; FRAME_SAMPLES], end_ms, outbox);
            end_ms
        };
        for _ in 0..50 {
            frame(&mut speech, &mut outbox);
        }
        assert!(heard(&mut received).is_empty());
        speech.start(1000, &mut outbox);
        let mut end = 0;
        for _ in 0..12 {
            end = frame(&mut speech, &mut outbox);
        }
        speech.end(end, &mut outbox);
        frame(&mut speech, &mut outbox);
        let chunks = heard(&mut received);
        let lengths: Vec<_> = chunks.iter().map(|(at_ms, samples)| (*at_ms, samples.len() / 8)).collect();
        assert_eq!(lengths, [(700, 300), (1000, 100), (1100, 100), (1200, 40)]);
        let all: Vec<i16> =
            chunks.iter().flat_map(|(_, samples)| samples.iter().step_by(FRAME_SAMPLES)).copied().collect();
        assert_eq!(all, (35..62).collect::<Vec<_>>());
    }

    #[test]
    fn a_conversation_that_does_not_read_costs_audio_only() {
        let (events, mut received) = mpsc::channel(33);
        let mut outbox = Outbox::new(events);
        let mut speech = SpeechChunks::new();
        speech.start(0, &mut outbox);
        for n in 1..=100 {
            speech.frame(&[1; FRAME_SAMPLES], n * 20, &mut outbox);
        }
        assert_eq!(heard(&mut received).len(), 1);
        assert_eq!(outbox.dropped(), 19);
    }
}
