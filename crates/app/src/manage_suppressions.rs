//! The do-not-call list. What is on it is never dialed, whoever asks.

use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::callee::Callee;
use domain::organization::Organization;
use domain::refusal::{Refusal, RefusalCode};
use domain::suppression::{Suppression, SuppressionSource};
use domain::time::Timestamp;
use domain::{CallId, SuppressionId};

use crate::ports::store::{Page, SuppressionFilter};
use crate::read_calls::MAX_PAGE;
use crate::refusals::{conflict, faults, invalid, label, not_found};
use crate::{Platform, Principal};

/// Most entries of one request.
pub const MAX_ENTRIES: usize = 1_000;
/// Longest note in characters.
const MAX_NOTE: usize = 1_000;

/// A number to keep from being called.
#[derive(Clone, Debug, Default)]
pub struct NewSuppression {
    /// The number, E.164 or national in the organization's default region.
    pub number: String,
    /// Why, such as `opt_out`.
    pub reason: String,
    /// Who puts it there.
    pub source: SuppressionSource,
    /// What a person wants to remember.
    pub note: Option<String>,
    /// Until when; `None` for good.
    pub expires_at: Option<Timestamp>,
    /// The call in which it was said, if it was.
    pub call: Option<CallId>,
}

impl Platform {
    /// Puts a number on the list. One that is there already stays as it was and comes back so, unless the new entry lasts
    /// longer or the old one has lapsed.
    pub async fn suppress_number(&self, principal: &Principal, new: NewSuppression) -> Result<Suppression, Refusal> {
        principal.require(Permission::SuppressionsWrite)?;
        let organization = self.own_organization(principal).await?;
        let entry = self.listing(&organization, new)?;
        let changes = Changes::none()
            .with("reason", entry.reason.as_str())
            .with("source", entry.source.as_str())
            .with("expires_at", entry.expires_at.map(|at| at.to_string()))
            .with("call", entry.call.map(|id| id.to_string()));
        self.audited(principal, AuditAction::SuppressionCreated, entry.id, changes).suppress(&entry).await?;
        let stored = self.store.suppression(principal.organization, &entry.number).await?;
        Ok(stored.unwrap_or(entry))
    }

    /// Puts all of these numbers on the list, or, when one cannot be read, none. Returns how many were given.
    pub async fn suppress_numbers(&self, principal: &Principal, new: Vec<NewSuppression>) -> Result<usize, Refusal> {
        principal.require(Permission::SuppressionsWrite)?;
        if new.is_empty() || new.len() > MAX_ENTRIES {
            return Err(invalid("/items", format!("must have 1 to {MAX_ENTRIES} entries")));
        }
        let organization = self.own_organization(principal).await?;
        let (mut entries, mut wrong) = (Vec::with_capacity(new.len()), Vec::new());
        for (at, new) in new.into_iter().enumerate() {
            match self.listing(&organization, new) {
                Ok(entry) => entries.push(entry),
                Err(refusal) => wrong.extend(refusal.fields.into_iter().map(|mut field| {
                    field.pointer = format!("/items/{at}{}", field.pointer);
                    field
                })),
            }
        }
        if let Some(refusal) = faults(RefusalCode::InvalidRequest, wrong) {
            return Err(refusal);
        }
        let changes = Changes::none().with("numbers", entries.len());
        let first = entries.first().map_or(SuppressionId(self.clock.uuid()), |entry| entry.id);
        self.audited(principal, AuditAction::SuppressionCreated, first, changes).suppress_all(&entries).await?;
        Ok(entries.len())
    }

    fn listing(&self, organization: &Organization, new: NewSuppression) -> Result<Suppression, Refusal> {
        label("/reason", &new.reason)?;
        if new.note.as_deref().is_some_and(|note| note.chars().count() > MAX_NOTE) {
            return Err(invalid("/note", format!("must have {MAX_NOTE} characters at most")));
        }
        let created_at = self.clock.now();
        if new.expires_at.is_some_and(|until| until <= created_at) {
            return Err(invalid("/expires_at", "must lie in the future; leave it out for an entry without end"));
        }
        let number = Callee::parse(&new.number, organization.default_region.as_deref())
            .map_err(|why| Refusal::field(RefusalCode::InvalidNumber, "/number", why.to_string()))?;
        Ok(Suppression {
            id: SuppressionId(self.clock.uuid()),
            organization: organization.id,
            number,
            reason: new.reason,
            source: new.source,
            call: new.call,
            note: new.note,
            created_at,
            expires_at: new.expires_at,
        })
    }

    /// Entries, newest first.
    pub async fn find_suppressions(
        &self,
        principal: &Principal,
        filter: &SuppressionFilter,
    ) -> Result<Page<Suppression>, Refusal> {
        principal.require(Permission::SuppressionsRead)?;
        if filter.limit == 0 || filter.limit > MAX_PAGE {
            return Err(invalid("/limit", format!("must lie between 1 and {MAX_PAGE}")));
        }
        Ok(self.store.find_suppressions(principal.organization, filter).await?)
    }

    /// All entries, newest first.
    pub async fn list_suppressions(&self, principal: &Principal) -> Result<Vec<Suppression>, Refusal> {
        principal.require(Permission::SuppressionsRead)?;
        Ok(self.store.suppressions(principal.organization).await?)
    }

    /// Takes a number off the list. `Conflict` while a contact says that the number is not to be called.
    pub async fn unsuppress_number(&self, principal: &Principal, id: SuppressionId) -> Result<(), Refusal> {
        principal.require(Permission::SuppressionsWrite)?;
        let listed = self.store.suppressions(principal.organization).await?.into_iter().find(|entry| entry.id == id);
        let entry = listed.ok_or_else(|| not_found("suppression"))?;
        let contact = self.store.contact_of(principal.organization, &entry.number).await?;
        if let Some(contact) = contact.filter(|contact| contact.do_not_contact) {
            let detail = format!("the contact {} is not to be contacted; change that first", contact.id);
            return Err(conflict(detail));
        }
        let changes = Changes::none().of("reason", entry.reason.as_str(), serde_json::Value::Null);
        let store = self.audited(principal, AuditAction::SuppressionDeleted, id, changes);
        if store.unsuppress(principal.organization, id).await? {
            return Ok(());
        }
        Err(not_found("suppression"))
    }
}
