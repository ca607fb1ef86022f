//! People that are called, and their consents, on the wire.

use std::collections::BTreeMap;

use domain::profile::Profile;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// A person as you describe them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveContact {
    /// What the person is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// At most 20 numbers; each belongs to one contact. A person with a name or an e-mail may have none.
    pub numbers: Vec<String>,
    /// Where the person is (IANA name); calling hours go by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "America/New_York")]
    pub time_zone: Option<String>,
    /// Your own id of the person; unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// While set, all numbers stand on the do-not-call list.
    #[serde(default)]
    pub do_not_contact: bool,
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "ann@example.com")]
    pub email: Option<String>,
    /// Where the person works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// At most 50 words to find people by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What else you keep, such as `stage`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Values that vendors' APIs fill texts with where a call brings none.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
}

impl From<SaveContact> for app::manage_contacts::ContactDetails {
    fn from(wire: SaveContact) -> Self {
        Self {
            name: wire.name,
            numbers: wire.numbers,
            time_zone: wire.time_zone,
            external_id: wire.external_id,
            do_not_contact: wire.do_not_contact,
            profile: Profile {
                first_name: wire.first_name,
                last_name: wire.last_name,
                email: wire.email,
                company: wire.company,
                tags: wire.tags,
                attributes: wire.attributes,
                variables: wire.variables,
            },
        }
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// Its id.
    #[schema(example = "con_019…")]
    pub id: String,
    /// What the person is called.
    pub name: Option<String>,
    /// Numbers, E.164.
    pub numbers: Vec<String>,
    /// Where the person is.
    pub time_zone: Option<String>,
    /// Your own id of the person.
    pub external_id: Option<String>,
    /// Not to be called.
    pub do_not_contact: bool,
    /// First name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "ann@example.com")]
    pub email: Option<String>,
    /// Where the person works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// At most 50 words to find people by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What else you keep, such as `stage`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Values that vendors' APIs fill texts with where a call brings none.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl From<domain::contact::Contact> for Contact {
    fn from(contact: domain::contact::Contact) -> Self {
        Self {
            id: contact.id.to_string(),
            name: contact.name,
            numbers: contact.numbers.iter().map(ToString::to_string).collect(),
            time_zone: contact.time_zone,
            external_id: contact.external_id,
            do_not_contact: contact.do_not_contact,
            first_name: contact.profile.first_name,
            last_name: contact.profile.last_name,
            email: contact.profile.email,
            company: contact.profile.company,
            tags: contact.profile.tags,
            attributes: contact.profile.attributes,
            variables: contact.profile.variables,
            created_at: contact.created_at,
            updated_at: contact.updated_at,
        }
    }
}

/// One page of contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactPage {
    /// Contacts, newest first.
    pub items: Vec<Contact>,
    /// Pass it as `cursor` to get the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Which contacts to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListContacts {
    /// Only the one with this number.
    pub number: Option<String>,
    /// Only the one with this id of yours.
    pub external_id: Option<String>,
    /// Only those in whose names, numbers, e-mail, company, tags or attributes this stands.
    pub search: Option<String>,
    /// Only those with this tag.
    pub tag: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Contacts a page, 1 to 200; 50 when absent.
    pub limit: Option<u32>,
}

/// A consent to put on record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordConsent {
    /// The number: E.164, or national where the organization has a default region.
    pub number: String,
    /// On what ground.
    #[schema(example = "express_written")]
    pub basis: String,
    /// Where it was given.
    #[schema(example = "web form")]
    pub source: String,
    /// When it was given (RFC 3339); now when absent.
    #[serde(default)]
    pub given_at: Option<Timestamp>,
    /// Until when it holds; absent without end.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A consent on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// Its id.
    pub id: String,
    /// The number, E.164.
    pub number: String,
    /// On what ground.
    pub basis: String,
    /// Where it was given.
    pub source: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// Until when it holds; `null` without end.
    pub expires_at: Option<Timestamp>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Timestamp>,
    /// When it was put on record.
    pub created_at: Timestamp,
}

impl From<domain::contact::Consent> for Consent {
    fn from(consent: domain::contact::Consent) -> Self {
        Self {
            id: consent.id.to_string(),
            number: consent.number.to_string(),
            basis: consent.basis,
            source: consent.source,
            given_at: consent.given_at,
            expires_at: consent.expires_at,
            withdrawn_at: consent.withdrawn_at,
            created_at: consent.created_at,
        }
    }
}

/// Whose consents to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListConsents {
    /// The number.
    pub number: String,
}
