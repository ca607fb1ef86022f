//! The agent's voice: texts in, chunks of sound out, one utterance after the other.
//!
//! Law: utterances are synthesised in order, clause by clause, in a task of their own. A text whose generation was
//! overtaken by a barge-in is skipped, and the synthesis that runs for it is dropped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use app::ports::text_to_speech::{SpeechChunk, SpeechRequest};
use app::ports::{ProviderError, TextToSpeech};
use domain::agent_definition::Voice as VoiceSettings;
use tokio::sync::mpsc;

/// Texts that wait; a dialog that says more at once waits for its voice.
const TEXTS: usize = 32;
/// Chunks ready for the leg; the voice waits when the conversation has not taken them.
const CHUNKS: usize = 32;
/// Longest wait for the next chunk of a provider.
const CHUNK_DEADLINE: Duration = Duration::from_secs(5);
const SAMPLE_RATE: u32 = 8_000;

/// A text on its way to the callee.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Utterance number of the call.
    pub(crate) utterance: u64,
    /// Generation it belongs to.
    pub(crate) generation: u32,
    /// Plain text.
    pub(crate) text: String,
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Sound {
    /// A stretch of the utterance.
    Chunk {
        /// Utterance.
        utterance: u64,
        /// Generation it was asked in.
        generation: u32,
        /// The sound.
        chunk: SpeechChunk,
    },
    /// The utterance, or the rest of it, cannot be said.
    Failed {
        /// Utterance.
        utterance: u64,
        /// Generation it was asked in.
        generation: u32,
        /// Why.
        error: ProviderError,
    },
}

/// Way in and out of the voice.
#[derive(Debug)]
pub(crate) struct VoiceHandle {
    /// Texts in order.
    pub(crate) texts: mpsc::Sender<Text>,
    /// Sound in order.
    pub(crate) sounds: mpsc::Receiver<Sound>,
    /// The generation that may speak; a barge-in raises it.
    pub(crate) generation: Arc<AtomicU32>,
}

/// The voice of one call: its handle, and the task that the caller owns.
pub(crate) fn voice(
    tts: Arc<dyn TextToSpeech>,
    settings: &VoiceSettings,
    pronunciations: Arc<BTreeMap<String, String>>,
) -> (VoiceHandle, impl Future<Output = ()> + Send + 'static) {
    let (texts, inbox) = mpsc::channel(TEXTS);
    let (outbox, sounds) = mpsc::channel(CHUNKS);
    let generation = Arc::new(AtomicU32::new(0));
    let speaker = Speaker {
        tts,
        voice: settings.name.clone(),
        speed: settings.speed,
        pronunciations,
        generation: Arc::clone(&generation),
        outbox,
    };
    (VoiceHandle { texts, sounds, generation }, speaker.run(inbox))
}

struct Speaker {
    tts: Arc<dyn TextToSpeech>,
    voice: String,
    speed: f32,
    pronunciations: Arc<BTreeMap<String, String>>,
    generation: Arc<AtomicU32>,
    outbox: mpsc::Sender<Sound>,
}

impl Speaker {
    async fn run(self, mut inbox: mpsc::Receiver<Text>) {
        while let Some(text) = inbox.recv().await {
            let Text { utterance, generation, .. } = text;
            if self.is_stale(generation) {
                continue;
            }
            if let Err(error) = self.say(text).await
                && self.outbox.send(Sound::Failed { utterance, generation, error }).await.is_err()
            {
                return;
            }
        }
    }

    fn is_stale(&self, generation: u32) -> bool {
        generation < self.generation.load(Ordering::Acquire)
    }

    async fn say(&self, text: Text) -> Result<(), ProviderError> {
        let request = SpeechRequest {
            text: text.text,
            voice: self.voice.clone(),
            speed: self.speed,
            sample_rate: SAMPLE_RATE,
            pronunciations: Arc::clone(&self.pronunciations),
        };
        let mut chunks = within_deadline(self.tts.speak(request)).await??;
        while let Some(chunk) = within_deadline(chunks.recv()).await? {
            if self.is_stale(text.generation) {
                return Ok(());
            }
            let sound = Sound::Chunk { utterance: text.utterance, generation: text.generation, chunk: chunk? };
            if self.outbox.send(sound).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

async fn within_deadline<T>(work: impl Future<Output = T>) -> Result<T, ProviderError> {
    tokio::time::timeout(CHUNK_DEADLINE, work).await.map_err(|_| ProviderError {
        provider: "voice",
        kind: app::ports::provider_error::ProviderErrorKind::Timeout,
        detail: format!("no sound within {} s", CHUNK_DEADLINE.as_secs()),
    })
}
