//! Wallets: what a tenant has. The row is the lock under which its money moves.

use app::ports::store::StoreError;
use domain::OrganizationId;
use domain::money::Money;
use domain::wallet::Wallet;
use sea_orm::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};

use super::{document, micros, moment, moment_if, read};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wallets")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization: Uuid,
    pub settings: Json,
    pub available: i64,
    pub held: i64,
    pub credit: i64,
    pub low_balance: Option<i64>,
    pub low: i64,
    pub frozen_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub fn to_row(value: &Wallet) -> Result<ActiveModel, StoreError> {
    let settings = &value.settings;
    Ok(ActiveModel {
        organization: Set(value.organization.0),
        settings: Set(document(settings)?),
        available: Set(value.available.micros()),
        held: Set(value.held.micros()),
        credit: Set(settings.credit.micros()),
        low_balance: Set(settings.low_balance.map(Money::micros)),
        low: Set(i64::from(is_low(value.balance(), settings.low_balance))),
        frozen_at: Set(value.frozen_at.map(micros)),
        created_at: Set(micros(value.created_at)),
        updated_at: Set(micros(value.updated_at)),
    })
}

pub fn is_low(balance: Money, threshold: Option<Money>) -> bool {
    threshold.is_some_and(|threshold| balance < threshold)
}

pub fn from_row(row: Model) -> Result<Wallet, StoreError> {
    Ok(Wallet {
        organization: OrganizationId(row.organization),
        settings: read("wallets.settings", row.settings)?,
        available: Money::from_micros(row.available),
        held: Money::from_micros(row.held),
        frozen_at: moment_if(row.frozen_at)?,
        created_at: moment(row.created_at)?,
        updated_at: moment(row.updated_at)?,
    })
}

/// Adds to both accounts and locks the row until the commit.
pub fn to_move(organization: Uuid, (available, held): (Money, Money), at: i64) -> UpdateStatement {
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Column::Available, Expr::col(Column::Available).add(available.micros()))
        .value(Column::Held, Expr::col(Column::Held).add(held.micros()))
        .value(Column::UpdatedAt, at)
        .and_where(Expr::col(Column::Organization).eq(organization));
    update
}

/// Holds `amount` back, if what is available and the credit cover it and the wallet is not frozen; returns `held` then.
pub fn to_hold(organization: Uuid, amount: Money, at: i64) -> UpdateStatement {
    let mut update = to_move(organization, (-amount, amount), at);
    update
        .and_where(Expr::col(Column::Available).add(Expr::col(Column::Credit)).gte(amount.micros()))
        .and_where(Expr::col(Column::FrozenAt).is_null())
        .returning(Query::returning().column(Column::Held));
    update
}
