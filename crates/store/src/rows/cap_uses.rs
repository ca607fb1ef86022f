//! Counters of caps, one row for each window, and the marks that make a use count once.

use domain::caps::{AtEnd, CapMark, CapUse};
use domain::time::Timestamp;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query};

use super::micros;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cap_uses")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub begins_at: i64,
    pub used: i64,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Seconds that a counter outlives its window: brakes read the usual hour from those of the last week, and calls that
/// end late correct what they took.
const KEPT_S: i64 = 8 * 86_400;

/// Counts the use if the window has room for it; returns the scope then, and nothing otherwise.
pub fn to_take(use_: &CapUse) -> InsertStatement {
    let expires_at = match use_.at_end {
        AtEnd::Returns => i64::MAX,
        AtEnd::Stays | AtEnd::Corrected => micros(use_.until).saturating_add(KEPT_S * 1_000_000),
    };
    let used = || Expr::col((Entity, Column::Used));
    let mut conflict = OnConflict::columns([Column::Scope, Column::BeginsAt]);
    conflict.value(Column::Used, used().add(use_.amount)).action_and_where(used().add(use_.amount).lte(use_.most));
    insert(&use_.scope, use_.window, use_.amount, expires_at, conflict)
}

/// Sets a mark; returns the scope if it was not set.
pub fn to_mark(mark: &CapMark, now: Timestamp) -> InsertStatement {
    let mut conflict = OnConflict::columns([Column::Scope, Column::BeginsAt]);
    conflict.update_column(Column::ExpiresAt).action_and_where(Expr::col((Entity, Column::ExpiresAt)).lte(micros(now)));
    insert(&mark.scope, mark.window, 1, micros(mark.until), conflict)
}

fn insert(scope: &str, window: Timestamp, used: i64, expires_at: i64, conflict: OnConflict) -> InsertStatement {
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Scope, Column::BeginsAt, Column::Used, Column::ExpiresAt])
        .values_panic([scope.into(), micros(window).into(), used.into(), expires_at.into()])
        .on_conflict(conflict)
        .returning(Query::returning().column(Column::Scope));
    insert
}
