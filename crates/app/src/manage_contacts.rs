//! People that are called, and their consents.

use std::collections::HashMap;

use domain::api_key::Permission;
use domain::audit::{AuditAction, Changes};
use domain::callee::Callee;
use domain::contact::{Consent, Contact};
use domain::phone_number::PhoneNumber;
use domain::profile::Profile;
use domain::refusal::{Refusal, RefusalCode};
use domain::suppression::{Suppression, SuppressionSource};
use domain::time::Timestamp;
use domain::{ConsentId, ContactId, SuppressionId};

use crate::place_call::MAX_VARIABLES;
use crate::policy_gate::known_zone;
use crate::ports::store::{ContactFilter, Page};
use crate::read_calls::MAX_PAGE;
use crate::refusals::{invalid, label, not_found};
use crate::{Platform, Principal};

/// Most numbers of one contact.
const MAX_NUMBERS: usize = 20;
/// Most tags, and most attributes.
const MAX_WORDS: usize = 50;
/// Largest attributes and variables of a person together.
const MAX_PROFILE_BYTES: usize = 32 * 1024;

/// A person as a client describes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContactDetails {
    /// What the person is called.
    pub name: Option<String>,
    /// Numbers that reach the person, E.164 or national in the organization's default region.
    pub numbers: Vec<String>,
    /// Where the person is (IANA name).
    pub time_zone: Option<String>,
    /// The client's own id of the person.
    pub external_id: Option<String>,
    /// Not to be called.
    pub do_not_contact: bool,
    /// What else is known.
    pub profile: Profile,
}

impl From<Contact> for ContactDetails {
    /// As it is known, for whoever changes a part of it.
    fn from(contact: Contact) -> Self {
        Self {
            name: contact.name,
            numbers: contact.numbers.iter().map(ToString::to_string).collect(),
            time_zone: contact.time_zone,
            external_id: contact.external_id,
            do_not_contact: contact.do_not_contact,
            profile: contact.profile,
        }
    }
}

/// What is known of a number beside whose it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberFacts {
    /// When it was last dialed, as far as that is kept.
    pub dialed_at: Option<Timestamp>,
    /// Its entry on the do-not-call list, in force.
    pub suppression: Option<Suppression>,
}

/// A consent to put on record.
#[derive(Clone, Debug, Default)]
pub struct NewConsent {
    /// The number, E.164 or national in the organization's default region.
    pub number: String,
    /// On what ground, such as `express_written`.
    pub basis: String,
    /// Where it was given.
    pub source: String,
    /// When it was given; now by default.
    pub given_at: Option<Timestamp>,
    /// Until when it holds; `None` without end.
    pub expires_at: Option<Timestamp>,
}

impl Platform {
    /// Stores a new contact, or new details of the one with this id. While the person is not to be contacted, all of
    /// their numbers stand on the do-not-call list.
    pub async fn save_contact(
        &self,
        principal: &Principal,
        id: Option<ContactId>,
        details: ContactDetails,
    ) -> Result<Contact, Refusal> {
        principal.require(Permission::ContactsWrite)?;
        let before = match id {
            Some(id) => Some(self.contact_with(principal, id).await?),
            None => None,
        };
        let now = self.clock.now();
        let contact = Contact {
            id: id.unwrap_or_else(|| ContactId(self.clock.uuid())),
            organization: principal.organization,
            numbers: self.numbers_of(principal, &details).await?,
            name: details.name,
            time_zone: details.time_zone,
            external_id: details.external_id,
            do_not_contact: details.do_not_contact,
            integer: before.as_ref().map_or(0, |before| before.integer),
            profile: details.profile,
            created_at: before.as_ref().map_or(now, |before| before.created_at),
            updated_at: now,
        };
        let changes = Changes::none()
            .hidden("name", before.as_ref().and_then(|b| b.name.as_ref()), contact.name.as_ref())
            .hidden("numbers", before.as_ref().map(|b| &b.numbers), Some(&contact.numbers))
            .hidden("profile", before.as_ref().map(|b| &b.profile), Some(&contact.profile))
            .of("time_zone", before.as_ref().and_then(|b| b.time_zone.clone()), contact.time_zone.clone())
            .of("do_not_contact", before.as_ref().map(|b| b.do_not_contact), contact.do_not_contact);
        let entries = self.entries_of(&contact, now);
        let store = self.audited(principal, AuditAction::ContactSaved, contact.id, changes);
        Ok(store.save_contact(&contact, &entries).await?)
    }

