//! Speech and meaning without a cloud: recognition, synthesis, embeddings and end-of-turn scores, in this process,
//! in Rust, from the files in `models/`. English.
//!
//! Law: computing happens on threads of its own behind bounded queues (`worker`), never on the runtime; what cannot be
//! done in time is refused, not delayed. Stands behind the speech ports of every call whose agent names no vendor.

mod clauses;
mod hibari;
mod minilm;
mod models;
mod moonshine;
mod normalise;
mod phonemes;
mod phrase_cache;
mod resample;
mod small;
mod smart_turn;
mod speech_to_text;
mod text_to_speech;
mod transcript;
mod wordpiece;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::ports::{Embedder, SpeechToText, TextToSpeech, TurnDetector};
use tokio_util::task::TaskTracker;

pub use models::{LoadError, ModelDirectory};
pub use worker::NAME;

use small::{EmbeddedEmbedder, EmbeddedTurnDetector};
use speech_to_text::EmbeddedStt;
use text_to_speech::{EmbeddedTts, TtsEngine};
use worker::Workers;

/// How much the embedded models may take.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    /// Threads for recognition. One keeps up with about twenty calls.
    pub stt_workers: usize,
    /// Threads for synthesis.
    pub tts_workers: usize,
    /// Threads for embeddings and end-of-turn scores.
    pub small_workers: usize,
    /// Jobs that may wait for each kind of thread; more are refused.
    pub queue: usize,
    /// Bytes of rendered speech that are remembered.
    pub phrase_cache_bytes: usize,
    /// How long a job may wait before it is given up.
    pub patience: Duration,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            stt_workers: 1,
            tts_workers: 1,
            small_workers: 1,
            queue: 64,
            phrase_cache_bytes: 32 << 20,
            patience: Duration::from_secs(3),
        }
    }
}

/// The loaded models behind the speech ports.
#[derive(Clone)]
pub struct Embedded {
    stt: Arc<EmbeddedStt>,
    tts: Arc<EmbeddedTts>,
    embedder: Arc<EmbeddedEmbedder>,
    turn_detector: Arc<EmbeddedTurnDetector>,
    streams: TaskTracker,
}

impl Embedded {
    /// Loads all models at the same time and starts the worker threads. Blocks for about a second: call it from a
    /// blocking thread.
    pub fn load(directory: &ModelDirectory, options: &EmbeddedOptions) -> Result<Self, LoadError> {
        let (phonemes, hibari, minilm, smart_turn, moonshine) = std::thread::scope(|scope| {
            let phonemes = scope.spawn(|| phonemes::Phonemes::load(directory));
            let minilm = scope.spawn(|| minilm::MiniLm::load(directory));
            let smart_turn = scope.spawn(|| smart_turn::SmartTurn::load(directory));
            let hibari = scope.spawn(|| hibari::Hibari::load(directory));
            let moonshine = moonshine::Moonshine::load(directory);
            let loaded = "loading returns its errors";
            let (phonemes, hibari) = (phonemes.join().expect(loaded), hibari.join().expect(loaded));
            (phonemes, hibari, minilm.join().expect(loaded), smart_turn.join().expect(loaded), moonshine)
        });
        let patience = options.patience;
        let streams = TaskTracker::new();
        let stt = EmbeddedStt {
            model: Arc::new(moonshine?),
            workers: Arc::new(Workers::start("stt", options.stt_workers, options.queue)?),
            tasks: streams.clone(),
            patience,
        };
        let engine = TtsEngine {
            phonemes: phonemes?,
            hibari: hibari?,
            workers: Workers::start("tts", options.tts_workers, options.queue)?,
            cache: phrase_cache::PhraseCache::new(options.phrase_cache_bytes),
            syntheses: Mutex::new(HashMap::new()),
            patience,
        };
        let workers = Arc::new(Workers::start("meaning", options.small_workers, options.queue)?);
        let embedder = EmbeddedEmbedder { model: Arc::new(minilm?), workers: Arc::clone(&workers), patience };
        let turn_detector = EmbeddedTurnDetector { model: Arc::new(smart_turn?), workers, patience };
        Ok(Self {
            stt: Arc::new(stt),
            tts: Arc::new(EmbeddedTts { engine: Arc::new(engine) }),
            embedder: Arc::new(embedder),
            turn_detector: Arc::new(turn_detector),
            streams,
        })
    }

    /// Recognition by Moonshine tiny.
    pub fn speech_to_text(&self) -> Arc<dyn SpeechToText> {
        Arc::clone(&self.stt) as _
    }

    /// Synthesis by hibari.
    pub fn text_to_speech(&self) -> Arc<dyn TextToSpeech> {
        Arc::clone(&self.tts) as _
    }

    /// Sentence embeddings by `MiniLM`.
    pub fn embedder(&self) -> Arc<dyn Embedder> {
        Arc::clone(&self.embedder) as _
    }

    /// End-of-turn scores by smart-turn.
    pub fn turn_detector(&self) -> Arc<dyn TurnDetector> {
        Arc::clone(&self.turn_detector) as _
    }

    /// Names of the voices; the first is the default.
    pub fn voices() -> impl Iterator<Item = &'static str> {
        hibari::VOICES.iter().map(|voice| voice.name)
    }

    /// Waits until all recognition streams have ended. They end when their sessions drop them.
    pub async fn drained(&self) {
        self.streams.close();
        self.streams.wait().await;
    }
}
