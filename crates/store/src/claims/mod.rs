//! Taking calls from the queue: whose turn it is by pace and by calls at once is decided in the transaction that takes
//! them.
//!
//! Law: in any window no scope starts more calls than its pace allows, and at no time more are up than it may bear,
//! whatever nodes claim at once. A call that has to wait is put in line once and looked at again when its line has
//! room, so that calls behind it, of other scopes, are not held up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use app::ports::store::{ClaimedCall, Claims, DialGuard, StoreError};
use domain::NodeId;
use domain::call::Call;
use domain::time::Timestamp;
use machines::pacing::Turn;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, UpdateMany,
};
use uuid::Uuid;

use crate::Stored;
use crate::agents::version;
use crate::errors::failed;
use crate::rows::{calls, micros, moment_if, paces, queue};
use crate::sealed::Secrets;
use crate::together::{Answers, Question, Together};
use crate::transaction::Transaction;
use crate::version_cache::VersionCache;

mod create;
mod lines;
mod routes;
mod scope;

pub(crate) use create::{Rates, TurnAtOnce};
pub(crate) use lines::Lines;
pub(crate) use scope::Scope;

use lines::{in_turn, standing};
use routes::{Route, Routes};

/// Rows looked at for their turn while calls stand in line: those of a busy agent must not hide others.
const LOOK: u32 = 256;
/// Lines looked at in one claim; the others come with the next.
const LINES: u64 = 64;
/// Calls looked at in each of them.
const PER_LINE: u64 = 4;
/// A call whose trunk cannot be found waits this long, so that it does not stand in the way of others.
const POSTPONED_US: i64 = 60_000_000;

/// Who claims, how much and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) node: NodeId,
    pub(crate) limit: u32,
    pub(crate) now: Timestamp,
    pub(crate) until: Timestamp,
}

/// What a claim needs beside the rows.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) versions: Arc<VersionCache>,
    pub(crate) secrets: Arc<Secrets>,
}

/// When the first call that stands in no line is due, or the first line in which calls stand allows one; `after`: later
/// than then. One statement, since on SQLite each is a way to a thread and back.
pub(crate) async fn first_due(
    connection: &impl ConnectionTrait,
    after: Option<Timestamp>,
) -> Stored<Option<Timestamp>> {
    let mut together = Together::on(connection);
    let first = ask_first_due(&mut together, after);
    read_first_due(&together.answers(connection).await?, first)
}

fn ask_first_due(together: &mut Together, after: Option<Timestamp>) -> Question {
    let later = |column: Expr| Condition::all().add_option(after.map(|after| column.gt(micros(after))));
    let call = in_turn(queue::Entity::find().filter(standing(None)))
        .filter(later(Expr::col(queue::Column::DueAt)))
        .select_only()
        .column(queue::Column::DueAt)
        .limit(1)
        .into_query();
    let line = paces::Entity::find()
        .filter(paces::Column::Waiting.eq(1))
        .filter(later(Expr::col(paces::Column::ReadyAt)))
        .order_by_asc(paces::Column::Waiting)
        .order_by_asc(paces::Column::ReadyAt)
        .select_only()
        .column(paces::Column::ReadyAt)
        .limit(1)
        .into_query();
    let mut both = Query::select();
    both.expr_as(Expr::SubQuery(None, Box::new(call.into())), Alias::new("call"));
    both.expr_as(Expr::SubQuery(None, Box::new(line.into())), Alias::new("line"));
    together.ask(both)
}

fn read_first_due(answers: &Answers, asked: Question) -> Stored<Option<Timestamp>> {
    let Some(row) = answers.to(asked).next() else { return Ok(None) };
    let call: Option<i64> = row.try_get("", "call").map_err(failed)?;
    let line: Option<i64> = row.try_get("", "line").map_err(failed)?;
    moment_if(call.into_iter().chain(line).min())
}

fn due(now: Timestamp) -> Condition {
    Condition::all().add(standing(None)).add(queue::Column::DueAt.lte(micros(now)))
}

fn ready(now: Timestamp) -> Condition {
    Condition::all().add(paces::Column::Waiting.eq(1)).add(paces::Column::ReadyAt.lte(micros(now)))
}

