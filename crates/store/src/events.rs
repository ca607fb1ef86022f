//! Appending to the log of events. Every event brings its outbox row along.

use app::ports::store::{Lease, NewEvent, StoreError};
use domain::call::Call;
use domain::call_event::CallEvent;
use domain::{AttemptId, CallId, OrganizationId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, JoinType, LockType, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryResult, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::Stored;
use crate::errors::failed;
use crate::rows::{call_events, calls, outbox, queue, truncated, unreadable};
use crate::together::{Answers, Question, Together, only};
use crate::transaction::Transaction;
use crate::wallet::closing;

/// One event to insert, numbered.
pub(crate) struct Numbered<'a> {
    pub(crate) organization: OrganizationId,
    pub(crate) call: CallId,
    pub(crate) sequence: u32,
    pub(crate) event: &'a NewEvent,
}

/// Statements that insert events and their outbox rows. The first returns a position and an id for each.
pub(crate) fn insert_events(together: &mut Together, events: &[Numbered<'_>]) -> Stored<()> {
    let rows = events.iter().map(|n| call_events::to_row(n.organization, n.call, n.sequence, n.event));
    let mut insert = call_events::Entity::insert_many(rows.collect::<Stored<Vec<_>>>()?).into_query();
    insert.returning(Query::returning().columns([call_events::Column::Position, call_events::Column::Id]));
    together.draws_positions();
    together.then(&insert).then(&outbox::to_insert(events));
    Ok(())
}

/// The events as they are stored, by the rows that their insert returned.
pub(crate) fn inserted_events(events: &[Numbered<'_>], rows: &[QueryResult]) -> Stored<Vec<CallEvent>> {
    let positions = numbered_ids(rows, "position")?;
    let stored = events.iter().map(|n| {
        Ok(CallEvent {
            id: n.event.id,
            call: n.call,
            organization: n.organization,
            sequence: n.sequence,
            position: position_of(&positions, n.event.id.0)?,
            at: truncated(n.event.at),
            fact: n.event.fact.clone(),
        })
    });
    stored.collect()
}

/// A counter and an id of each row that an insert returned. The order of returned rows is not promised, hence ids.
pub(crate) fn numbered_ids(rows: &[QueryResult], counter: &str) -> Stored<Vec<(Uuid, i64)>> {
    let pairs = rows.iter().map(|row| Ok((row.try_get::<Uuid>("", "id")?, row.try_get::<i64>("", counter)?)));
    pairs.collect::<Result<_, sea_orm::DbErr>>().map_err(failed)
}

/// The counter that `id` was given.
pub(crate) fn position_of(pairs: &[(Uuid, i64)], id: Uuid) -> Stored<i64> {
    pairs.iter().find(|(other, _)| *other == id).map(|(_, n)| *n).ok_or_else(|| unreadable("number of a new row"))
}

/// What is written to besides the log when facts are appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Nothing.
    Nothing,
    /// The queue row says that this attempt may ring from now on.
    Dialed(AttemptId),
    /// The queue row goes: the call is over.
    Over,
}

/// Appends facts under a lease and writes the call's state beside them. Facts that are stored already come back as
/// they were, so that a retried write changes nothing.
pub(crate) async fn append(tx: &Transaction, lease: Lease, call: &Call, facts: &[NewEvent]) -> Stored<Vec<CallEvent>> {
    let standing = standing(tx, lease, facts).await?;
    if standing.knows_facts {
        return append_rest(tx, lease, call, facts).await;
    }
    let over = facts.last().is_some_and(|event| event.fact.is_terminal());
    let beside = if over { Beside::Over } else { Beside::Nothing };
    write(tx, call, standing.last_event, &facts.iter().collect::<Vec<_>>(), beside).await
}

/// The rare way: some of the facts were stored before, all of them if the answer to the first try was lost.
async fn append_rest(tx: &Transaction, lease: Lease, call: &Call, facts: &[NewEvent]) -> Stored<Vec<CallEvent>> {
    let known = known_events(tx, facts).await?;
    if known.len() == facts.len() {
        return Ok(known);
    }
    held(tx, lease).await?;
    let fresh: Vec<&NewEvent> = facts.iter().filter(|f| !known.iter().any(|k| k.id == f.id)).collect();
    let over = fresh.last().is_some_and(|event| event.fact.is_terminal());
    let beside = if over { Beside::Over } else { Beside::Nothing };
    let last = last_event(tx, call.id).await?;
    let mut events = known;
    events.extend(write(tx, call, last, &fresh, beside).await?);
    events.sort_by_key(|event| event.sequence);
    Ok(events)
}

/// How a call stands under a lease.
pub(crate) struct Standing {
    /// Whether the lease still holds it.
    pub(crate) held: bool,
    /// Number of its last event.
    pub(crate) last_event: u32,
    /// Whether an attempt has been dialed.
    pub(crate) dialed: bool,
    /// Whether some of the facts asked about are stored already.
    pub(crate) knows_facts: bool,
}

/// Looks and locks, in one statement. `Fenced` when the lease is lost and none of the facts is known.
pub(crate) async fn standing(tx: &Transaction, lease: Lease, facts: &[NewEvent]) -> Stored<Standing> {
    let mut together = Together::on(tx);
    let asked = ask_standing(&mut together, lease, facts);
    let answers = together.answers(tx).await?;
    read_standing(tx, &answers, asked, facts).await
}

/// The question of [`standing`]. The call's row is locked beside the queue's: only so the number of its last event is
/// that of the last commit and not of the moment when the statement began to wait.
pub(crate) fn ask_standing(together: &mut Together, lease: Lease, facts: &[NewEvent]) -> Question {
    let ids: Vec<Uuid> = facts.iter().map(|fact| fact.id.0).collect();
    let known = Condition::all().add(Expr::col((call_events::Entity, call_events::Column::Id)).is_in(ids));
    let mut select = Query::select();
    select
        .column((queue::Entity, queue::Column::Dialed))
        .column((calls::Entity, calls::Column::LastEvent))
        .column((call_events::Entity, call_events::Column::Id))
        .from(queue::Entity)
        .inner_join(
            calls::Entity,
            Expr::col((calls::Entity, calls::Column::Id)).equals((queue::Entity, queue::Column::Call)),
        )
        .join(JoinType::LeftJoin, call_events::Entity, known)
        .and_where(Expr::col((queue::Entity, queue::Column::Call)).eq(lease.call.0))
        .and_where(Expr::col((queue::Entity, queue::Column::Owner)).eq(lease.node.0))
        .and_where(Expr::col((queue::Entity, queue::Column::Epoch)).eq(i64::try_from(lease.epoch).unwrap_or(i64::MAX)))
        .lock_with_tables(LockType::Update, [Alias::new("queue"), Alias::new("calls")]);
    together.ask(select)
}

/// The answer of [`standing`].
pub(crate) async fn read_standing(
    tx: &Transaction,
    answers: &Answers,
    asked: Question,
    facts: &[NewEvent],
) -> Stored<Standing> {
    let Some(row) = answers.to(asked).next() else {
        // The lease ended with the call, maybe by these very facts.
        let knows_facts = !known_events(tx, facts).await?.is_empty();
        let gone = Standing { held: false, last_event: 0, dialed: false, knows_facts };
        return if knows_facts { Ok(gone) } else { Err(StoreError::Fenced) };
    };
    let last: i64 = row.try_get("", "last_event").map_err(failed)?;
    Ok(Standing {
        held: true,
        last_event: crate::rows::count("calls.last_event", last)?,
        dialed: row.try_get::<Option<Uuid>>("", "dialed").map_err(failed)?.is_some(),
        knows_facts: row.try_get::<Option<Uuid>>("", "id").map_err(failed)?.is_some(),
    })
}

/// Numbers facts of a call from `last` on and stores them, with the call's new state, in one step.
pub(crate) async fn write(
    tx: &Transaction,
    call: &Call,
    last: u32,
    facts: &[&NewEvent],
    beside: Beside,
) -> Stored<Vec<CallEvent>> {
    write_after(Together::on(tx), tx, call, last, facts, beside).await
}

/// The same in one step with statements before it, which return no rows.
pub(crate) async fn write_after(
    mut together: Together,
    tx: &Transaction,
    call: &Call,
    last: u32,
    facts: &[&NewEvent],
    beside: Beside,
) -> Stored<Vec<CallEvent>> {
    let end = facts.iter().position(|event| event.fact.is_terminal());
    if end.is_some_and(|at| at + 1 < facts.len()) {
        return Err(unreadable("fact after the end of a call"));
    }
    let numbered: Vec<_> = (last + 1..)
        .zip(facts)
        .map(|(sequence, event)| Numbered { organization: call.organization, call: call.id, sequence, event })
        .collect();
    if !numbered.is_empty() {
        insert_events(&mut together, &numbered)?;
    }
    let mut state = calls::to_state(call)?;
    state.last_event = sea_orm::Set(i64::from(numbered.last().map_or(last, |n| n.sequence)));
    together.then(calls::Entity::update_many().set(state).filter(calls::Column::Id.eq(call.id.0)).as_query());
    match beside {
        Beside::Nothing => {}
        Beside::Dialed(attempt) => {
            let dialed = queue::Entity::update_many()
                .col_expr(queue::Column::Dialed, Expr::value(attempt.0))
                .filter(queue::Column::Call.eq(call.id.0));
            together.then(dialed.as_query());
        }
        Beside::Over => {
            together.then(queue::Entity::delete_many().filter(queue::Column::Call.eq(call.id.0)).as_query());
        }
    }
    let over = end.and_then(|at| facts.get(at));
    if over.is_some() {
        together.then(&closing::to_close(call.id));
    }
    // What a call that is over leaves to be settled may need more.
    let rows = if over.is_none() { together.run_last(tx).await } else { together.run(tx).await };
    let rows = rows.map_err(failed)?;
    let (of_events, bounds) = rows.split_at_checked(numbered.len()).ok_or_else(|| unreadable("row of a new event"))?;
    if let (Some(over), Some(bounds)) = (over, bounds.first()) {
        closing::close(tx, call, over.at, bounds).await?;
    }
    inserted_events(&numbered, of_events)
}

/// Those of `facts` that are stored already, in order.
pub(crate) async fn known_events(tx: &Transaction, facts: &[NewEvent]) -> Stored<Vec<CallEvent>> {
    if facts.is_empty() {
        return Ok(Vec::new());
    }
    let rows = call_events::Entity::find()
        .filter(call_events::Column::Id.is_in(facts.iter().map(|fact| fact.id.0)))
        .all(tx)
        .await
        .map_err(failed)?;
    let mut events = rows.into_iter().map(call_events::from_row).collect::<Stored<Vec<_>>>()?;
    events.sort_by_key(|event| event.sequence);
    Ok(events)
}

/// The queue row, if `lease` still holds it; `Fenced` otherwise.
pub(crate) async fn held(tx: &Transaction, lease: Lease) -> Stored<queue::Model> {
    let row = queue::Entity::find_by_id(lease.call.0)
        .filter(queue::Column::Owner.eq(lease.node.0))
        .filter(queue::Column::Epoch.eq(i64::try_from(lease.epoch).unwrap_or(i64::MAX)))
        .lock_exclusive();
    only(row, tx).await?.ok_or(StoreError::Fenced)
}

/// Number of a call's last event.
pub(crate) async fn last_event(tx: &Transaction, call: CallId) -> Stored<u32> {
    let last: Option<i64> = calls::Entity::find()
        .select_only()
        .column(calls::Column::LastEvent)
        .filter(calls::Column::Id.eq(call.0))
        .into_tuple()
        .one(tx)
        .await
        .map_err(failed)?;
    let last = last.ok_or_else(|| unreadable("call of a queue row"))?;
    crate::rows::count("calls.last_event", last)
}
