//! What a call gives back when it is over: its hold, settled and released, and its uses of caps.
//!
//! Law: whoever deletes the row of `call_bounds` does it, in the transaction of the terminal event; the ledger's unique
//! key of call and kind is the second lock on the same door.

use domain::call::Call;
use domain::money::Money;
use domain::organization_event::{OrganizationEvent, OrganizationFact};
use domain::time::Timestamp;
use domain::wallet::{LedgerKind, Wallet};
use domain::{CallId, EventId, OrganizationId};
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Query, UpdateStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryResult};
use uuid::Uuid;

use super::{entry_id, event_id};
use crate::Stored;
use crate::errors::failed;
use crate::rows::call_bounds::OpenUse;
use crate::rows::{call_bounds, cap_uses, ledger, micros, outbox, read, wallets};
use crate::together::{Together, only};
use crate::transaction::Transaction;

/// Takes the bounds of a call; returns them if they had not been given back.
pub(crate) fn to_close(call: CallId) -> DeleteStatement {
    let mut delete = Query::delete();
    delete
        .from_table(call_bounds::Entity)
        .and_where(Expr::col(call_bounds::Column::Call).eq(call.0))
        .returning(Query::returning().columns([call_bounds::Column::Hold, call_bounds::Column::Uses]));
    delete
}

/// Gives back what `bounds`, the row that `to_close` returned, says.
pub(crate) async fn close(tx: &Transaction, call: &Call, at: Timestamp, bounds: &QueryResult) -> Stored<()> {
    let hold: Option<i64> = bounds.try_get("", "hold").map_err(failed)?;
    let uses = bounds.try_get("", "uses").map_err(failed)?;
    let mut uses: Vec<OpenUse> = read("call_bounds.uses", uses)?;
    uses.sort_by(|a, b| a.scope.cmp(&b.scope));
    let cost = call.cost.unwrap_or_default();
    let cost = hold.map_or(cost, |hold| cost.min(Money::from_micros(hold))).max(Money::ZERO);
    let mut together = Together::on(tx);
    if let Some(hold) = hold {
        settle(&mut together, call, at, Money::from_micros(hold), cost);
    }
    for use_ in &uses {
        together.then(&give_back(use_, cost));
    }
    together.run(tx).await.map_err(failed)?;
    if hold.is_some() {
        mark_low(tx, call.organization, at, event_id(call.id)).await?;
    }
    Ok(())
}

fn settle(together: &mut Together, call: &Call, at: Timestamp, hold: Money, cost: Money) {
    let (organization, at) = (call.organization.0, micros(at));
    let rest = hold - cost;
    let moved = |kind, amount| ledger::Move {
        id: entry_id(call.id, kind),
        organization,
        call: Some(call.id.0),
        kind,
        amount,
        at,
        note: None,
    };
    together.then(&wallets::to_move(organization, (rest, -hold), at));
    together.then(&ledger::to_insert(moved(LedgerKind::Settle, cost), (rest, -rest)));
    if rest > Money::ZERO {
        together.then(&ledger::to_insert(moved(LedgerKind::Release, rest), (Money::ZERO, Money::ZERO)));
    }
}

fn give_back(use_: &OpenUse, cost: Money) -> UpdateStatement {
    let given = if use_.corrected { use_.amount - cost.micros() } else { use_.amount };
    let mut update = Query::update();
    update
        .table(cap_uses::Entity)
        .value(cap_uses::Column::Used, Expr::col(cap_uses::Column::Used).sub(given))
        .and_where(Expr::col(cap_uses::Column::Scope).eq(use_.scope.as_str()))
        .and_where(Expr::col(cap_uses::Column::BeginsAt).eq(use_.window));
    update
}

/// Tells, once for each crossing, that the balance fell below the owner's level. The wallet's row is locked by the move
/// before it, so that of many at once exactly one sees the crossing.
pub(crate) async fn mark_low(tx: &Transaction, organization: OrganizationId, at: Timestamp, event: Uuid) -> Stored<()> {
    let Some(row) = only(wallets::Entity::find_by_id(organization.0), tx).await? else { return Ok(()) };
    let was_low = row.low != 0;
    let wallet = wallets::from_row(row)?;
    let low = wallets::is_low(wallet.balance(), wallet.settings.low_balance);
    if low == was_low {
        return Ok(());
    }
    wallets::Entity::update_many()
        .col_expr(wallets::Column::Low, Expr::value(i64::from(low)))
        .filter(wallets::Column::Organization.eq(organization.0))
        .exec(tx)
        .await
        .map_err(failed)?;
    if low {
        let told = outbox::to_organization_row(&low_balance(&wallet, at, event))?;
        outbox::Entity::insert(told).exec_without_returning(tx).await.map_err(failed)?;
    }
    Ok(())
}

fn low_balance(wallet: &Wallet, at: Timestamp, event: Uuid) -> OrganizationEvent {
    let fact = OrganizationFact::WalletLowBalance {
        balance: wallet.balance(),
        threshold: wallet.settings.low_balance.unwrap_or_default(),
        currency: wallet.settings.currency.clone(),
    };
    OrganizationEvent { id: EventId(event), organization: wallet.organization, at, fact }
}
