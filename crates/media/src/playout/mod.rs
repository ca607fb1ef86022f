//! Playout: the agent's voice on its way out, cut into 20 ms frames.
//!
//! Law: sans-IO. Whoever paces the call asks for [`Playout::next_frame`] every 20 ms and always gets one; every
//! call advances the frame clock by one. Each utterance that is enqueued ends in exactly one of
//! [`PlayoutEvent::Finished`] or [`PlayoutEvent::Cut`], and `samples_played` counts exactly the samples of it
//! that left at full level, so that the dialog's history can be cut where the callee stopped hearing it.
//! Drain [`Playout::poll`] to `None` after every mutation.
//!
//! A barge-in raises the generation: [`Playout::flush`] drops all that is older, and what was sounding fades out
//! over 8 ms, because a step to zero is a click. Audio of an older generation that comes later is refused.
//!
//! On the call's way: speech synthesis → here → codec → RTP.

use std::collections::VecDeque;
use std::sync::Arc;

use thiserror::Error;

use crate::{FRAME_SAMPLES, Frame};

#[cfg(test)]
mod tests;

/// Samples over which a cut utterance fades out: 8 ms.
pub const FADE_SAMPLES: usize = 64;

/// Chunks that may wait, whatever their length; a synthesiser sends some tens a second.
const MAX_CHUNKS: usize = 1_024;

/// Events that may wait before enqueueing is refused; only a caller that does not drain gets here.
const MAX_EVENTS: usize = 1_024;

/// A piece of an utterance.
#[derive(Debug, Clone)]
pub struct PlayChunk {
    /// Which utterance this belongs to; the chunks of one utterance come in a row.
    pub utterance: u64,
    /// The turn's generation; raised at each barge-in.
    pub generation: u32,
    /// 8 kHz mono audio; may be empty, to end an utterance.
    pub samples: Arc<[i16]>,
    /// Whether the utterance ends with this chunk.
    pub last: bool,
}

/// Something happened to an utterance. `at_frame` counts the frames handed out since the start of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayoutEvent {
    /// Its first sample is in frame `at_frame`.
    Started {
        /// Which one.
        utterance: u64,
        /// The frame with its first sample.
        at_frame: u64,
    },
    /// Its last sample is in frame `at_frame`.
    Finished {
        /// Which one.
        utterance: u64,
        /// The frame with its last sample.
        at_frame: u64,
        /// Samples of it that were played: all.
        samples_played: u64,
    },
    /// A flush dropped the rest of it, before frame `at_frame`. An utterance that had not begun has no `Started`.
    Cut {
        /// Which one.
        utterance: u64,
        /// The first frame without it (apart from the fade).
        at_frame: u64,
        /// Samples of it that left at full level; the fade is not counted.
        samples_played: u64,
    },
}

/// Why a chunk was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EnqueueError {
    /// The queue holds as much audio as it may: offer the chunk again later.
    #[error("playout queue is full")]
    Full,
    /// The chunk is older than the last flush: drop it and stop its synthesis.
    #[error("chunk belongs to a generation that was flushed")]
    Stale,
}

/// The utterance that is sounding, or that waits for its next chunk.
#[derive(Debug, Clone, Copy)]
struct Current {
    utterance: u64,
    generation: u32,
    played: u64,
}

/// The queue and the frame clock of one call. Times and positions are in 8 kHz samples.
#[derive(Debug)]
pub struct Playout {
    max_samples: usize,
    chunks: VecDeque<PlayChunk>,
    /// Samples of the front chunk that were played.
    offset: usize,
    queued: usize,
    current: Option<Current>,
    generation: u32,
    frame: u64,
    starved_frames: u64,
    fade: [i16; FADE_SAMPLES],
    fading: bool,
    events: VecDeque<PlayoutEvent>,
}

impl Playout {
    /// A queue for at most `max_samples` of audio.
    #[must_use]
    pub fn new(max_samples: usize) -> Self {
        Self {
            max_samples,
            chunks: VecDeque::new(),
            offset: 0,
            queued: 0,
            current: None,
            generation: 0,
            frame: 0,
            starved_frames: 0,
            fade: [0; FADE_SAMPLES],
            fading: false,
            events: VecDeque::new(),
        }
    }

    /// Adds audio at the end. A chunk that would overfill an idle queue by itself is taken nevertheless.
    pub fn enqueue(&mut self, chunk: PlayChunk) -> Result<(), EnqueueError> {
        if chunk.generation < self.generation {
            return Err(EnqueueError::Stale);
        }
        let overfull = self.queued > 0 && self.queued + chunk.samples.len() > self.max_samples;
        if overfull || self.chunks.len() >= MAX_CHUNKS || self.events.len() >= MAX_EVENTS {
            return Err(EnqueueError::Full);
        }
        self.queued += chunk.samples.len();
        self.chunks.push_back(chunk);
        Ok(())
    }

