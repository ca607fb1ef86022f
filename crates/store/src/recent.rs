//! What was read of the set-up a moment ago: tenants, agents by whatever name, numbers, keys and variables, which every
//! create asks for and which rarely change.
//!
//! Law: a change through this store is seen by the next read. A change by another process is seen within [`FRESH`];
//! policy is judged again right before the INVITE.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::ports::store::{AgentName, WalletTerms, WayOut};
use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::api_key::ApiKey;
use domain::caps::Caps;
use domain::click_to_call::ClickToCall;
use domain::context_variable::ContextVariable;
use domain::organization::Organization;
use domain::trunk::CallerNumber;
use domain::{AgentId, ApiKeyId, NumberId, OrganizationId};

use crate::Stored;

/// How long a change by another process may go unseen.
const FRESH: Duration = Duration::from_secs(1);
/// Rows kept of each kind. When full, it starts again.
const CAPACITY: usize = 4_096;

/// Rows of the set-up by what they are asked for by.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    changes: AtomicU64,
    pub(crate) organizations: Rows<OrganizationId, Organization>,
    pub(crate) agents: Rows<(OrganizationId, String), Agent>,
    pub(crate) named_agents: Rows<(OrganizationId, AgentName), (Agent, AgentNames)>,
    pub(crate) clicks: Rows<[u8; 32], ClickToCall>,
    pub(crate) variables: Rows<OrganizationId, Vec<ContextVariable>>,
    /// Whether calls of an agent from a number over a trunk have any pace to keep to.
    pub(crate) paced: Rows<(AgentId, WayOut), bool>,
    /// Whether a tenant has any contact.
    pub(crate) contacts: Rows<OrganizationId, bool>,
    pub(crate) numbers: Rows<(OrganizationId, NumberId), CallerNumber>,
    pub(crate) keys: Rows<[u8; 32], ApiKey>,
    pub(crate) key_caps: Rows<ApiKeyId, Caps>,
    /// `None` inside for a tenant that is not billed, which is worth knowing too.
    pub(crate) wallets: Rows<OrganizationId, Option<WalletTerms>>,
}

impl Recent {
    /// Something of the set-up was changed: what was read before counts no more.
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// How often the set-up was changed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }
}

/// Rows of one kind.
#[derive(Debug)]
pub(crate) struct Rows<K, V>(Mutex<HashMap<K, Kept<V>>>);

#[derive(Debug)]
struct Kept<V> {
    changes: u64,
    read_at: Instant,
    row: V,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Rows<K, V> {
    /// The row as it was read a moment ago, or else as `read` finds it. `changes` is taken before the read, so that
    /// a change in between makes what was read stale at once. That a row is missing is never kept.
    pub(crate) async fn or_read(
        &self,
        key: K,
        changes: u64,
        read: impl Future<Output = Stored<Option<V>>>,
    ) -> Stored<Option<V>> {
        if let Some(kept) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && kept.changes == changes
            && kept.read_at.elapsed() < FRESH
        {
            return Ok(Some(kept.row.clone()));
        }
        let read_at = Instant::now();
        let row = read.await?;
        if let Some(row) = &row {
            let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if map.len() >= CAPACITY {
                map.clear();
            }
            map.insert(key, Kept { changes, read_at, row: row.clone() });
        }
        Ok(row)
    }
}
