//! Speech to text: audio frames in, partial and final texts with times out.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::ProviderError;

/// A provider of speech recognition.
#[async_trait]
pub trait SpeechToText: Send + Sync {
    /// Opens a stream for one call. Called before the INVITE leaves, so that nothing on the answer path waits.
    async fn open(&self, settings: SttSettings) -> Result<SttStream, ProviderError>;
}

/// What a stream is opened with.
#[derive(Clone, Debug)]
pub struct SttSettings {
    /// BCP 47.
    pub language: String,
    /// Samples a second of the audio that will be pushed; 8000 for telephone legs.
    pub sample_rate: u32,
}

/// One call's stream. Dropping it ends it.
#[derive(Debug)]
pub struct SttStream {
    /// Bounded way in; the session never waits on it: when it is full, audio is dropped and counted.
    pub input: mpsc::Sender<SttInput>,
    /// Bounded way out.
    pub output: mpsc::Receiver<SttOutput>,
}

/// What goes into a stream. `segment` numbers the callee's turns; texts come back with it.
#[derive(Clone, Debug)]
pub enum SttInput {
    /// Mono samples of the current segment, in order.
    Audio {
        /// Segment they belong to; a new number starts a new segment.
        segment: u32,
        /// Samples.
        samples: Arc<[i16]>,
    },
    /// Asks for the text of everything pushed for `segment` so far. May be asked again after more audio: the
    /// latest request is the one that counts, older ones that have not begun are skipped.
    Text {
        /// Segment.
        segment: u32,
        /// Echoed in the answer; counts up.
        request: u32,
        /// Whether this is only for showing progress and may be skipped under load.
        interim: bool,
    },
    /// The segment is over or was discarded; its audio can be forgotten.
    Forget {
        /// Segment.
        segment: u32,
    },
}

/// What comes out of a stream.
#[derive(Clone, Debug)]
pub enum SttOutput {
    /// Answer to `SttInput::Text`.
    Text {
        /// Segment.
        segment: u32,
        /// The request it answers.
        request: u32,
        /// Whether it was asked for as interim.
        interim: bool,
        /// What was understood; empty when nothing was.
        text: String,
        /// Time spent computing, in milliseconds.
        compute_ms: f32,
    },
    /// The request failed.
    Failed {
        /// Segment.
        segment: u32,
        /// The request it answers.
        request: u32,
        /// Why.
        error: ProviderError,
    },
}
