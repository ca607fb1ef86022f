//! Appending to the log of events. Every event brings its outbox row along.

use app::ports::store::{Lease, NewEvent, StoreError};
use domain::call::Call;
use domain::call_event::CallEvent;
use domain::{CallId, OrganizationId};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::Stored;
use crate::errors::{failed, taken};
use crate::rows::{call_events, calls, outbox, queue, truncated, unreadable};

/// One event to insert, numbered.
pub(crate) struct Numbered<'a> {
    pub(crate) organization: OrganizationId,
    pub(crate) call: CallId,
    pub(crate) sequence: u32,
    pub(crate) event: &'a NewEvent,
}

/// Inserts events and their outbox rows; they come back in the order given, with their positions.
pub(crate) async fn insert_events(tx: &DatabaseTransaction, events: &[Numbered<'_>]) -> Stored<Vec<CallEvent>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let rows = events.iter().map(|n| call_events::to_row(n.organization, n.call, n.sequence, n.event));
    let mut insert = call_events::Entity::insert_many(rows.collect::<Stored<Vec<_>>>()?).into_query();
    insert.returning(Query::returning().columns([call_events::Column::Position, call_events::Column::Id]));
    let positions = numbered_ids(tx, &insert, "position").await?;
    let stored: Vec<CallEvent> = events
        .iter()
        .map(|n| {
            Ok(CallEvent {
                id: n.event.id,
                call: n.call,
                organization: n.organization,
                sequence: n.sequence,
                position: position_of(&positions, n.event.id.0)?,
                at: truncated(n.event.at),
                fact: n.event.fact.clone(),
            })
        })
        .collect::<Stored<_>>()?;
    outbox::Entity::insert_many(stored.iter().map(outbox::to_row)).exec_without_returning(tx).await.map_err(failed)?;
    Ok(stored)
}

/// Runs an insert that returns a counter and an id per row. The order of returned rows is not promised, hence ids.
pub(crate) async fn numbered_ids(
    tx: &DatabaseTransaction,
    insert: &sea_orm::sea_query::InsertStatement,
    counter: &str,
) -> Stored<Vec<(Uuid, i64)>> {
    let rows = tx.query_all(insert).await.map_err(taken("call"))?;
    let pairs = rows.iter().map(|row| Ok((row.try_get::<Uuid>("", "id")?, row.try_get::<i64>("", counter)?)));
    pairs.collect::<Result<_, sea_orm::DbErr>>().map_err(failed)
}

/// The counter that `id` was given.
pub(crate) fn position_of(pairs: &[(Uuid, i64)], id: Uuid) -> Stored<i64> {
    pairs.iter().find(|(other, _)| *other == id).map(|(_, n)| *n).ok_or_else(|| unreadable("number of a new row"))
}

/// Appends facts under a lease and writes the call's state beside them. Facts that are stored already come back as
/// they were, so that a retried write changes nothing.
pub(crate) async fn append(
    tx: &DatabaseTransaction,
    lease: Lease,
    call: &Call,
    facts: &[NewEvent],
) -> Stored<Vec<CallEvent>> {
    let known = known_events(tx, facts).await?;
    if known.len() == facts.len() && !facts.is_empty() {
        return Ok(known);
    }
    held(tx, lease).await?;
    let fresh: Vec<&NewEvent> = facts.iter().filter(|f| !known.iter().any(|k| k.id == f.id)).collect();
    let mut events = known;
    events.extend(write(tx, call, &fresh).await?);
    if fresh.last().is_some_and(|event| event.fact.is_terminal()) {
        queue::Entity::delete_by_id(lease.call.0).exec(tx).await.map_err(failed)?;
    }
    events.sort_by_key(|event| event.sequence);
    Ok(events)
}

/// Numbers and stores facts of a call, with the call's new state.
pub(crate) async fn write(tx: &DatabaseTransaction, call: &Call, facts: &[&NewEvent]) -> Stored<Vec<CallEvent>> {
    let end = facts.iter().position(|event| event.fact.is_terminal());
    if end.is_some_and(|at| at + 1 < facts.len()) {
        return Err(unreadable("fact after the end of a call"));
    }
    let last = last_event(tx, call.id).await?;
    let numbered: Vec<_> = (last + 1..)
        .zip(facts)
        .map(|(sequence, event)| Numbered { organization: call.organization, call: call.id, sequence, event })
        .collect();
    let events = insert_events(tx, &numbered).await?;
    let mut state = calls::to_state(call)?;
    state.last_event = sea_orm::Set(i64::from(events.last().map_or(last, |event| event.sequence)));
    calls::Entity::update_many().set(state).filter(calls::Column::Id.eq(call.id.0)).exec(tx).await.map_err(failed)?;
    Ok(events)
}

/// Those of `facts` that are stored already, in order.
pub(crate) async fn known_events(tx: &DatabaseTransaction, facts: &[NewEvent]) -> Stored<Vec<CallEvent>> {
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
pub(crate) async fn held(tx: &DatabaseTransaction, lease: Lease) -> Stored<queue::Model> {
    let row = queue::Entity::find_by_id(lease.call.0)
        .filter(queue::Column::Owner.eq(lease.node.0))
        .filter(queue::Column::Epoch.eq(i64::try_from(lease.epoch).unwrap_or(i64::MAX)))
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(failed)?;
    row.ok_or(StoreError::Fenced)
}

async fn last_event(tx: &DatabaseTransaction, call: CallId) -> Stored<u32> {
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
