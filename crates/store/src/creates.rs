//! Creates that take more along than the call: money that is kept back, uses of caps, the answer to a client's key.
//!
//! Law: all of it holds or nothing was written; whoever comes second is refused inside the transaction. What bounds a
//! create is asked for in one step, in good faith: each statement writes only if it may and returns a row if it did, so
//! that a missing row is the refusal and the savepoint's end undoes the rest. Rows are locked in one order: the
//! callee's number, marks, kept answer, wallet, caps by scope, paces.

use std::collections::HashSet;

use app::ports::store::{CreateRefused, HeldBack, KeptAnswer, NewCall, NumberStanding, Placed, StoreError};
use domain::caps::CapUse;
use domain::money::Money;
use domain::wallet::LedgerKind;
use sea_orm::sea_query::{Expr, InsertStatement, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QuerySelect, QueryTrait,
};

use crate::Stored;
use crate::calls::insert_calls;
use crate::claims::TurnAtOnce;
use crate::errors::failed;
use crate::policy::{self, StandingAsked};
use crate::rows::{call_bounds, calls, cap_uses, kept_answers, ledger, micros, wallets};
use crate::together::{Answers, Together, only};
use crate::transaction::Transaction;
use crate::wallet::entry_id;

/// Whether the call needs no rows but its own, and can be written in good faith. Where several write at once (`apart`),
/// whoever wants to be the only one has to hold its number's row first.
pub(crate) fn is_plain(new: &NewCall, apart: bool) -> bool {
    let takes_nothing = new.hold.is_none() && new.caps.is_empty() && new.answer.is_none() && new.pace_now.is_none();
    takes_nothing && !(apart && new.one_at_a_time)
}

/// Inserts one call with everything that must hold at once.
pub(crate) async fn insert_with_bounds(tx: &Transaction, mut new: NewCall) -> Result<Placed, CreateRefused> {
    if new.one_at_a_time && new.caps.iter().any(|use_| use_.mark.is_some()) {
        policy::lock(tx, new.call.organization, &new.call.to).await?;
    }
    new.caps = that_count(tx, std::mem::take(&mut new.caps), &new).await?;
    let mut look = Together::on(tx);
    if new.one_at_a_time {
        look.then(&policy::to_lock(new.call.organization, &new.call.to));
    }
    to_take(&mut look, &new)?;
    let others = new.one_at_a_time.then(|| look.ask(in_progress(&new)));
    let standing = new.lists_unread.then(|| StandingAsked::ask(&mut look, new.call.organization, &new.call.to));
    let turn = new.pace_now.map(|way| TurnAtOnce::ask(&mut look, &new.call, way));
    let answers = look.answers(tx).await?;
    key_is_free(tx, &new, &answers).await?;
    if let Some(standing) = standing {
        let standing = standing.read(&answers)?;
        if is_listed(&standing) {
            return Err(listed(new, standing));
        }
        new.lists_unread = false;
    }
    taken(tx, &new, &answers).await?;
    if others.is_some_and(|others| answers.to(others).next().is_some()) {
        return Err(CreateRefused::InProgress);
    }
    new.one_at_a_time = false;
    let mut write = Together::on(tx);
    // After the key: a repeat gets its answer, whatever the pace.
    if let Some(turn) = turn {
        turn.take(tx, &answers, &mut write).await?;
    }
    let last = new.answer.is_none();
    let mut placed = insert_calls(write, tx, std::slice::from_ref(&new), last).await?;
    let mut placed = placed.pop().ok_or_else(|| StoreError::Corrupt("call that was just written".to_owned()))?;
    if let Some(held) = &new.answer {
        placed.answer = Some(keep(tx, held, &placed.call).await?);
    }
    Ok(placed)
}

/// A statement that fails if one of these calls, which were just written, is not the only one of its agent to its number
/// that is not over; else it does nothing.
pub(crate) fn to_fail_if_in_progress(new: &[&NewCall]) -> InsertStatement {
    let more_than_one = new.iter().map(|new| {
        let mut others = in_progress(new);
        Expr::exists(others.and_where(calls::Column::Id.ne(new.call.id.0)).take())
    });
    policy::to_fail_if(more_than_one.fold(Condition::any(), Condition::add))
}

