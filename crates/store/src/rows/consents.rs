//! What people allowed.

use app::ports::store::StoreError;
use domain::contact::Consent;
use domain::{ConsentId, OrganizationId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{callee, micros, moment, moment_if};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization: Uuid,
    pub number: String,
    pub basis: String,
    pub source: String,
    pub given_at: i64,
    pub expires_at: Option<i64>,
    pub withdrawn_at: Option<i64>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Consent) -> ActiveModel {
    ActiveModel {
        id: Set(value.id.0),
        organization: Set(value.organization.0),
        number: Set(value.number.as_str().to_owned()),
        basis: Set(value.basis.clone()),
        source: Set(value.source.clone()),
        given_at: Set(micros(value.given_at)),
        expires_at: Set(value.expires_at.map(micros)),
        withdrawn_at: Set(value.withdrawn_at.map(micros)),
        created_at: Set(micros(value.created_at)),
    }
}

pub fn from_row(row: Model) -> Result<Consent, StoreError> {
    Ok(Consent {
        id: ConsentId(row.id),
        organization: OrganizationId(row.organization),
        number: callee(&row.number)?,
        basis: row.basis,
        source: row.source,
        given_at: moment(row.given_at)?,
        expires_at: moment_if(row.expires_at)?,
        withdrawn_at: moment_if(row.withdrawn_at)?,
        created_at: moment(row.created_at)?,
    })
}
