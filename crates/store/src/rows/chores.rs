//! Chores: work that one node at a time does, every so often.

use app::ports::store::Chore;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Cond, Expr, ExprTrait, InsertStatement, OnConflict, Query};

use super::micros;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "chores")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Node that does it.
    pub owner: Option<Uuid>,
    /// Until when, unless it goes on.
    pub until: Option<i64>,
    /// When it was last done.
    pub done_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Takes a chore if it is due and free, or goes on with it; returns it then, and nothing otherwise.
pub fn to_begin(chore: &Chore<'_>) -> InsertStatement {
    let col = |column| Expr::col((Entity, column));
    let free = Cond::any()
        .add(col(Column::Owner).eq(chore.node.0))
        .add(col(Column::Until).is_null())
        .add(col(Column::Until).lte(micros(chore.now)));
    let due = Cond::any().add(col(Column::DoneAt).is_null()).add(col(Column::DoneAt).lte(micros(chore.done_before)));
    let mut conflict = OnConflict::column(Column::Name);
    conflict.update_columns([Column::Owner, Column::Until]).action_cond_where(Cond::all().add(free).add(due));
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([Column::Name, Column::Owner, Column::Until])
        .values_panic([chore.name.into(), chore.node.0.into(), micros(chore.until).into()])
        .on_conflict(conflict)
        .returning(Query::returning().column(Column::Name));
    insert
}
