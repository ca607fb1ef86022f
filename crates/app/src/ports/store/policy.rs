//! What policy goes by, and what it decided.

use async_trait::async_trait;
use domain::callee::Callee;
use domain::contact::{Consent, Contact};
use domain::policy_decision::PolicyDecision;
use domain::suppression::{Suppression, SuppressionSource};
use domain::time::Timestamp;
use domain::{ConsentId, ContactId, OrganizationId};

use super::{Page, StoreError};

/// How long decisions are kept.
pub const DECISIONS_KEPT: jiff::SignedDuration = jiff::SignedDuration::from_hours(90 * 24);

/// Which entries of the do-not-call list to read.
#[derive(Clone, Debug, Default)]
pub struct SuppressionFilter {
    /// Only this number.
    pub number: Option<Callee>,
    /// Only those put there by this.
    pub source: Option<SuppressionSource>,
    /// From the previous page.
    pub cursor: Option<String>,
    /// 1 to 200.
    pub limit: u32,
}

/// Which contacts to read.
#[derive(Clone, Debug, Default)]
pub struct ContactFilter {
    /// Only the one with this number.
    pub number: Option<Callee>,
    /// Only the one with this id of the client's.
    pub external_id: Option<String>,
    /// Only those in whose names, numbers, addresses, company, tags and attributes this text stands.
    pub search: Option<String>,
    /// Only those that have all of these: `tag:vip`, or the name of an attribute and its text, `stage:lead`.
    pub lines: Vec<String>,
    /// From the previous page.
    pub cursor: Option<String>,
    /// 1 to 200.
    pub limit: u32,
}

/// Which decisions to read.
#[derive(Clone, Debug, Default)]
pub struct DecisionFilter {
    /// Only on this number.
    pub number: Option<Callee>,
    /// Only with this code.
    pub code: Option<String>,
    /// Made at or after.
    pub from: Option<Timestamp>,
    /// Made before.
    pub to: Option<Timestamp>,
    /// From the previous page.
    pub cursor: Option<String>,
    /// 1 to 200.
    pub limit: u32,
}

/// How a number stands with an organization.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberStanding {
    /// Its entry on the do-not-call list, in force or not.
    pub suppression: Option<Suppression>,
    /// The organization calls from it.
    pub own: bool,
}

/// Contacts, consents, past calls and decisions.
#[async_trait]
pub trait PolicyStore: Send + Sync {
    /// Puts all of them on the do-not-call list or none, as `TenantStore::suppress` does with one.
    async fn suppress_all(&self, entries: &[Suppression]) -> Result<(), StoreError>;
    /// Entries of the do-not-call list, newest first.
    async fn find_suppressions(
        &self,
        organization: OrganizationId,
        filter: &SuppressionFilter,
    ) -> Result<Page<Suppression>, StoreError>;
    /// Stores a contact in place of the one with its id. `entries` keep its numbers from being called; without any, those
    /// that stand on the list only because of this contact go. `Duplicate` when a number or the external id belongs to
    /// another contact.
    /// The contact as it was stored, with the integer that names it.
    async fn save_contact(&self, contact: &Contact, entries: &[Suppression]) -> Result<Contact, StoreError>;
    /// One contact.
    async fn contact(&self, organization: OrganizationId, id: ContactId) -> Result<Option<Contact>, StoreError>;
    /// The contact that a number belongs to.
    async fn contact_of(&self, organization: OrganizationId, number: &Callee) -> Result<Option<Contact>, StoreError>;
    /// The contacts that these numbers belong to, by number.
    async fn contacts_of(
        &self,
        organization: OrganizationId,
        numbers: &[Callee],
    ) -> Result<Vec<(String, Contact)>, StoreError>;
    /// Newest first.
    async fn contacts(&self, organization: OrganizationId, filter: &ContactFilter)
    -> Result<Page<Contact>, StoreError>;
    /// A page of them from `offset` on, newest first, and how many there are in all.
    async fn contacts_from(
        &self,
        organization: OrganizationId,
        filter: &ContactFilter,
        offset: u64,
    ) -> Result<(Vec<Contact>, u64), StoreError>;
    /// The contact that an integer names.
    async fn contact_numbered(&self, organization: OrganizationId, integer: i64)
    -> Result<Option<Contact>, StoreError>;
    /// The entries of the do-not-call list for these numbers, in force or not.
    async fn suppressions_of(
        &self,
        organization: OrganizationId,
        numbers: &[Callee],
    ) -> Result<Vec<Suppression>, StoreError>;
    /// When numbers were last dialed, as far as that is kept.
    async fn last_dials(
        &self,
        organization: OrganizationId,
        numbers: &[Callee],
    ) -> Result<Vec<(String, Timestamp)>, StoreError>;
    /// Removes a contact, and what stood on the do-not-call list only because of it; false when there is none such.
    async fn delete_contact(&self, organization: OrganizationId, id: ContactId) -> Result<bool, StoreError>;
    /// Puts a consent on record.
    async fn record_consent(&self, consent: &Consent) -> Result<(), StoreError>;
    /// All consents of a number, newest first.
    async fn consents(&self, organization: OrganizationId, number: &Callee) -> Result<Vec<Consent>, StoreError>;
    /// Withdraws a consent; false when there is none such that is not withdrawn.
    async fn withdraw_consent(
        &self,
        organization: OrganizationId,
        id: ConsentId,
        at: Timestamp,
    ) -> Result<bool, StoreError>;
    /// When the number was dialed since then by any agent of the organization, newest first, at most `limit`.
    async fn dialed(
        &self,
        organization: OrganizationId,
        number: &Callee,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Timestamp>, StoreError>;
    /// What stands in the way of calling a number, whoever calls it for the organization.
    async fn number_standing(
        &self,
        organization: OrganizationId,
        number: &Callee,
    ) -> Result<NumberStanding, StoreError>;
    /// Keeps a decision; those of the organization that are older than `keep_from` go.
    async fn note_decision(&self, decision: &PolicyDecision, keep_from: Timestamp) -> Result<(), StoreError>;
    /// Decisions, newest first.
    async fn decisions(
        &self,
        organization: OrganizationId,
        filter: &DecisionFilter,
    ) -> Result<Page<PolicyDecision>, StoreError>;
}
