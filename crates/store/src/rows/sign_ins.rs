//! Browsers that people signed in with, by the hash of their cookie.

use app::ports::store::StoreError;
use domain::member::SignIn;
use domain::{OrganizationId, UserId};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{micros, moment, unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_ins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_sha256: Vec<u8>,
    pub person: Uuid,
    pub organization: Uuid,
    pub created_at: i64,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &SignIn) -> ActiveModel {
    ActiveModel {
        token_sha256: Set(value.token_sha256.to_vec()),
        person: Set(value.user.0),
        organization: Set(value.organization.0),
        created_at: Set(micros(value.created_at)),
        expires_at: Set(micros(value.expires_at)),
    }
}

pub fn from_row(row: Model) -> Result<SignIn, StoreError> {
    Ok(SignIn {
        token_sha256: row.token_sha256.try_into().map_err(|_| unreadable("sign_ins.token_sha256"))?,
        user: UserId(row.person),
        organization: OrganizationId(row.organization),
        created_at: moment(row.created_at)?,
        expires_at: moment(row.expires_at)?,
    })
}
