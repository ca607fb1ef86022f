//! Creates that take more along than the call: money that is kept back, uses of caps, the answer to a client's key.
//!
//! Law: all of it holds or nothing was written; whoever comes second is refused inside the transaction. What bounds a
//! create is asked for in one step, in good faith: each statement writes only if it may and returns a row if it did, so
//! that a missing row is the refusal and the savepoint's end undoes the rest. Rows are locked in one order: the
//! callee's number, marks, kept answer, wallet, caps by scope, paces.

use std::collections::HashSet;

use app::ports::store::{CreateRefused, HeldBack, KeptAnswer, NewCall, Placed, StoreError};
use domain::caps::CapUse;
use domain::money::Money;
use domain::wallet::LedgerKind;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryTrait,
};

use crate::Stored;
use crate::calls::insert_calls;
use crate::claims::take_turn;
use crate::errors::failed;
use crate::policy;
use crate::rows::{call_bounds, calls, cap_uses, kept_answers, ledger, micros, wallets};
use crate::together::{Together, only};
use crate::wallet::entry_id;

/// Whether the call needs no rows but its own.
pub(crate) fn is_plain(new: &NewCall) -> bool {
    new.hold.is_none() && new.caps.is_empty() && new.answer.is_none() && !new.pace_now && !new.one_at_a_time
}

/// Inserts one call with everything that must hold at once.
pub(crate) async fn insert_with_bounds(tx: &DatabaseTransaction, mut new: NewCall) -> Result<Placed, CreateRefused> {
    if new.one_at_a_time {
        policy::lock(tx, new.call.organization, &new.call.to).await?;
    }
    new.caps = that_count(tx, std::mem::take(&mut new.caps), &new).await?;
    take(tx, &new).await?;
    if new.one_at_a_time && in_progress(tx, &new).await? {
        return Err(CreateRefused::InProgress);
    }
    // After the key: a repeat gets its answer, whatever the pace.
    if new.pace_now {
        take_turn(tx, &new.call).await?;
    }
    let mut placed = insert_calls(tx, std::slice::from_ref(&new)).await?;
    let mut placed = placed.pop().ok_or_else(|| StoreError::Corrupt("call that was just written".to_owned()))?;
    if let Some(held) = &new.answer {
        placed.answer = Some(keep(tx, held, &placed.call).await?);
    }
    Ok(placed)
}

/// Whether another call of the agent to the number is not over. Whoever asks holds the number's row.
async fn in_progress(tx: &DatabaseTransaction, new: &NewCall) -> Stored<bool> {
    let others = calls::Entity::find()
        .filter(calls::Column::Organization.eq(new.call.organization.0))
        .filter(calls::Column::ToNumber.eq(new.call.to.as_str()))
        .filter(calls::Column::Agent.eq(new.call.agent.0))
        .filter(calls::Column::EndedAt.is_null());
    Ok(others.count(tx).await.map_err(failed)? > 0)
}

/// The uses without those whose mark is set already, such as a country that was called before.
async fn that_count(tx: &DatabaseTransaction, caps: Vec<CapUse>, new: &NewCall) -> Stored<Vec<CapUse>> {
    let mut counting = Vec::with_capacity(caps.len());
    for use_ in caps {
        let counts = match &use_.mark {
            None => true,
            Some(mark) => {
                let set = cap_uses::to_mark(mark, new.call.created_at);
                tx.query_one(&set).await.map_err(failed)?.is_some()
            }
        };
        if counts {
            counting.push(use_);
        }
    }
    Ok(counting)
}

async fn take(tx: &DatabaseTransaction, new: &NewCall) -> Result<(), CreateRefused> {
    let mut together = Together::on(tx);
    if let Some(held) = &new.answer {
        let reserve = kept_answers::reservation(held, new.call.id.0);
        together.then(&kept_answers::to_reserve(&reserve, held.now, held.expires_at));
    }
    if let Some(hold) = new.hold {
        hold_back(&mut together, new, hold);
    }
    for use_ in new.caps.iter().filter(|use_| use_.amount <= use_.most) {
        together.then(&cap_uses::to_take(use_));
    }
    if let Some(bounds) = call_bounds::to_row(new)? {
        together.then(&call_bounds::Entity::insert(bounds).into_query());
    }
    let rows = together.run(tx).await.map_err(failed)?;
    if let Some(held) = &new.answer
        && !rows.iter().any(|row| row.try_get::<String>("", "key").is_ok())
    {
        return Err(answered_before(tx, held).await?);
    }
    if new.hold.is_some() && !rows.iter().any(|row| row.try_get::<i64>("", "held").is_ok()) {
        return Err(CreateRefused::Funds { balance: available(tx, new.call.organization.0).await? });
    }
    let taken: HashSet<String> = rows.iter().filter_map(|row| row.try_get("", "scope").ok()).collect();
    match new.caps.iter().find(|use_| !taken.contains(&use_.scope)) {
        Some(reached) => Err(CreateRefused::Cap(reached.clone())),
        None => Ok(()),
    }
}

fn hold_back(together: &mut Together, new: &NewCall, hold: Money) {
    let (organization, at) = (new.call.organization.0, micros(new.call.created_at));
    let held = ledger::Move {
        id: entry_id(new.call.id, LedgerKind::Hold),
        organization,
        call: Some(new.call.id.0),
        kind: LedgerKind::Hold,
        amount: hold,
        at,
        note: None,
    };
    together.then(&wallets::to_hold(organization, hold, at));
    together.then(&ledger::to_insert(held, (Money::ZERO, Money::ZERO)));
}

/// What is there and not held back; nothing where there is no wallet.
pub(crate) async fn available(tx: &DatabaseTransaction, organization: uuid::Uuid) -> Stored<Money> {
    let row = only(wallets::Entity::find_by_id(organization), tx).await?;
    Ok(row.map_or(Money::ZERO, |row| Money::from_micros(row.available)))
}

/// Why the key could not be taken.
pub(crate) async fn answered_before<T>(tx: &DatabaseTransaction, held: &HeldBack<T>) -> Stored<CreateRefused> {
    let row = kept_answers::Entity::find_by_id((held.scope.clone(), held.key.clone()));
    let row = only(row, tx).await?.ok_or_else(|| StoreError::Unavailable("the key was just forgotten".to_owned()))?;
    let known = kept_answers::from_row(row)?;
    Ok(CreateRefused::AnsweredBefore { fingerprint: known.fingerprint, answer: known.answer, until: known.until })
}

/// Writes the answer for what was stored beside the key.
pub(crate) async fn keep<T>(tx: &DatabaseTransaction, held: &HeldBack<T>, stored: &T) -> Stored<KeptAnswer> {
    let answer = (held.write)(stored);
    kept_answers::Entity::update_many()
        .set(kept_answers::to_answer(&answer, held.expires_at)?)
        .filter(kept_answers::Column::Scope.eq(held.scope.as_str()))
        .filter(kept_answers::Column::Key.eq(held.key.as_str()))
        .exec(tx)
        .await
        .map_err(failed)?;
    Ok(answer)
}
