//! Text to speech: text in, audio with word times out, clause by clause.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::ProviderError;

/// A provider of speech synthesis.
#[async_trait]
pub trait TextToSpeech: Send + Sync {
    /// Starts to speak. Chunks arrive as soon as they are ready; dropping the receiver cancels the rest.
    async fn speak(
        &self,
        request: SpeechRequest,
    ) -> Result<mpsc::Receiver<Result<SpeechChunk, ProviderError>>, ProviderError>;
}

/// What is to be said, and how.
#[derive(Clone, Debug)]
pub struct SpeechRequest {
    /// Plain text; numbers, times and money are read as on the telephone.
    pub text: String,
    /// Voice of the provider.
    pub voice: String,
    /// 1.0 is the voice's own pace.
    pub speed: f32,
    /// Samples a second that the leg takes; 8000 for G.711.
    pub sample_rate: u32,
    /// Word to phonemes, in the provider's alphabet.
    pub pronunciations: Arc<BTreeMap<String, String>>,
}

/// A stretch of speech.
#[derive(Clone, Debug)]
pub struct SpeechChunk {
    /// Mono samples at the requested rate.
    pub samples: Arc<[i16]>,
    /// The words in it, in order, as they stand in the text.
    pub words: Vec<WordTime>,
    /// Whether this is the last chunk.
    pub last: bool,
}

/// A word and where it lies in its chunk.
#[derive(Clone, Debug, PartialEq)]
pub struct WordTime {
    /// The word as it stands in the text, with its punctuation.
    pub word: String,
    /// First sample within the chunk.
    pub start: usize,
    /// One past its last sample.
    pub end: usize,
}
