//! Listening to the callee.

use media::Frame;

use super::outbox::Outbox;
use super::speech::SpeechChunks;

pub(super) struct Listener {
    speech: SpeechChunks,
}

impl Listener {
    pub(super) fn new() -> Self {
        Self { speech: SpeechChunks::new() }
    }

    /// Hears one frame that ends at `end_ms` on the media clock.
    pub(super) fn hear(&mut self, frame: &Frame, end_ms: u64, outbox: &mut Outbox) {
        self.speech.frame(frame, end_ms, outbox);
    }
}
