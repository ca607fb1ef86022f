//! What waits to be told to the outside: one row per event, written in the event's own transaction.

use domain::call_event::CallEvent;
use sea_orm::entity::prelude::*;
use sea_orm::{NotSet, Set};

use super::micros;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    pub event: i64,
    pub organization: Uuid,
    pub name: String,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(event: &CallEvent) -> ActiveModel {
    ActiveModel {
        position: NotSet,
        event: Set(event.position),
        organization: Set(event.organization.0),
        name: Set(event.fact.name().to_owned()),
        created_at: Set(micros(event.at)),
    }
}
