//! The do-not-call list. What is on it is never dialed, whoever asks.

use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::refusal::Refusal;
use domain::suppression::Suppression;
use domain::{CallId, SuppressionId};

use crate::refusals::{label, not_found};
use crate::{Platform, Principal};

/// A number to keep from being called.
#[derive(Clone, Debug)]
pub struct NewSuppression {
    /// The number, E.164 or national in the organization's default region.
    pub number: String,
    /// Why, such as `opt_out`.
    pub reason: String,
    /// The call in which it was said, if it was.
    pub call: Option<CallId>,
}

impl Platform {
    /// Puts a number on the list; one that is there already stays as it was and comes back so.
    pub async fn suppress_number(&self, principal: &Principal, new: NewSuppression) -> Result<Suppression, Refusal> {
        principal.require(Permission::SuppressionsWrite)?;
        label("/reason", &new.reason)?;
        let number = self.parse_number(principal, "/number", &new.number).await?;
        let entry = Suppression {
            id: SuppressionId(self.clock.uuid()),
            organization: principal.organization,
            number,
            reason: new.reason,
            call: new.call,
            created_at: self.clock.now(),
        };
        let changes =
            Changes::none().with("reason", entry.reason.as_str()).with("call", entry.call.map(|id| id.to_string()));
        self.audited(principal, AuditAction::SuppressionCreated, entry.id, changes).suppress(&entry).await?;
        let stored = self.store.suppression(principal.organization, &entry.number).await?;
        Ok(stored.unwrap_or(entry))
    }

    /// All entries, newest first.
    pub async fn list_suppressions(&self, principal: &Principal) -> Result<Vec<Suppression>, Refusal> {
        principal.require(Permission::SuppressionsRead)?;
        Ok(self.store.suppressions(principal.organization).await?)
    }

    /// Takes a number off the list.
    pub async fn unsuppress_number(&self, principal: &Principal, id: SuppressionId) -> Result<(), Refusal> {
        principal.require(Permission::SuppressionsWrite)?;
        let store = self.audited(principal, AuditAction::SuppressionDeleted, id, Changes::none());
        if store.unsuppress(principal.organization, id).await? {
            return Ok(());
        }
        Err(not_found("suppression"))
    }
}
