//! Rows of scopes, locked for as long as a claim decides.
//!
//! Law: whoever reads a pace, counts calls at once or puts a call in line holds the lock of the scope's row until the
//! commit, and takes several in the order of their keys. That makes all of it exact, whatever node asks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::time::Timestamp;
use machines::pacing::{Limit, Line, Place, Turns};
use sea_orm::sea_query::{InsertStatement, OnConflict};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Set};
use uuid::Uuid;

use super::scope::Scope;
use crate::Stored;
use crate::errors::failed;
use crate::rows::{micros, moment_if, paces, queue};
use crate::together::{Question, Together, only};
use crate::transaction::Transaction;

/// The lines of one claim and how their rows were.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) turns: Turns<Scope>,
    before: BTreeMap<Scope, paces::Model>,
    now: Timestamp,
}

impl Lines {
    /// Locks the rows of these scopes; those that were never needed before are made.
    pub(crate) async fn lock(tx: &Transaction, limits: BTreeMap<Scope, Limit>, now: Timestamp) -> Stored<Self> {
        let mut before = locked(tx, limits.keys().copied()).await?;
        let missing: Vec<Scope> = limits.keys().copied().filter(|scope| !before.contains_key(scope)).collect();
        if !missing.is_empty() {
            make(tx, &missing).await?;
            before.extend(locked(tx, missing.into_iter()).await?);
        }
        Self::of(tx, limits, before, now).await
    }

    /// The statement that locks the rows of these scopes, and asks for them.
    pub(crate) fn ask(together: &mut Together, scopes: impl Iterator<Item = Scope>) -> Question {
        together.ask(to_lock(scopes).into_query())
    }

    /// Of the rows that [`Lines::ask`] asked for; `None` if one is missing.
    pub(crate) async fn found(
        tx: &Transaction,
        limits: &BTreeMap<Scope, Limit>,
        rows: Vec<paces::Model>,
        now: Timestamp,
    ) -> Stored<Option<Self>> {
        let before = by_scope(rows);
        match limits.keys().all(|scope| before.contains_key(scope)) {
            true => Self::of(tx, limits.clone(), before, now).await.map(Some),
            false => Ok(None),
        }
    }

    async fn of(
        tx: &Transaction,
        limits: BTreeMap<Scope, Limit>,
        before: BTreeMap<Scope, paces::Model>,
        now: Timestamp,
    ) -> Stored<Self> {
        let live =
            live(tx, limits.iter().filter(|(_, limit)| limit.at_once.is_some()).map(|(scope, _)| *scope)).await?;
        let mut lines = BTreeMap::new();
        for (scope, limit) in limits {
            let row = before.get(&scope);
            let first = match row.filter(|row| row.waiting != 0) {
                Some(_) => first_in(tx, scope).await?,
                None => None,
            };
            let tat = moment_if(row.and_then(|row| row.tat))?;
            lines.insert(scope, Line { limit, tat, live: live.get(&scope).copied().unwrap_or_default(), first });
        }
        Ok(Self { turns: Turns::new(now, lines), before, now })
    }

    /// What writes the rows that have changed, once the calls have been moved. `left`: lines that a call of theirs has
    /// left.
    pub(crate) async fn changed(&self, tx: &Transaction, left: &BTreeSet<Scope>) -> Stored<Option<InsertStatement>> {
        let mut changed = Vec::new();
        for (scope, line) in self.turns.lines() {
            let first = if left.contains(scope) { first_in(tx, *scope).await? } else { line.first };
            let row = paces::Model {
                scope: scope.key(),
                tat: line.tat.map(micros),
                waiting: i64::from(first.is_some()),
                ready_at: micros(line.ready_at(self.now)),
            };
            let same = |old: &paces::Model| {
                let ready = row.waiting == 0 || old.ready_at == row.ready_at;
                old.tat == row.tat && old.waiting == row.waiting && ready
            };
            if !self.before.get(scope).is_some_and(same) {
                changed.push(row);
            }
        }
        if changed.is_empty() {
            return Ok(None);
        }
        let over = OnConflict::column(paces::Column::Scope)
            .update_columns([paces::Column::Tat, paces::Column::Waiting, paces::Column::ReadyAt])
            .to_owned();
        let rows = changed.into_iter().map(|row| paces::ActiveModel {
            scope: Set(row.scope),
            tat: Set(row.tat),
            waiting: Set(row.waiting),
            ready_at: Set(row.ready_at),
        });
        Ok(Some(paces::Entity::insert_many(rows).on_conflict(over).into_query()))
    }