/// A row of the queue with its call, which may be lost.
type Waiting = (queue::Model, Option<calls::Model>);

/// What was decided about the rows of one claim.
#[derive(Default)]
struct Decided {
    granted: Vec<(queue::Model, calls::Model, Route)>,
    behind: BTreeMap<Scope, Vec<Uuid>>,
    left: BTreeSet<Scope>,
    stranded: Vec<Uuid>,
}

/// Takes calls whose turn has come.
pub(crate) async fn claim(tx: &Transaction, known: &Known, claim: Claim) -> Stored<Claims> {
    // The usual case, in which no line has to be worked off: one statement looks for both.
    let mut rows = locked(tx, due(claim.now).add(ready_line(claim.now).not()), u64::from(claim.limit)).await?;
    let mut more_due = rows.len() as u64 >= u64::from(claim.limit);
    let mut lines = Vec::new();
    if rows.is_empty() {
        lines = ready_lines(tx, claim.now).await?;
        if !lines.is_empty() {
            // Two claims that look at one line at once would let those in front of it pass each other.
            lines::lock_order(tx).await?;
            lines = ready_lines(tx, claim.now).await?;
        }
        let look = if lines.is_empty() { claim.limit } else { Ord::max(claim.limit, LOOK) };
        rows = locked(tx, due(claim.now), u64::from(look)).await?;
        more_due = rows.len() as u64 >= u64::from(look);
        for scope in &lines {
            rows.extend(locked(tx, standing(Some(*scope)), PER_LINE).await?);
        }
        rows.sort_by_key(|(row, _)| (row.due_at, row.sequence));
    }
    let mut routes = Routes::of(tx, &known.secrets, rows.iter().filter_map(|(_, call)| call.as_ref())).await?;
    // A line whose limit was lifted is let go: it needs a row among the others all the same.
    for scope in lines {
        routes.limits.entry(scope).or_default();
    }
    let mut lines = Lines::lock(tx, routes.limits.clone(), claim.now).await?;
    let decided = decide(&mut lines, rows, &routes, claim.limit);
    let full = decided.granted.len() as u64 >= u64::from(claim.limit);
    let mut together = Together::on(tx);
    for (scope, calls) in &decided.behind {
        together.then(put_in_line(calls, *scope).as_query());
    }
    if !decided.stranded.is_empty() {
        together.then(postponed(claim.now, decided.stranded).as_query());
    }
    take(&mut together, claim, &decided.granted);
    let calls = claimed(tx, known, claim, decided.granted).await?;
    if !routes.limits.is_empty() {
        together.run(tx).await.map_err(failed)?;
        together = Together::on(tx);
        if let Some(changed) = lines.changed(tx, &decided.left).await? {
            together.then(&changed);
        }
    }
    let next = ask_first_due(&mut together, Some(claim.now));
    let next_due = read_first_due(&together.last_answers(tx).await?, next)?;
    Ok(Claims { calls, next_due, more: more_due || full || lines.has_room_for_waiting() })
}

/// Whether there is a line in which calls stand and that may have room.
fn ready_line(now: Timestamp) -> Expr {
    let mut one = Query::select();
    one.expr(Expr::val(1)).from(paces::Entity).cond_where(ready(now));
    Expr::exists(one)
}

/// Lines in which calls stand and that may have room, those that were not looked at for longest first.
async fn ready_lines(tx: &Transaction, now: Timestamp) -> Stored<Vec<Scope>> {
    let rows = paces::Entity::find()
        .filter(ready(now))
        .order_by_asc(paces::Column::Waiting)
        .order_by_asc(paces::Column::ReadyAt)
        .limit(LINES)
        .all(tx)
        .await
        .map_err(failed)?;
    Ok(rows.iter().filter_map(|row| Scope::parse(&row.scope)).collect())
}

async fn locked(tx: &Transaction, which: Condition, limit: u64) -> Stored<Vec<Waiting>> {
    let mut select = in_turn(queue::Entity::find().filter(which)).find_also_related(calls::Entity).limit(limit);
    let queue = [Alias::new("queue")];
    QuerySelect::query(&mut select).lock_with_tables_behavior(LockType::Update, queue, LockBehavior::SkipLocked);
    select.all(tx).await.map_err(failed)
}

