//! The log of administrative acts, behind [`AuditStore`].
//!
//! Law: an entry is written in the transaction of the change that it tells of, or not at all.

use std::sync::{Arc, Mutex, PoisonError};

use app::ports::store::{AuditFilter, AuditStore, Page, RoleChange, Store, StoreError};
use async_trait::async_trait;
use domain::OrganizationId;
use domain::audit::AuditEntry;
use domain::contact::Contact;
use domain::context_variable::ContextVariable;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::errors::failed;
use crate::rows::{audit_log, micros};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

/// The entry that the next change takes along, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<Option<AuditEntry>>);

impl Pending {
    pub(crate) fn take(&self) -> Option<AuditEntry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What a change came to: whether anything was changed.
pub(crate) trait Happened {
    /// False where the change found nothing to do; then it leaves no entry.
    fn happened(&self) -> bool {
        true
    }
}

impl Happened for () {}

impl Happened for bool {
    fn happened(&self) -> bool {
        *self
    }
}

impl Happened for u64 {
    fn happened(&self) -> bool {
        *self > 0
    }
}

impl<T> Happened for Option<T> {
    fn happened(&self) -> bool {
        self.is_some()
    }
}

impl Happened for Contact {}

impl Happened for ContextVariable {}

impl Happened for RoleChange {
    fn happened(&self) -> bool {
        *self == Self::Done
    }
}

impl<T, E> Happened for Result<T, E> {
    fn happened(&self) -> bool {
        self.is_ok()
    }
}

/// Appends an entry.
pub(crate) async fn insert(tx: &Transaction, entry: &AuditEntry) -> Stored<()> {
    let row = audit_log::to_row(entry)?;
    audit_log::Entity::insert(row).exec_without_returning(tx).await.map(drop).map_err(failed)
}

#[async_trait]
impl AuditStore for SqlStore {
    fn audited(&self, entry: AuditEntry) -> Arc<dyn Store> {
        Arc::new(Self { pending: Pending(Mutex::new(Some(entry))), ..self.another() })
    }

    async fn append_audit(&self, entry: &AuditEntry) -> Stored<()> {
        let entry = entry.clone();
        self.writer.run(move |tx| Box::pin(async move { insert(tx, &entry).await })).await
    }

    async fn audit(&self, organization: OrganizationId, filter: &AuditFilter) -> Stored<Page<AuditEntry>> {
        let limit = filter.limit.max(1) as usize;
        let rows = audit_log::Entity::find()
            .filter(audit_log::Column::Organization.eq(organization.0))
            .filter(matching(filter)?)
            .order_by_desc(audit_log::Column::Position)
            .limit(limit as u64 + 1)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let next = rows.get(limit.wrapping_sub(1)).filter(|_| rows.len() > limit).map(|row| row.position.to_string());
        let items = rows.into_iter().take(limit).map(audit_log::from_row).collect::<Stored<_>>()?;
        Ok(Page { items, next })
    }
}

fn matching(filter: &AuditFilter) -> Stored<Condition> {
    let before = filter.cursor.as_deref().map(str::parse::<i64>).transpose().map_err(|_| StoreError::InvalidCursor)?;
    let actions: Vec<&str> = filter.actions.iter().map(|action| action.as_str()).collect();
    Ok(Condition::all()
        .add_option((!actions.is_empty()).then(|| audit_log::Column::Action.is_in(actions)))
        .add_option(filter.resource.as_deref().map(|id| audit_log::Column::Resource.eq(id)))
        .add_option(filter.key.map(|key| audit_log::Column::ApiKey.eq(key.0)))
        .add_option(filter.from.map(|from| audit_log::Column::At.gte(micros(from))))
        .add_option(filter.to.map(|to| audit_log::Column::At.lt(micros(to))))
        .add_option(before.map(|position| audit_log::Column::Position.lt(position))))
}
