//! A line without a network: a socket in place of RTP, the same ears and the same playout.
//!
//! Law: one clock of 20 ms slots, as on a media thread, but on a task: a handful of talks are not hundreds of calls. What
//! comes early waits for its slot, what comes late leaves a gap, and neither end waits for the other.

use std::time::Duration;

use app::ports::socket_line::{SocketLine, SocketLines};
use app::ports::telephone::{LegCommand, MediaEvent};
use media::playout::{self, Playout};
use media::resample::Resampler;
use media::{FRAME_SAMPLES, Frame, SAMPLE_RATE, SILENCE};
use tokio::sync::mpsc;
use tokio::time::interval;

use crate::media_threads::listen::Listener;
use crate::media_threads::outbox::Outbox;
use crate::media_threads::send::{MAX_QUEUED, tell_marks};
use crate::media_threads::track::CalleeTrack;
use crate::media_threads::{EVENT_CAPACITY, SLOT_MS};

/// Commands waiting at a line, as at a leg.
const COMMANDS: usize = 64;
/// Stretches of what the far end says that wait for the line.
const HEARD: usize = 32;
/// Frames that wait for the far end: half a second.
const VOICE: usize = 25;

/// Opens lines without a network.
#[derive(Clone, Copy, Debug, Default)]
pub struct SocketAudio;

impl SocketLines for SocketAudio {
    fn open(&self, rate_hz: u32) -> SocketLine {
        let (commands, orders) = mpsc::channel(COMMANDS);
        let (events, media) = mpsc::channel(EVENT_CAPACITY);
        let (heard, incoming) = mpsc::channel(HEARD);
        let (outgoing, voice) = mpsc::channel(VOICE);
        let line = Line {
            playout: Playout::new(MAX_QUEUED),
            listener: Listener::new(),
            outbox: Outbox::new(events),
            track: CalleeTrack::default(),
            down: Resampler::new(rate_hz, SAMPLE_RATE),
            up: Resampler::new(SAMPLE_RATE, rate_hz),
            rest: Vec::new(),
            heard_anything: false,
            voice: outgoing,
            slots: 0,
        };
        SocketLine { commands, media, heard, voice, task: Box::pin(line.run(orders, incoming)) }
    }
}

struct Line {
    playout: Playout,
    listener: Listener,
    outbox: Outbox,
    track: CalleeTrack,
    down: Resampler,
    up: Resampler,
    /// What was heard and is no whole frame yet.
    rest: Vec<i16>,
    heard_anything: bool,
    voice: mpsc::Sender<Vec<i16>>,
    /// Frames of the media clock so far.
    slots: u64,
}

impl Line {
    async fn run(mut self, mut orders: mpsc::Receiver<LegCommand>, mut heard: mpsc::Receiver<Vec<i16>>) {
        let mut slots = interval(Duration::from_millis(SLOT_MS));
        loop {
            tokio::select! {
                biased;
                order = orders.recv() => {
                    if !order.is_some_and(|order| self.carries_on(order)) {
                        break;
                    }
                }
                _ = slots.tick() => self.slot(),
                Some(samples) = heard.recv() => self.hear(&samples),
            }
        }
        self.playout.flush(u32::MAX);
        self.tell_marks();
    }

    /// The media clock.
    fn at_ms(&self) -> u64 {
        self.slots * SLOT_MS
    }

    fn tell_marks(&mut self) {
        let at_ms = self.at_ms();
        tell_marks(&mut self.playout, at_ms, &mut self.outbox);
    }

    /// Carries an order out; false when it ends the line.
    fn carries_on(&mut self, order: LegCommand) -> bool {
        match order {
            LegCommand::Play(chunk) => {
                let app::ports::telephone::PlayChunk { utterance, generation, samples, last } = chunk;
                // Full is a runaway voice, stale one that was overtaken: neither is said, as on a leg.
                let _ = self.playout.enqueue(playout::PlayChunk { utterance, generation, samples, last });
            }
            LegCommand::Flush { generation } => {
                self.playout.flush(generation);
                self.tell_marks();
            }
            LegCommand::Cancel | LegCommand::HangUp => return false,
            // There is nobody to send keys to or to hand over, and nothing is kept.
            LegCommand::SendDigits(_) | LegCommand::Transfer { .. } | LegCommand::Record(_) | LegCommand::Listen(_) => {
            }
        }
        true
    }

    fn hear(&mut self, samples: &[i16]) {
        if !std::mem::replace(&mut self.heard_anything, true) {
            let at_ms = self.at_ms();
            self.outbox.mark(MediaEvent::FirstPacket { at_ms });
        }
        self.down.process(samples, &mut self.rest);
        let (frames, rest) = self.rest.as_chunks::<FRAME_SAMPLES>();
        for frame in frames {
            self.track.put(frame);
        }
        self.rest = rest.to_vec();
    }

    /// 20 ms of both directions.
    fn slot(&mut self) {
        let at_ms = self.at_ms();
        let heard = self.track.take();
        self.listener.hear(&heard, at_ms + SLOT_MS, &mut self.outbox);
        let mut said: Frame = SILENCE;
        self.playout.next_frame(&mut said);
        self.tell_marks();
        let mut frame = Vec::new();
        self.up.process(&said, &mut frame);
        // A far end that does not take it misses it, and hears what is said when it is said.
        let _ = self.voice.try_send(frame);
        self.slots += 1;
        self.outbox.flush();
    }
}

#[cfg(test)]
mod tests;