    async fn numbers_of(&self, principal: &Principal, details: &ContactDetails) -> Result<Vec<PhoneNumber>, Refusal> {
        for (pointer, text) in [("/name", &details.name), ("/external_id", &details.external_id)] {
            if let Some(text) = text {
                label(pointer, text)?;
            }
        }
        known_zone("/time_zone", details.time_zone.as_deref())?;
        check_profile(&details.profile)?;
        let nameless =
            details.name.is_none() && details.profile.full_name().is_none() && details.profile.email.is_none();
        if details.numbers.len() > MAX_NUMBERS || (details.numbers.is_empty() && nameless) {
            let detail =
                format!("must have 1 to {MAX_NUMBERS} numbers; a person with a name or an e-mail may have none");
            return Err(invalid("/numbers", detail));
        }
        let region = self.own_organization(principal).await?.default_region;
        let mut numbers = Vec::new();
        for (at, text) in details.numbers.iter().enumerate() {
            let number = PhoneNumber::parse(text, region.as_deref())
                .map_err(|why| Refusal::field(RefusalCode::InvalidNumber, format!("/numbers/{at}"), why.to_string()))?;
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        Ok(numbers)
    }

    fn entries_of(&self, contact: &Contact, now: Timestamp) -> Vec<Suppression> {
        let numbers = contact.numbers.iter().filter(|_| contact.do_not_contact);
        let entry = |number: &PhoneNumber| Suppression {
            id: SuppressionId(self.clock.uuid()),
            organization: contact.organization,
            number: number.clone().into(),
            reason: "do_not_contact".to_owned(),
            source: SuppressionSource::Contact,
            call: None,
            note: None,
            created_at: now,
            expires_at: None,
        };
        numbers.map(entry).collect()
    }

    async fn contact_with(&self, principal: &Principal, id: ContactId) -> Result<Contact, Refusal> {
        self.store.contact(principal.organization, id).await?.ok_or_else(|| not_found("contact"))
    }

    /// One contact.
    pub async fn get_contact(&self, principal: &Principal, id: ContactId) -> Result<Contact, Refusal> {
        principal.require(Permission::ContactsRead)?;
        self.contact_with(principal, id).await
    }

    /// Contacts, newest first.
    pub async fn find_contacts(&self, principal: &Principal, filter: &ContactFilter) -> Result<Page<Contact>, Refusal> {
        principal.require(Permission::ContactsRead)?;
        if filter.limit == 0 || filter.limit > MAX_PAGE {
            return Err(invalid("/limit", format!("must lie between 1 and {MAX_PAGE}")));
        }
        Ok(self.store.contacts(principal.organization, filter).await?)
    }

    /// A page of contacts from `offset` on, newest first, and how many there are in all.
    pub async fn contacts_by_page(
        &self,
        principal: &Principal,
        filter: &ContactFilter,
        offset: u64,
    ) -> Result<(Vec<Contact>, u64), Refusal> {
        principal.require(Permission::ContactsRead)?;
        Ok(self.store.contacts_from(principal.organization, filter, offset).await?)
    }

    /// One contact by the integer that names it.
    pub async fn contact_numbered(&self, principal: &Principal, integer: i64) -> Result<Contact, Refusal> {
        principal.require(Permission::ContactsRead)?;
        let found = self.store.contact_numbered(principal.organization, integer).await?;
        found.ok_or_else(|| not_found("contact"))
    }

    /// The person that a number reaches, if it is known.
    pub async fn contact_of(&self, principal: &Principal, number: &Callee) -> Result<Option<Contact>, Refusal> {
        principal.require(Permission::ContactsRead)?;
        Ok(self.store.contact_of(principal.organization, number).await?)
    }

    /// The people that numbers reach, by number, as far as they are known.
    pub async fn contacts_of(
        &self,
        principal: &Principal,
        numbers: &[Callee],
    ) -> Result<HashMap<String, Contact>, Refusal> {
        principal.require(Permission::ContactsRead)?;
        Ok(self.store.contacts_of(principal.organization, numbers).await?.into_iter().collect())
    }

    /// When people were last dialed, by number, and how their numbers stand on the do-not-call list.
    pub async fn number_facts(
        &self,
        principal: &Principal,
        contacts: &[Contact],
    ) -> Result<HashMap<String, NumberFacts>, Refusal> {
        principal.require(Permission::ContactsRead)?;
        let numbers: Vec<Callee> = contacts.iter().flat_map(|c| c.numbers.iter().cloned().map(Callee::from)).collect();
        let mut facts: HashMap<String, NumberFacts> = HashMap::new();
        for (number, at) in self.store.last_dials(principal.organization, &numbers).await? {
            facts.entry(number).or_default().dialed_at = Some(at);
        }
        let now = self.clock.now();
        for entry in self.store.suppressions_of(principal.organization, &numbers).await? {
            if entry.expires_at.is_none_or(|until| now < until) {
                let number = entry.number.as_str().to_owned();
                facts.entry(number).or_default().suppression = Some(entry);
            }
        }
        Ok(facts)
    }

    /// Removes a contact. What a person said stays on the do-not-call list; what only followed the contact goes.
    pub async fn delete_contact(&self, principal: &Principal, id: ContactId) -> Result<(), Refusal> {
        principal.require(Permission::ContactsWrite)?;
        let store = self.audited(principal, AuditAction::ContactDeleted, id, Changes::none());
        if store.delete_contact(principal.organization, id).await? {
            return Ok(());
        }
        Err(not_found("contact"))
    }

    /// Puts a consent on record.
    pub async fn record_consent(&self, principal: &Principal, new: NewConsent) -> Result<Consent, Refusal> {
        principal.require(Permission::ContactsWrite)?;
        label("/basis", &new.basis)?;
        label("/source", &new.source)?;
        let now = self.clock.now();
        let given_at = new.given_at.unwrap_or(now);
        if given_at > now {
            return Err(invalid("/given_at", "must not lie in the future"));
        }
        if new.expires_at.is_some_and(|until| until <= given_at) {
            return Err(invalid("/expires_at", "must lie after the time at which it was given"));
        }
        let consent = Consent {
            id: ConsentId(self.clock.uuid()),
            organization: principal.organization,
            number: self.parse_callee(principal, "/number", &new.number).await?,
            basis: new.basis,
            source: new.source,
            given_at,
            expires_at: new.expires_at,
            withdrawn_at: None,
            created_at: now,
        };
        let changes = Changes::none().with("basis", consent.basis.as_str()).with("source", consent.source.as_str());
        self.audited(principal, AuditAction::ConsentRecorded, consent.id, changes).record_consent(&consent).await?;
        Ok(consent)
    }

    /// All consents of a number, newest first; withdrawn and lapsed ones, too.
    pub async fn list_consents(&self, principal: &Principal, number: &str) -> Result<Vec<Consent>, Refusal> {
        principal.require(Permission::ContactsRead)?;
        let number = self.parse_callee(principal, "/number", number).await?;
        Ok(self.store.consents(principal.organization, &number).await?)
    }

    /// Withdraws a consent; it stays on record as withdrawn.
    pub async fn withdraw_consent(&self, principal: &Principal, id: ConsentId) -> Result<(), Refusal> {
        principal.require(Permission::ContactsWrite)?;
        let store = self.audited(principal, AuditAction::ConsentWithdrawn, id, Changes::none());
        if store.withdraw_consent(principal.organization, id, self.clock.now()).await? {
            return Ok(());
        }
        Err(not_found("consent in force"))
    }
}

/// Bounds of what is kept of a person.
fn check_profile(profile: &Profile) -> Result<(), Refusal> {
    let texts = [
        ("/first_name", &profile.first_name),
        ("/last_name", &profile.last_name),
        ("/email", &profile.email),
        ("/company", &profile.company),
    ];
    for (pointer, text) in texts {
        if let Some(text) = text {
            label(pointer, text)?;
        }
    }
    if profile.tags.len() > MAX_WORDS || profile.tags.iter().any(|tag| label("/tags", tag).is_err()) {
        return Err(invalid("/tags", format!("must be at most {MAX_WORDS} tags of 1 to 100 characters")));
    }
    let sizes = serde_json::to_string(&(&profile.attributes, &profile.variables)).map_or(usize::MAX, |text| text.len());
    if profile.attributes.len() > MAX_WORDS || profile.variables.len() > MAX_VARIABLES || sizes > MAX_PROFILE_BYTES {
        let detail = format!(
            "must be at most {MAX_WORDS} attributes and {MAX_VARIABLES} variables, of {MAX_PROFILE_BYTES} bytes together"
        );
        return Err(invalid("/variables", detail));
    }
    Ok(())
}
