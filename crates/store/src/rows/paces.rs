//! Pace and line of a scope. The row is what nodes that claim at once take turns at: whoever holds its lock decides.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "paces")]
pub struct Model {
    /// Whose it is, such as `agent/018f…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// Theoretical arrival time of GCRA; none before the first grant.
    pub tat: Option<i64>,
    /// 1 while calls stand in its line.
    pub waiting: i64,
    /// Not worth looking at its line before.
    pub ready_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
