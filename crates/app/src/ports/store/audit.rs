//! The log of administrative acts.

use std::sync::Arc;

use async_trait::async_trait;
use domain::audit::{AuditAction, AuditEntry};
use domain::time::Timestamp;
use domain::{ApiKeyId, OrganizationId};

use super::{Page, Store, StoreError};

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only these acts; empty for all.
    pub actions: Vec<AuditAction>,
    /// Only acts on the thing with this id.
    pub resource: Option<String>,
    /// Only acts with this key.
    pub key: Option<ApiKeyId>,
    /// At or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    /// From the previous page.
    pub cursor: Option<String>,
    /// 1 to 200.
    pub limit: u32,
}

/// The log: appended to, never changed.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// The same store, whose next change of the set-up takes `entry` along in its own transaction: both are stored or
    /// neither, and an act that changed nothing (`false`) leaves no entry. For one change.
    fn audited(&self, entry: AuditEntry) -> Arc<dyn Store>;
    /// Stores an entry by itself: for acts on what lies outside the database, written before the act.
    async fn append_audit(&self, entry: &AuditEntry) -> Result<(), StoreError>;
    /// Newest first.
    async fn audit(&self, organization: OrganizationId, filter: &AuditFilter) -> Result<Page<AuditEntry>, StoreError>;
}
