//! What the use cases of webhooks need beside the store, and what the deliverer counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::ports::OutboundHttp;
use crate::ports::webhook_words::{OnlyNative, WebhookWords};

/// The guarded way out, and the counts of this process.
#[derive(Clone)]
pub struct Webhooks {
    /// Knows which addresses may be asked.
    pub http: Arc<dyn OutboundHttp>,
    /// What other dialects call our events.
    pub words: Arc<dyn WebhookWords>,
    /// Tries of this process.
    pub counts: Arc<DeliveryCounts>,
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Webhooks {
    /// With counts at zero, and in our own dialect alone.
    pub fn new(http: Arc<dyn OutboundHttp>) -> Self {
        Self { http, words: Arc::new(OnlyNative), counts: Arc::default() }
    }

    /// In other dialects too.
    #[must_use]
    pub fn speaking(self, words: Arc<dyn WebhookWords>) -> Self {
        Self { words, ..self }
    }
}

/// Tries since the process started, by what came of them.
#[derive(Debug, Default)]
pub struct DeliveryCounts {
    /// Arrived.
    pub delivered: AtomicU64,
    /// Failed, to be tried again.
    pub failed: AtomicU64,
    /// Given up.
    pub dead: AtomicU64,
}

impl DeliveryCounts {
    /// Every result with its count, for a page of metrics.
    pub fn all(&self) -> [(&'static str, u64); 3] {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [("delivered", of(&self.delivered)), ("failed", of(&self.failed)), ("dead", of(&self.dead))]
    }
}
