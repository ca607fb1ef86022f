//! Tenants.

use app::ports::store::StoreError;
use domain::OrganizationId;
use domain::organization::Organization;
use domain::retention::Retention;
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{document, micros, moment, read, read_if};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub default_region: Option<String>,
    pub allowed_countries: Json,
    pub policy: Option<Json>,
    pub retention: Option<Json>,
    pub caps: Option<Json>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Organization) -> Result<ActiveModel, StoreError> {
    // For ever needs no rule: the column says at a glance who has one.
    let kept = value.retention != Retention::default();
    Ok(ActiveModel {
        id: Set(value.id.0),
        name: Set(value.name.clone()),
        default_region: Set(value.default_region.clone()),
        allowed_countries: Set(document(&value.allowed_countries)?),
        policy: Set(Some(document(&value.policy)?)),
        caps: Set(Some(document(&value.caps)?)),
        retention: Set(kept.then(|| document(&value.retention)).transpose()?),
        created_at: Set(micros(value.created_at)),
    })
}

pub fn from_row(row: Model) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: OrganizationId(row.id),
        name: row.name,
        default_region: row.default_region,
        allowed_countries: read("organizations.allowed_countries", row.allowed_countries)?,
        policy: read_if("organizations.policy", row.policy)?.unwrap_or_default(),
        caps: read_if("organizations.caps", row.caps)?.unwrap_or_default(),
        retention: read_if("organizations.retention", row.retention)?.unwrap_or_default(),
        created_at: moment(row.created_at)?,
    })
}
