//! The ports `Embedder` and `TurnDetector` on the small networks, which share one worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::ports::provider_error::ProviderErrorKind;
use app::ports::{Embedder, ProviderError, TurnDetector};
use async_trait::async_trait;

use super::minilm::MiniLm;
use super::resample::to_float_at;
use super::smart_turn::{RATE, SECONDS, SmartTurn};
use super::worker::{Workers, error_of};

/// Texts of one request: a flow's exemplars come in at most this many at a time.
const MOST_TEXTS: usize = 512;
/// Texts per job, so that a long list does not hold up the turn detector.
const TEXTS_PER_JOB: usize = 8;
const TELEPHONE_RATE: u32 = 8_000;

/// Embedded sentence embeddings.
pub(crate) struct EmbeddedEmbedder {
    pub(crate) model: Arc<MiniLm>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) patience: Duration,
}

#[async_trait]
impl Embedder for EmbeddedEmbedder {
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, ProviderError> {
        if texts.len() > MOST_TEXTS {
            return Err(error_of(ProviderErrorKind::Rejected, "too many texts in one request"));
        }
        let mut vectors = Vec::with_capacity(texts.len());
        for some in texts.chunks(TEXTS_PER_JOB) {
            let (model, some) = (Arc::clone(&self.model), some.to_vec());
            let deadline = Instant::now() + self.patience;
            let part = self
                .workers
                .compute(deadline, move |lane| {
                    some.iter().map(|text| model.embed(lane, text)).collect::<Result<Vec<_>, _>>()
                })
                .await?;
            vectors.extend(part);
        }
        Ok(vectors)
    }
}

/// Embedded end-of-turn scores.
pub(crate) struct EmbeddedTurnDetector {
    pub(crate) model: Arc<SmartTurn>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) patience: Duration,
}

#[async_trait]
impl TurnDetector for EmbeddedTurnDetector {
    async fn score(&self, samples: Arc<[i16]>) -> Result<f32, ProviderError> {
        let model = Arc::clone(&self.model);
        self.workers
            .compute(Instant::now() + self.patience, move |lane| {
                let most = SECONDS * TELEPHONE_RATE as usize;
                let tail = &samples[samples.len().saturating_sub(most)..];
                model.score(lane, &to_float_at(tail, TELEPHONE_RATE, RATE))
            })
            .await
    }
}
