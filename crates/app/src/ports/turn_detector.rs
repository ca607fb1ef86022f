//! A hint whether the callee's turn is over, from the sound of it.

use std::sync::Arc;

use async_trait::async_trait;

use super::ProviderError;

/// A provider of end-of-turn scores.
#[async_trait]
pub trait TurnDetector: Send + Sync {
    /// Probability, 0 to 1, that the turn is over. `samples` is the turn so far, mono, 8000 a second; only the last
    /// eight seconds count. A soft hint: near the middle it means nothing.
    async fn score(&self, samples: Arc<[i16]>) -> Result<f32, ProviderError>;
}
