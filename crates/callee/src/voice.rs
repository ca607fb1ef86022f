//! The far end's voice. Law: a sentence is made once and kept; a persona's sentences are made while it rings, so
//! that nobody waits for them on the line.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::ports::TextToSpeech;
use app::ports::text_to_speech::SpeechRequest;

use crate::line::SAMPLE_RATE;
use crate::line::sounds;

/// Sentences kept; a scenario has a dozen.
const KEPT: usize = 512;
/// Longest wait for one sentence.
const LIMIT: Duration = Duration::from_secs(10);

/// Makes speech, by a provider or, without one, as a murmur of the same length.
pub(crate) struct Voice {
    speaker: Option<Arc<dyn TextToSpeech>>,
    name: String,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    by_text: HashMap<String, Arc<[i16]>>,
    order: VecDeque<String>,
}

impl Voice {
    pub(crate) fn new(speaker: Option<Arc<dyn TextToSpeech>>, name: String) -> Self {
        Self { speaker, name, kept: Mutex::default() }
    }

    /// The sentence as samples, if it was made before.
    pub(crate) fn kept(&self, text: &str) -> Option<Arc<[i16]>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).by_text.get(text).cloned()
    }

    /// The sentence as samples. A provider that fails leaves the far end speechless for that sentence.
    pub(crate) async fn speech(&self, text: &str) -> Arc<[i16]> {
        if let Some(kept) = self.kept(text) {
            return kept;
        }
        let samples = match &self.speaker {
            None => Some(sounds::murmur(text)),
            Some(speaker) => tokio::time::timeout(LIMIT, self.speak(speaker.as_ref(), text)).await.ok().flatten(),
        };
        let Some(samples) = samples else {
            tracing::warn!("the far end could not speak a sentence");
            return Arc::from([]);
        };
        self.keep(text, samples.into())
    }

    async fn speak(&self, speaker: &dyn TextToSpeech, text: &str) -> Option<Vec<i16>> {
        let request = SpeechRequest {
            text: text.to_owned(),
            voice: self.name.clone(),
            speed: 1.0,
            sample_rate: SAMPLE_RATE,
            pronunciations: Arc::new(BTreeMap::new()),
        };
        let mut chunks = speaker.speak(request).await.ok()?;
        let mut samples = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            samples.extend_from_slice(&chunk.ok()?.samples);
        }
        Some(samples)
    }

    fn keep(&self, text: &str, samples: Arc<[i16]>) -> Arc<[i16]> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_text.insert(text.to_owned(), samples.clone()).is_none() {
            kept.order.push_back(text.to_owned());
            if kept.order.len() > KEPT
                && let Some(oldest) = kept.order.pop_front()
            {
                kept.by_text.remove(&oldest);
            }
        }
        samples
    }
}
