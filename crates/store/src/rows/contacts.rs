//! People that are called.

use app::ports::store::StoreError;
use domain::contact::Contact;
use domain::{ContactId, OrganizationId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{document, micros, moment, number, read, read_if};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contacts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub name: Option<String>,
    pub numbers: Json,
    pub time_zone: Option<String>,
    pub external_id: Option<String>,
    pub do_not_contact: bool,
    pub profile: Option<Json>,
    pub integer: Option<i64>,
    pub search: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Contact) -> Result<ActiveModel, StoreError> {
    let numbers: Vec<&str> = value.numbers.iter().map(|number| number.as_str()).collect();
    Ok(ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        name: Set(value.name.clone()),
        numbers: Set(document(&numbers)?),
        time_zone: Set(value.time_zone.clone()),
        external_id: Set(value.external_id.clone()),
        do_not_contact: Set(value.do_not_contact),
        profile: Set(Some(document(&value.profile)?)),
        integer: Set(Some(value.integer)),
        search: Set(Some(lines(value))),
        created_at: Set(micros(value.created_at)),
        updated_at: Set(micros(value.updated_at)),
    })
}

/// What a person is found by, in lower case and a line each; what has a name stands behind it, such as `tag:vip`.
fn lines(value: &Contact) -> String {
    let profile = &value.profile;
    let words = [value.display_name(), profile.full_name(), profile.email.clone(), profile.company.clone()];
    let numbers = value.numbers.iter().map(ToString::to_string);
    let tags = profile.tags.iter().map(|tag| format!("tag:{tag}"));
    let attributes = profile.attributes.iter().map(|(name, text)| format!("{name}:{text}"));
    let mut all = String::from("\n");
    for line in words.into_iter().flatten().chain(numbers).chain(tags).chain(attributes) {
        all.push_str(&line.to_lowercase().replace('\n', " "));
        all.push('\n');
    }
    all
}

pub fn from_row(row: Model) -> Result<Contact, StoreError> {
    let numbers: Vec<String> = read("contacts.numbers", row.numbers)?;
    Ok(Contact {
        id: ContactId(row.id),
        organization: OrganizationId(row.organization),
        name: row.name,
        numbers: numbers.iter().map(|text| number(text)).collect::<Result<_, _>>()?,
        time_zone: row.time_zone,
        external_id: row.external_id,
        do_not_contact: row.do_not_contact,
        profile: read_if("contacts.profile", row.profile)?.unwrap_or_default(),
        integer: row.integer.unwrap_or_default(),
        created_at: moment(row.created_at)?,
        updated_at: moment(row.updated_at)?,
    })
}
