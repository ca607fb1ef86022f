//! Codes that let people in, by their hash.

use app::ports::store::StoreError;
use domain::member::Invitation;
use domain::{OrganizationId, UserId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{members, micros, moment, unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub code_sha256: Vec<u8>,
    pub organization: Uuid,
    pub person: Option<Uuid>,
    pub role: Option<String>,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Invitation) -> ActiveModel {
    ActiveModel {
        code_sha256: Set(value.code_sha256.to_vec()),
        organization: Set(value.organization.0),
        person: Set(value.user.map(|user| user.0)),
        role: Set(value.role.map(|role| role.as_str().to_owned())),
        expires_at: Set(micros(value.expires_at)),
    }
}

pub fn from_row(row: Model) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        code_sha256: row.code_sha256.try_into().map_err(|_| unreadable("invitations.code_sha256"))?,
        organization: OrganizationId(row.organization),
        user: row.person.map(UserId),
        role: row.role.as_deref().map(members::role).transpose()?,
        expires_at: moment(row.expires_at)?,
    })
}
