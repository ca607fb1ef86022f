//! People's places in tenants.

use app::ports::store::StoreError;
use domain::OrganizationId;
use domain::member::{Member, Role};
use sea_orm::Set;
use sea_orm::entity::prelude::*;

use super::{micros, moment, unreadable, users};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "members")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person: Uuid,
    pub role: String,
    pub since: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(belongs_to = "super::users::Entity", from = "Column::Person", to = "super::users::Column::Id")]
    Person,
}

impl Related<users::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Person.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Member) -> ActiveModel {
    ActiveModel {
        organization: Set(value.organization.0),
        person: Set(value.user.id.0),
        role: Set(value.role.as_str().to_owned()),
        since: Set(micros(value.since)),
    }
}

pub fn role(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).ok_or_else(|| unreadable("members.role"))
}

pub fn from_rows((row, user): (Model, Option<users::Model>)) -> Result<Member, StoreError> {
    Ok(Member {
        user: users::from_row(user.ok_or_else(|| unreadable("person of a member"))?)?,
        organization: OrganizationId(row.organization),
        role: role(&row.role)?,
        since: moment(row.since)?,
    })
}
