//! Moves of money. Written once, never changed.

use app::ports::store::StoreError;
use domain::money::Money;
use domain::wallet::{LedgerEntry, LedgerKind};
use domain::{CallId, LedgerEntryId, OrganizationId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, Query};

use super::{moment, unreadable, wallets};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub position: i64,
    pub id: Uuid,
    pub organization: Uuid,
    pub call: Option<Uuid>,
    pub kind: String,
    pub amount: i64,
    pub available_after: i64,
    pub held_after: i64,
    pub at: i64,
    pub note: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A move to note.
#[derive(Clone, Copy, Debug)]
pub struct Move<'a> {
    pub id: Uuid,
    pub organization: Uuid,
    pub call: Option<Uuid>,
    pub kind: LedgerKind,
    pub amount: Money,
    pub at: i64,
    pub note: Option<&'a str>,
}

/// Notes a move that the wallet has just made; nothing where there is no wallet. `later` is what the wallet has moved
/// beyond it in the same statement.
pub fn to_insert(moved: Move<'_>, later: (Money, Money)) -> InsertStatement {
    let rest = [
        Expr::val(moved.id),
        Expr::val(moved.organization),
        Expr::val(moved.call),
        Expr::val(moved.kind.as_str()),
        Expr::val(moved.amount.micros()),
        Expr::col(wallets::Column::Available).sub(later.0.micros()),
        Expr::col(wallets::Column::Held).sub(later.1.micros()),
        Expr::val(moved.at),
        Expr::val(moved.note.map(str::to_owned)),
    ];
    let select = Query::select()
        .exprs(rest)
        .from(wallets::Entity)
        .and_where(Expr::col(wallets::Column::Organization).eq(moved.organization))
        .take();
    let mut insert = Query::insert();
    insert.into_table(Entity).columns([
        Column::Id,
        Column::Organization,
        Column::Call,
        Column::Kind,
        Column::Amount,
        Column::AvailableAfter,
        Column::HeldAfter,
        Column::At,
        Column::Note,
    ]);
    insert.select_from(select).expect("as many columns as expressions");
    insert
}

pub fn from_row(row: Model) -> Result<LedgerEntry, StoreError> {
    Ok(LedgerEntry {
        id: LedgerEntryId(row.id),
        organization: OrganizationId(row.organization),
        call: row.call.map(CallId),
        kind: LedgerKind::parse(&row.kind).ok_or_else(|| unreadable("ledger.kind"))?,
        amount: Money::from_micros(row.amount),
        available_after: Money::from_micros(row.available_after),
        held_after: Money::from_micros(row.held_after),
        at: moment(row.at)?,
        note: row.note,
    })
}
