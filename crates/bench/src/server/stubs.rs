//! Speech providers that answer at once, so that what is measured is everything but them.
//!
//! Law: an answer costs a channel send. The text is fixed and sounds complete, the voice is one buffer made before the
//! first call, and no two texts mean the same.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use app::ports::speech_to_text::{SttInput, SttOutput, SttSettings, SttStream};
use app::ports::text_to_speech::{SpeechChunk, SpeechRequest, WordTime};
use app::ports::{Embedder, ProviderError, SpeechToText, TextToSpeech};
use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

/// What every caller is understood to have said: an answer that fits no built-in wish.
const TEXT: &str = "The blue one is fine with me.";
/// Length of everything the agent says: 800 ms.
const VOICE_SAMPLES: usize = 6_400;
/// As many numbers as `MiniLM` gives.
const DIMENSIONS: usize = 384;

/// Understands at once.
#[derive(Default)]
pub(super) struct Ears {
    streams: TaskTracker,
}

#[async_trait]
impl SpeechToText for Ears {
    async fn open(&self, _settings: SttSettings) -> Result<SttStream, ProviderError> {
        let (input, mut asked) = mpsc::channel(256);
        let (answer, output) = mpsc::channel(64);
        self.streams.spawn(async move {
            while let Some(message) = asked.recv().await {
                let SttInput::Text { segment, request, interim } = message else { continue };
                let text = SttOutput::Text { segment, request, interim, text: TEXT.to_owned(), compute_ms: 0.0 };
                if answer.send(text).await.is_err() {
                    return;
                }
            }
        });
        Ok(SttStream { input, output })
    }
}

/// Speaks at once, always the same sound.
pub(super) struct Voice {
    sound: Arc<[i16]>,
}

impl Voice {
    pub(super) fn new() -> Self {
        let wobble = |n: usize| (n as f32 * (2.0 + (n / 800 % 5) as f32) / 40.0).sin() * 9_000.0 + 500.0;
        Self { sound: (0..VOICE_SAMPLES).map(|n| wobble(n) as i16).collect() }
    }
}

#[async_trait]
impl TextToSpeech for Voice {
    async fn speak(
        &self,
        request: SpeechRequest,
    ) -> Result<mpsc::Receiver<Result<SpeechChunk, ProviderError>>, ProviderError> {
        let words: Vec<&str> = request.text.split_whitespace().collect();
        let each = VOICE_SAMPLES / words.len().max(1);
        let time =
            |(n, word): (usize, &&str)| WordTime { word: (*word).to_owned(), start: n * each, end: (n + 1) * each };
        let words = words.iter().enumerate().map(time).collect();
        let (chunks, output) = mpsc::channel(1);
        let chunk = SpeechChunk { samples: Arc::clone(&self.sound), words, last: true };
        chunks.try_send(Ok(chunk)).expect("the channel is new and takes one");
        Ok(output)
    }
}

/// Gives each text a direction of its own.
pub(super) struct Meaning;

#[async_trait]
impl Embedder for Meaning {
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, ProviderError> {
        let direction = |text: String| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            let mut bits = hasher.finish();
            let length = (DIMENSIONS as f32).sqrt();
            let sign = |_| {
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                if bits >> 63 == 0 { 1.0 / length } else { -1.0 / length }
            };
            (0..DIMENSIONS).map(sign).collect()
        };
        Ok(texts.into_iter().map(direction).collect())
    }
}
