//! Sentence embeddings, for intents and knowledge.

use async_trait::async_trait;

use super::ProviderError;

/// A provider of sentence embeddings.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// One vector of unit length per text, in order.
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, ProviderError>;
}