    /// Fills the next 20 ms; returns whether any of it is voice.
    pub fn next_frame(&mut self, out: &mut Frame) -> bool {
        out.fill(0);
        let mut filled = 0;
        while let Some(front) = self.chunks.front() {
            let (utterance, generation, last) = (front.utterance, front.generation, front.last);
            let left = &front.samples[self.offset..];
            // A full frame takes no more samples, but an empty closing chunk may still end its utterance.
            if filled == FRAME_SAMPLES && !(left.is_empty() && self.is_current(utterance)) {
                break;
            }
            let count = left.len().min(FRAME_SAMPLES - filled);
            out[filled..filled + count].copy_from_slice(&left[..count]);
            let exhausted = count == left.len();
            self.begin(utterance, generation);
            filled += count;
            self.advance(count, exhausted, last);
        }
        if filled == 0 && self.current.is_some() {
            self.starved_frames += 1;
        }
        let voice = filled > 0 || self.fading;
        self.mix_fade(out);
        self.frame += 1;
        voice
    }

    /// Drops all audio older than `generation` and refuses what of it comes later. What sounds fades out over
    /// the next 8 ms, under the new generation's audio if that has begun.
    pub fn flush(&mut self, generation: u32) {
        self.generation = self.generation.max(generation);
        let mut last_cut = None;
        if let Some(current) = self.current.take_if(|current| current.generation < generation) {
            self.take_fade(current.utterance);
            self.cut(current.utterance, current.played);
            last_cut = Some(current.utterance);
        }
        while let Some(chunk) = self.chunks.pop_front_if(|chunk| chunk.generation < generation) {
            self.queued -= chunk.samples.len() - std::mem::take(&mut self.offset);
            if last_cut.replace(chunk.utterance) != Some(chunk.utterance) {
                self.cut(chunk.utterance, 0);
            }
        }
    }

    /// The next event, oldest first.
    pub fn poll(&mut self) -> Option<PlayoutEvent> {
        self.events.pop_front()
    }

    /// Frames handed out so far: the index of the next one.
    #[must_use]
    pub fn frame_index(&self) -> u64 {
        self.frame
    }

    /// Samples that wait.
    #[must_use]
    pub fn queued_samples(&self) -> usize {
        self.queued
    }

    /// Whether nothing sounds, waits or fades. An utterance that waits for its next chunk is not idle.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.current.is_none() && self.chunks.is_empty() && !self.fading
    }

    /// The utterance that is sounding, and how many of its samples have been played.
    #[must_use]
    pub fn current(&self) -> Option<(u64, u64)> {
        self.current.map(|current| (current.utterance, current.played))
    }

    /// Frames of silence inside an utterance because its next chunk was not there in time.
    #[must_use]
    pub fn starved_frames(&self) -> u64 {
        self.starved_frames
    }

    fn is_current(&self, utterance: u64) -> bool {
        self.current.is_some_and(|current| current.utterance == utterance)
    }

    /// Makes `utterance` the sounding one; one that never got its last chunk ends here.
    fn begin(&mut self, utterance: u64, generation: u32) {
        if self.is_current(utterance) {
            return;
        }
        self.finish();
        self.current = Some(Current { utterance, generation, played: 0 });
        self.events.push_back(PlayoutEvent::Started { utterance, at_frame: self.frame });
    }

    fn finish(&mut self) {
        if let Some(Current { utterance, played, .. }) = self.current.take() {
            self.events.push_back(PlayoutEvent::Finished { utterance, at_frame: self.frame, samples_played: played });
        }
    }

    fn advance(&mut self, count: usize, exhausted: bool, last: bool) {
        self.offset += count;
        self.queued -= count;
        if let Some(current) = &mut self.current {
            current.played += count as u64;
        }
        if exhausted {
            self.chunks.pop_front();
            self.offset = 0;
            if last {
                self.finish();
            }
        }
    }

    fn cut(&mut self, utterance: u64, samples_played: u64) {
        self.events.push_back(PlayoutEvent::Cut { utterance, at_frame: self.frame, samples_played });
    }

    /// Copies what `utterance` would have said next, falling linearly to nothing.
    fn take_fade(&mut self, utterance: u64) {
        let chunks = self.chunks.iter().take_while(|chunk| chunk.utterance == utterance);
        let samples = chunks.flat_map(|chunk| chunk.samples.iter()).skip(self.offset);
        self.fade = [0; FADE_SAMPLES];
        self.fading = false;
        for (n, (slot, &sample)) in self.fade.iter_mut().zip(samples).enumerate() {
            let gain = (FADE_SAMPLES - n) as i32;
            *slot = (i32::from(sample) * gain / (FADE_SAMPLES as i32 + 1)) as i16;
            self.fading = true;
        }
    }

    fn mix_fade(&mut self, out: &mut Frame) {
        if std::mem::take(&mut self.fading) {
            for (sample, &fading) in out.iter_mut().zip(&self.fade) {
                *sample = sample.saturating_add(fading);
            }
        }
    }
}
