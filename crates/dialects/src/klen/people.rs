//! Contacts in Klen's words: bodies read field by field, and written.

use std::collections::HashMap;

use app::manage_contacts::{ContactDetails, NumberFacts};
use app::ports::store::ContactFilter;
use domain::contact::Contact;
use domain::profile::Profile;
use domain::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::errors::KlenError;
use super::from_wire::positive;
use super::wire::ContactRef;
use crate::raw::Raw;
use crate::times;
use crate::variables;

/// Rows a page where the request does not say, and most that it may ask for.
const LIMIT: (u32, u32) = (25, 100);
/// What a contact is that nobody said anything of.
const STAGE: &str = "lead";
const STATUS: &str = "not_contacted";
const COUNTRY: &str = "US";
/// Parts of an address, kept as `address.street` and so on.
const ADDRESS: [&str; 5] = ["street", "city", "state", "zip_code", "country"];

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ContactItem {
    /// Database id.
    pub id: i64,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Both.
    pub full_name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Where the person stands, such as `lead`.
    pub stage: String,
    /// What became of the last contact, such as `not_contacted`.
    pub status: String,
    /// First number.
    pub phone: Option<String>,
    /// When it was entered.
    pub created_date: String,
    /// When it was last called.
    pub last_call_date: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
}

/// Answer of `GET /contacts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ContactList {
    /// How many there are in all.
    pub count: u64,
    /// From 1.
    pub page: u32,
    /// Rows a page.
    pub limit: u32,
    /// Pages in all.
    pub pages: u64,
    /// The rows, newest first.
    pub contacts: Vec<ContactItem>,
}

/// A number of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct PhoneNumberItem {
    /// Counts from 1.
    pub id: u32,
    /// E.164.
    pub phone_number: String,
    /// `mobile`, since nobody says otherwise.
    pub phone_type: &'static str,
    /// Whether it is the first.
    pub primary: bool,
    /// Whether it stands on the do-not-call list.
    pub do_not_call: bool,
    /// Since when.
    pub dnc_date: Option<String>,
    /// Why.
    pub dnc_reason: Option<String>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct ContactDetail {
    /// What the list shows.
    #[serde(flatten)]
    pub item: ContactItem,
    /// Website.
    pub website: Option<String>,
    /// The stage as people read it.
    pub stage_display: String,
    /// The status as people read it.
    pub status_display: String,
    /// `street`, `city`, `state`, `zip_code`, `country`.
    pub address: Map<String, Value>,
    /// Time zone (IANA name).
    pub timezone: Option<String>,
    /// Numbers.
    pub phone_numbers: Vec<PhoneNumberItem>,
    /// Notes; there are none here.
    pub recent_notes: Vec<Value>,
    /// Values for the instructions' `{{name}}`.
    pub custom_context: Map<String, Value>,
    /// Always empty here.
    pub industry_context: Map<String, Value>,
}

/// What a contact is created or changed with.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body, which is read field by field for the vendor's own errors")]
pub(super) struct ContactBody {
    /// Required in a create.
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    company: Option<String>,
    website: Option<String>,
    stage: Option<String>,
    status: Option<String>,
    timezone: Option<String>,
    /// One number; also `phone`.
    phone_number: Option<String>,
    /// Numbers, or objects with `phone_number`; `primary` comes first.
    phone_numbers: Option<Vec<Value>>,
    /// `street`, `city`, `state`, `zip_code`, `country`; also at the top.
    address: Option<Map<String, Value>>,
    /// In an update these replace the older ones.
    tags: Option<Vec<String>>,
    /// Values for the instructions' `{{name}}`.
    custom_context: Option<Map<String, Value>>,
}

/// Reads the query of `GET /contacts`.
pub(super) fn filter(raw: &Raw) -> Result<(u32, ContactFilter), KlenError> {
    let given = |name: &str| raw.query(name).map(str::trim).filter(|text| !text.is_empty());
    let lines = ["stage", "status", "tag"].into_iter().filter_map(|name| Some(format!("{name}:{}", given(name)?)));
    let filter = ContactFilter {
        search: given("search").map(str::to_owned),
        lines: lines.collect(),
        limit: positive(raw, "limit", LIMIT.0)?.min(LIMIT.1),
        ..ContactFilter::default()
    };
    Ok((positive(raw, "page", 1)?, filter))
}

/// Reads the body of a create.
pub(super) fn new(body: &Map<String, Value>) -> Result<ContactDetails, KlenError> {
    let mut details = ContactDetails::default();
    let attributes = &mut details.profile.attributes;
    for (name, text) in [("stage", STAGE), ("status", STATUS), ("address.country", COUNTRY)] {
        attributes.insert(name.to_owned(), text.to_owned());
    }
    change(&mut details, body)?;
    match details.profile.first_name {
        Some(_) => Ok(details),
        None => Err(KlenError::validation("first_name is required")),
    }
}