/// Another call of the agent to the number that is not over. Whoever asks holds the number's row.
fn in_progress(new: &NewCall) -> SelectStatement {
    calls::Entity::find()
        .select_only()
        .column(calls::Column::Id)
        .filter(calls::Column::Organization.eq(new.call.organization.0))
        .filter(calls::Column::ToNumber.eq(new.call.to.as_str()))
        .filter(calls::Column::Agent.eq(new.call.agent.0))
        .filter(calls::Column::EndedAt.is_null())
        .into_query()
}

/// The uses without those whose mark is set already, such as a country that was called before.
async fn that_count(tx: &Transaction, caps: Vec<CapUse>, new: &NewCall) -> Stored<Vec<CapUse>> {
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

/// Statements that take what bounds the call; each returns a row if it did.
fn to_take(together: &mut Together, new: &NewCall) -> Stored<()> {
    if let Some(held) = &new.answer {
        let reserve = kept_answers::reservation(held, new.call.id.0);
        together.then(&kept_answers::to_reserve(&reserve, held.now, held.expires_at));
    }
    if let Some(hold) = new.hold {
        hold_back(together, new, hold);
    }
    for use_ in new.caps.iter().filter(|use_| use_.amount <= use_.most) {
        together.then(&cap_uses::to_take(use_));
    }
    if let Some(bounds) = call_bounds::to_row(new)? {
        together.then(&call_bounds::Entity::insert(bounds).into_query());
    }
    Ok(())
}

/// Whether somebody has to look at a number that stands so.
pub(crate) fn is_listed(standing: &NumberStanding) -> bool {
    standing.own || standing.suppression.is_some()
}

/// Gives the call back to be looked at.
pub(crate) fn listed(new: NewCall, standing: NumberStanding) -> CreateRefused {
    CreateRefused::Listed { new: Box::new(new), standing: Box::new(standing) }
}

/// Whether the client's key could be taken.
async fn key_is_free(tx: &Transaction, new: &NewCall, answers: &Answers) -> Result<(), CreateRefused> {
    if let Some(held) = &new.answer
        && !answers.unasked().any(|row| row.try_get::<String>("", "key").is_ok())
    {
        return Err(answered_before(tx, held).await?);
    }
    Ok(())
}

/// Whether the rest was taken, else why not.
async fn taken(tx: &Transaction, new: &NewCall, answers: &Answers) -> Result<(), CreateRefused> {
    let rows: Vec<&QueryResult> = answers.unasked().collect();
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
pub(crate) async fn available(tx: &Transaction, organization: uuid::Uuid) -> Stored<Money> {
    let row = only(wallets::Entity::find_by_id(organization), tx).await?;
    Ok(row.map_or(Money::ZERO, |row| Money::from_micros(row.available)))
}

/// Why the key could not be taken.
pub(crate) async fn answered_before<T>(tx: &Transaction, held: &HeldBack<T>) -> Stored<CreateRefused> {
    let row = kept_answers::Entity::find_by_id((held.scope.clone(), held.key.clone()));
    let row = only(row, tx).await?.ok_or_else(|| StoreError::Unavailable("the key was just forgotten".to_owned()))?;
    let known = kept_answers::from_row(row)?;
    Ok(CreateRefused::AnsweredBefore { fingerprint: known.fingerprint, answer: known.answer, until: known.until })
}

/// Writes the answer for what was stored beside the key; nothing comes after it.
pub(crate) async fn keep<T>(tx: &Transaction, held: &HeldBack<T>, stored: &T) -> Stored<KeptAnswer> {
    let answer = (held.write)(stored);
    let kept = kept_answers::Entity::update_many()
        .set(kept_answers::to_answer(&answer, held.expires_at)?)
        .filter(kept_answers::Column::Scope.eq(held.scope.as_str()))
        .filter(kept_answers::Column::Key.eq(held.key.as_str()));
    let mut together = Together::on(tx);
    together.then(kept.as_query());
    together.run_last(tx).await.map_err(failed)?;
    Ok(answer)
}
