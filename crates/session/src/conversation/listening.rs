//! The callee's side: sound to the recogniser, its texts back to turn taking.

use std::sync::Arc;

use app::ports::speech_to_text::SttInput;
use tokio::sync::mpsc;

/// The turn detector looks at the last eight seconds only.
const HINT_SAMPLES: usize = 8 * 8_000;

/// Sound of the current segment, and the way to the recogniser.
pub(super) struct Listening {
    input: mpsc::Sender<SttInput>,
    /// Kept for the turn detector; empty between segments.
    sound: Vec<i16>,
    segment: Option<u32>,
    dropped: u64,
}

impl Listening {
    pub(super) fn new(input: mpsc::Sender<SttInput>) -> Self {
        Self { input, sound: Vec::new(), segment: None, dropped: 0 }
    }

    /// Sound of a segment, in order.
    pub(super) fn audio(&mut self, segment: u32, samples: Arc<[i16]>) {
        if self.segment != Some(segment) {
            self.segment = Some(segment);
            self.sound.clear();
        }
        let surplus = (self.sound.len() + samples.len()).saturating_sub(HINT_SAMPLES);
        self.sound.drain(..surplus.min(self.sound.len()));
        self.sound.extend_from_slice(&samples);
        self.send(SttInput::Audio { segment, samples });
    }

    /// Text is wanted.
    pub(super) fn request(&mut self, segment: u32, request: u32, interim: bool) {
        self.send(SttInput::Text { segment, request, interim });
    }

    /// A copy for the turn detector.
    pub(super) fn sound(&self, segment: u32) -> Option<Arc<[i16]>> {
        (self.segment == Some(segment) && !self.sound.is_empty()).then(|| Arc::from(self.sound.as_slice()))
    }

    /// The segment was decided.
    pub(super) fn forget(&mut self, segment: u32) {
        if self.segment == Some(segment) {
            self.segment = None;
            self.sound = Vec::new();
        }
        self.send(SttInput::Forget { segment });
    }

    /// Messages that a slow recogniser did not take.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn send(&mut self, input: SttInput) {
        if self.input.try_send(input).is_err() {
            self.dropped += 1;
        }
    }
}