/// Takes over what a body says; what it leaves out stays.
pub(super) fn change(details: &mut ContactDetails, body: &Map<String, Value>) -> Result<(), KlenError> {
    let Profile { first_name, last_name, email, company, tags, attributes, variables } = &mut details.profile;
    for (name, field) in [
        ("first_name", first_name),
        ("last_name", last_name),
        ("email", email),
        ("company", company),
        ("timezone", &mut details.time_zone),
    ] {
        if let Some(value) = body.get(name) {
            *field = word(name, value)?;
        }
    }
    let address = object(body, "address")?;
    let parts =
        ADDRESS.iter().filter_map(|part| Some((*part, address.and_then(|a| a.get(*part)).or(body.get(*part))?)));
    let kept = ["website", "stage", "status"].into_iter().filter_map(|name| Some((name, body.get(name)?)));
    for (name, value) in kept.map(|(n, v)| (n.to_owned(), v)).chain(parts.map(|(n, v)| (format!("address.{n}"), v))) {
        match word(&name, value)? {
            Some(text) => attributes.insert(name, text),
            None => attributes.remove(&name),
        };
    }
    if let Some(value) = body.get("tags") {
        *tags = variables::texts(value).ok_or_else(|| KlenError::validation("tags must be a list of texts"))?;
    }
    if let Some(context) = object(body, "custom_context")? {
        *variables = context.clone();
    }
    if let Some(numbers) = numbers(body)? {
        details.numbers = numbers;
    }
    Ok(())
}

fn word(name: &str, value: &Value) -> Result<Option<String>, KlenError> {
    variables::word(value).ok_or_else(|| KlenError::validation(format!("{name} must be a string")))
}

fn object<'b>(body: &'b Map<String, Value>, name: &str) -> Result<Option<&'b Map<String, Value>>, KlenError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(KlenError::validation(format!("{name} must be an object"))),
    }
}

/// The numbers in order, the primary one first; `None` where the body says nothing of them.
fn numbers(body: &Map<String, Value>) -> Result<Option<Vec<String>>, KlenError> {
    let wrong = || KlenError::validation("phone_numbers must be a list of numbers");
    let Some(list) = body.get("phone_numbers").filter(|list| !list.is_null()) else {
        let one = body.get("phone_number").or(body.get("phone"));
        return Ok(match one {
            None => None,
            Some(value) => Some(word("phone_number", value)?.into_iter().collect()),
        });
    };
    let mut numbers = Vec::new();
    for entry in list.as_array().ok_or_else(wrong)? {
        let (number, primary) = match entry {
            Value::String(number) => (number.as_str(), false),
            Value::Object(entry) => {
                let number = entry.get("phone_number").and_then(Value::as_str).ok_or_else(wrong)?;
                (number, entry.get("primary").and_then(Value::as_bool).unwrap_or(false))
            }
            _ => return Err(wrong()),
        };
        match primary {
            true => numbers.insert(0, number.to_owned()),
            false => numbers.push(number.to_owned()),
        }
    }
    Ok(Some(numbers))
}

/// What is known of the numbers of people.
pub(super) type Facts = HashMap<String, NumberFacts>;

/// A row of the list.
pub(super) fn item(contact: &Contact, facts: &Facts) -> ContactItem {
    let profile = &contact.profile;
    let attribute = |name: &str, usual: &str| profile.attributes.get(name).map_or(usual, String::as_str).to_owned();
    let full_name = contact.display_name().unwrap_or_default();
    // A person who came in by another door has one name alone.
    let (first, last) = full_name.split_once(' ').unwrap_or((full_name.as_str(), ""));
    let named = profile.first_name.is_some() || profile.last_name.is_some();
    let name = |own: &Option<String>, part: &str| match named {
        true => own.clone().unwrap_or_default(),
        false => part.to_owned(),
    };
    ContactItem {
        id: contact.integer,
        first_name: name(&profile.first_name, first),
        last_name: name(&profile.last_name, last),
        full_name: full_name.clone(),
        email: profile.email.clone(),
        company: profile.company.clone(),
        stage: attribute("stage", STAGE),
        status: attribute("status", STATUS),
        phone: contact.numbers.first().map(ToString::to_string),
        created_date: times::seconds(contact.created_at),
        last_call_date: last_call(contact, facts).map(times::seconds),
        tags: profile.tags.clone(),
    }
}

fn last_call(contact: &Contact, facts: &Facts) -> Option<Timestamp> {
    contact.numbers.iter().filter_map(|number| facts.get(number.as_str())?.dialed_at).max()
}

/// A person, whole.
pub(super) fn detail(contact: &Contact, facts: &Facts) -> ContactDetail {
    let item = item(contact, facts);
    let attributes = &contact.profile.attributes;
    let part = |part: &str| attributes.get(&format!("address.{part}")).map_or(Value::Null, |text| text.as_str().into());
    ContactDetail {
        stage_display: title(&item.stage),
        status_display: title(&item.status),
        item,
        website: attributes.get("website").cloned(),
        address: ADDRESS.iter().map(|name| ((*name).to_owned(), part(name))).collect(),
        timezone: contact.time_zone.clone(),
        phone_numbers: contact.numbers.iter().zip(1..).map(|(number, id)| phone(number.as_str(), id, facts)).collect(),
        recent_notes: Vec::new(),
        custom_context: contact.profile.variables.clone(),
        industry_context: Map::new(),
    }
}

fn phone(number: &str, id: u32, facts: &Facts) -> PhoneNumberItem {
    let listed = facts.get(number).and_then(|facts| facts.suppression.as_ref());
    PhoneNumberItem {
        id,
        phone_number: number.to_owned(),
        phone_type: "mobile",
        primary: id == 1,
        do_not_call: listed.is_some(),
        dnc_date: listed.map(|entry| times::seconds(entry.created_at)),
        dnc_reason: listed.map(|entry| entry.reason.clone()),
    }
}

/// `not_contacted` as `Not contacted`.
fn title(word: &str) -> String {
    let words = word.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A person beside a call.
pub(super) fn beside(contact: &Contact) -> ContactRef {
    ContactRef {
        id: contact.integer,
        name: contact.display_name().unwrap_or_default(),
        email: contact.profile.email.clone(),
        company: contact.profile.company.clone(),
    }
}