fn decide(lines: &mut Lines, rows: Vec<Waiting>, routes: &Routes, limit: u32) -> Decided {
    let mut decided = Decided::default();
    for (row, call) in rows {
        if decided.granted.len() as u64 >= u64::from(limit) {
            break;
        }
        let stands_in = row.line.as_deref().and_then(Scope::parse);
        let Some((call, route)) = call.zip(routes.by_call.get(&row.call)) else {
            tracing::error!(call.id = %domain::CallId(row.call), "a queued call has lost its row or its trunk; postponed");
            decided.stranded.push(row.call);
            decided.left.extend(stands_in);
            continue;
        };
        let place = (row.due_at, row.sequence);
        match lines.turns.ask(&route.scopes(), place, stands_in, row.paced.is_some()) {
            Turn::Now => {
                decided.left.extend(stands_in);
                decided.granted.push((row, call, route.clone()));
            }
            Turn::Behind(scope) if stands_in == Some(scope) => {}
            Turn::Behind(scope) => {
                decided.left.extend(stands_in);
                decided.behind.entry(scope).or_default().push(row.call);
            }
        }
    }
    decided
}

fn put_in_line(calls: &[Uuid], scope: Scope) -> UpdateMany<queue::Entity> {
    queue::Entity::update_many()
        .col_expr(queue::Column::Line, Expr::value(scope.key()))
        .filter(queue::Column::Call.is_in(calls.iter().copied()))
}

fn postponed(now: Timestamp, calls: Vec<Uuid>) -> UpdateMany<queue::Entity> {
    queue::Entity::update_many()
        .col_expr(queue::Column::DueAt, Expr::value(micros(now) + POSTPONED_US))
        .col_expr(queue::Column::Line, Expr::value(None::<String>))
        .filter(queue::Column::Call.is_in(calls))
}

/// Leases the calls to the node under a new epoch.
fn take(together: &mut Together, claim: Claim, granted: &[(queue::Model, calls::Model, Route)]) {
    let mut by_route: BTreeMap<[Scope; 4], Vec<Uuid>> = BTreeMap::new();
    for (row, _, route) in granted {
        by_route.entry(route.scopes()).or_default().push(row.call);
    }
    for (scopes, calls) in by_route {
        let mut update = queue::Entity::update_many()
            .col_expr(queue::Column::Owner, Expr::value(claim.node.0))
            .col_expr(queue::Column::LeaseUntil, Expr::value(micros(claim.until)))
            .col_expr(queue::Column::Epoch, Expr::col(queue::Column::Epoch).add(1))
            .col_expr(queue::Column::Line, Expr::value(None::<String>))
            .col_expr(queue::Column::Paced, Expr::value(None::<i64>));
        for scope in scopes {
            update = update.col_expr(scope.column(), Expr::value(scope.parts().1));
        }
        together.then(update.filter(queue::Column::Call.is_in(calls)).as_query());
    }
}

/// The calls with all that is needed to dial them.
async fn claimed(
    tx: &Transaction,
    known: &Known,
    claim: Claim,
    granted: Vec<(queue::Model, calls::Model, Route)>,
) -> Stored<Vec<ClaimedCall>> {
    let mut claimed = Vec::with_capacity(granted.len());
    for (row, call, route) in granted {
        let lease = queue::next_lease(&row, claim.node);
        let call = calls::from_row(call)?;
        let version = version(tx, &known.versions, call.agent_version).await?;
        let version = version.ok_or_else(|| StoreError::Corrupt("agent version of a queued call".to_owned()))?;
        claimed.push(ClaimedCall { lease, call, version, trunk: route.trunk, guard: DialGuard::default() });
    }
    Ok(claimed)
}

/// Calls by id.
pub(crate) async fn calls_of(tx: &Transaction, wanted: impl Iterator<Item = Uuid>) -> Stored<HashMap<Uuid, Call>> {
    let found = calls::Entity::find().filter(calls::Column::Id.is_in(wanted)).all(tx).await.map_err(failed)?;
    found.into_iter().map(|row| Ok((row.id, calls::from_row(row)?))).collect()
}
