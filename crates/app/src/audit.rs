//! Writing and reading the log of administrative acts.
//!
//! Law: a use case that changes the set-up writes through `Platform::audited`, so that the act and its entry are one
//! transaction. A new one is one line: `self.audited(principal, AuditAction::…, id, changes).change_it(…).await?`.

use std::fmt::Display;
use std::sync::Arc;

use domain::AuditId;
use domain::api_key::Permission;
use domain::audit::{AuditAction, AuditEntry, Changes};
use domain::refusal::Refusal;

use crate::ports::store::{AuditFilter, Page, Store};
use crate::read_calls::MAX_PAGE;
use crate::refusals::invalid;
use crate::{Platform, Principal};

impl Platform {
    /// The store for one change of the set-up, which takes the entry of this act along.
    pub(crate) fn audited(
        &self,
        principal: &Principal,
        action: AuditAction,
        resource: impl Display,
        changes: Changes,
    ) -> Arc<dyn Store> {
        self.store.audited(self.audit_entry(principal, action, resource, changes))
    }

    pub(crate) fn audit_entry(
        &self,
        principal: &Principal,
        action: AuditAction,
        resource: impl Display,
        changes: Changes,
    ) -> AuditEntry {
        AuditEntry {
            id: AuditId(self.clock.uuid()),
            organization: principal.organization,
            at: self.clock.now(),
            actor: principal.actor,
            action,
            resource: resource.to_string(),
            changes,
            origin: principal.origin.clone(),
        }
    }

    /// Entries, newest first.
    pub async fn list_audit(&self, principal: &Principal, filter: &AuditFilter) -> Result<Page<AuditEntry>, Refusal> {
        principal.require(Permission::AuditRead)?;
        if filter.limit == 0 || filter.limit > MAX_PAGE {
            return Err(invalid("/limit", format!("must lie between 1 and {MAX_PAGE}")));
        }
        Ok(self.store.audit(principal.organization, filter).await?)
    }
}