    /// Whether a line in which calls stand has room now: worth a claim at once.
    pub(crate) fn has_room_for_waiting(&self) -> bool {
        self.turns.lines().values().any(|line| line.first.is_some() && line.has_room(self.now))
    }
}

/// Key of the row under whose lock lines are worked off. It is no scope's.
const ORDER: &str = "lines";

/// Waits until nobody else works off lines. Within a line calls go in order only so.
pub(super) async fn lock_order(tx: &Transaction) -> Stored<()> {
    let row = paces::Entity::find_by_id(ORDER).lock_exclusive();
    only(row, tx).await.map(drop)
}

async fn locked(tx: &Transaction, scopes: impl Iterator<Item = Scope>) -> Stored<BTreeMap<Scope, paces::Model>> {
    let mut scopes = scopes.peekable();
    if scopes.peek().is_none() {
        return Ok(BTreeMap::new());
    }
    Ok(by_scope(to_lock(scopes).all(tx).await.map_err(failed)?))
}

fn to_lock(scopes: impl Iterator<Item = Scope>) -> Select<paces::Entity> {
    let keys: Vec<String> = scopes.map(Scope::key).collect();
    paces::Entity::find().filter(paces::Column::Scope.is_in(keys)).order_by_asc(paces::Column::Scope).lock_exclusive()
}

fn by_scope(rows: Vec<paces::Model>) -> BTreeMap<Scope, paces::Model> {
    rows.into_iter().filter_map(|row| Some((Scope::parse(&row.scope)?, row))).collect()
}

async fn make(tx: &Transaction, scopes: &[Scope]) -> Stored<()> {
    let rows = scopes.iter().map(|scope| paces::ActiveModel {
        scope: Set(scope.key()),
        tat: Set(None),
        waiting: Set(0),
        ready_at: Set(0),
    });
    let once = OnConflict::column(paces::Column::Scope).do_nothing().to_owned();
    paces::Entity::insert_many(rows).on_conflict(once).exec_without_returning(tx).await.map_err(failed)?;
    Ok(())
}

/// Held calls by scope. A lease that ran out counts until it is swept: its call may still be up.
async fn live(tx: &Transaction, scopes: impl Iterator<Item = Scope>) -> Stored<HashMap<Scope, u32>> {
    let mut by_kind: BTreeMap<&'static str, Vec<Scope>> = BTreeMap::new();
    for scope in scopes {
        by_kind.entry(scope.parts().0).or_default().push(scope);
    }
    let mut counted = HashMap::new();
    for scopes in by_kind.into_values() {
        let Some(column) = scopes.first().map(|scope| scope.column()) else { continue };
        let found: Vec<(Uuid, i64)> = queue::Entity::find()
            .select_only()
            .column(column)
            .column_as(queue::Column::Call.count(), "held")
            .filter(column.is_in(scopes.iter().map(|scope| scope.parts().1)))
            .filter(queue::Column::LeaseUntil.is_not_null())
            .group_by(column)
            .into_tuple()
            .all(tx)
            .await
            .map_err(failed)?;
        for (id, held) in found {
            let scope = scopes.iter().find(|scope| scope.parts().1 == id).copied();
            counted.extend(scope.map(|scope| (scope, u32::try_from(held).unwrap_or(u32::MAX))));
        }
    }
    Ok(counted)
}

/// Calls that nobody holds, in this line or in none.
pub(super) fn standing(line: Option<Scope>) -> Condition {
    let free = Condition::all().add(queue::Column::Owner.is_null());
    match line {
        Some(scope) => free.add(queue::Column::Line.eq(scope.key())),
        None => free.add(queue::Column::Line.is_null()),
    }
}

async fn first_in(tx: &Transaction, scope: Scope) -> Stored<Option<Place>> {
    let first = in_turn(queue::Entity::find().filter(standing(Some(scope))))
        .select_only()
        .columns([queue::Column::DueAt, queue::Column::Sequence])
        .limit(1)
        .into_tuple()
        .one(tx)
        .await
        .map_err(failed)?;
    Ok(first)
}

/// The order of `queue_turn`. The first two columns are the same for all rows that are asked for, and named all the
/// same: PostgreSQL does not see that `IS NULL` makes a column constant, and would sort.
pub(super) fn in_turn(select: Select<queue::Entity>) -> Select<queue::Entity> {
    select
        .order_by_asc(queue::Column::Owner)
        .order_by_asc(queue::Column::Line)
        .order_by_asc(queue::Column::DueAt)
        .order_by_asc(queue::Column::Sequence)
}
