//! People that are called, and what they allowed.

use serde_json::{Map, Value};

use crate::callee::Callee;
use crate::ids::{ConsentId, ContactId, OrganizationId};
use crate::phone_number::PhoneNumber;
use crate::profile::Profile;
use crate::time::Timestamp;

/// A person. A number belongs to one contact of an organization at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Tenant it belongs to.
    pub organization: OrganizationId,
    /// What the person is called.
    pub name: Option<String>,
    /// Numbers that reach the person.
    pub numbers: Vec<PhoneNumber>,
    /// Where the person is (IANA name).
    pub time_zone: Option<String>,
    /// Counts up within the tenant; some dialects name the person by this. Drawn by the store for a new one.
    pub integer: i64,
    /// What else is known.
    pub profile: Profile,
    /// What the client's own system calls the person; unique within the organization.
    pub external_id: Option<String>,
    /// Not to be called: all numbers stand on the do-not-call list as long as this is set.
    pub do_not_contact: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Contact {
    /// What the person is called, in whatever way it is known.
    pub fn display_name(&self) -> Option<String> {
        self.name.clone().or_else(|| self.profile.full_name())
    }

    /// What fills the `{{name}}` of texts: what is known of the person, under the profile's own variables.
    pub fn variables(&self) -> Map<String, Value> {
        let profile = &self.profile;
        let known = [
            ("first_name", profile.first_name.clone()),
            ("last_name", profile.last_name.clone()),
            ("name", self.display_name()),
            ("email", profile.email.clone()),
            ("company", profile.company.clone()),
        ];
        let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))));
        let mut variables: Map<String, Value> = known.collect();
        variables.extend(profile.variables.clone());
        variables
    }
}

/// What a person allowed, and how we know.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// Tenant that may call.
    pub organization: OrganizationId,
    /// Number that it is about.
    pub number: Callee,
    /// On what ground, such as `express_written`.
    pub basis: String,
    /// Where it was given, such as a form's address.
    pub source: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// Until when it holds; `None` without end.
    pub expires_at: Option<Timestamp>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// When it was put on record.
    pub created_at: Timestamp,
}

impl Consent {
    /// Whether it covers a call at `now`.
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.given_at <= now
            && self.expires_at.is_none_or(|until| now < until)
            && self.withdrawn_at.is_none_or(|since| now < since)
    }
}
