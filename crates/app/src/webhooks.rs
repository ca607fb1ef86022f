//! What the use cases of webhooks need beside the store, and what the deliverer counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::dialect::Dialect;

use crate::ports::OutboundHttp;

/// The guarded way out, and the counts of this process.
#[derive(Clone)]
pub struct Webhooks {
    /// Knows which addresses may be asked.
    pub http: Arc<dyn OutboundHttp>,
    /// Tries of this process.
    pub counts: Arc<DeliveryCounts>,
    /// Names of the events that receivers of a vendor's webhooks can subscribe to; none where it has no webhooks.
    pub vendor_events: fn(Dialect) -> &'static [&'static str],
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Webhooks {
    /// With counts at zero, and our own webhooks alone.
    pub fn new(http: Arc<dyn OutboundHttp>) -> Self {
        Self { http, counts: Arc::default(), vendor_events: |_| &[] }
    }

    /// With the vendors' webhooks.
    #[must_use]
    pub fn with_vendors(self, vendor_events: fn(Dialect) -> &'static [&'static str]) -> Self {
        Self { vendor_events, ..self }
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
