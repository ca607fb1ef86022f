//! Published definitions in memory. They never change, so what was read once is right for ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::AgentVersionId;
use domain::agent::AgentVersion;

/// Definitions kept at most; a few kilobytes each. When full, it starts again: simple, and rare enough.
const CAPACITY: usize = 1_024;

/// Published definitions by id.
#[derive(Debug, Default)]
pub(crate) struct VersionCache(Mutex<HashMap<AgentVersionId, Arc<AgentVersion>>>);

impl VersionCache {
    /// The version, if it was read before.
    pub(crate) fn get(&self, id: AgentVersionId) -> Option<Arc<AgentVersion>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Keeps a version that was read.
    pub(crate) fn keep(&self, version: Arc<AgentVersion>) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= CAPACITY {
            map.clear();
        }
        map.insert(version.id, version);
    }
}
