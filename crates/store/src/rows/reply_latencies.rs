//! Replies by how long they took, counted by agent and day.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reply_latencies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: i64,
    pub replies: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Counts replies.
pub fn to_count(row: Model) -> InsertStatement {
    let mut insert = Query::insert();
    let columns = [Column::Organization, Column::Day, Column::Agent, Column::Bucket, Column::Replies];
    let again = OnConflict::columns([Column::Organization, Column::Day, Column::Agent, Column::Bucket])
        .value(Column::Replies, Expr::col((Entity, Column::Replies)).add(row.replies))
        .to_owned();
    insert
        .into_table(Entity)
        .columns(columns)
        .values_panic([
            row.organization.into(),
            row.day.into(),
            row.agent.into(),
            row.bucket.into(),
            row.replies.into(),
        ])
        .on_conflict(again);
    insert
}
