//! Accounts of people.

use domain::UserId;
use domain::member::User;
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{micros, moment};
use app::ports::store::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub password: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &User) -> ActiveModel {
    ActiveModel {
        id: Set(value.id.0),
        email: Set(value.email.clone()),
        name: Set(value.name.clone()),
        password: Set(value.password.clone()),
        created_at: Set(micros(value.created_at)),
    }
}

pub fn from_row(row: Model) -> Result<User, StoreError> {
    Ok(User {
        id: UserId(row.id),
        email: row.email,
        name: row.name,
        password: row.password,
        created_at: moment(row.created_at)?,
    })
}
