//! The SIP messages of calls that are over.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{InsertStatement, OnConflict, Query};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sip_traces")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub call: Uuid,
    pub organization: Uuid,
    pub messages: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Keeps a trace where the call has none yet.
pub fn to_keep(row: Model) -> InsertStatement {
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Call, Column::Organization, Column::Messages])
        .values_panic([row.call.into(), row.organization.into(), row.messages.into()])
        .on_conflict(OnConflict::column(Column::Call).do_nothing().to_owned());
    insert
}
