//! Calls and their events, behind [`CallStore`].

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use app::ports::store::{
    CallFilter, CallStore, CreateRefused, Lease, NewCall, NewEvent, Page, Placed, StoreError, WayOut,
};
use async_trait::async_trait;
use domain::call::{Call, CallKey};
use domain::call_event::CallEvent;
use domain::outcome::CallStatus;
use domain::{CallId, OrganizationId};
use sea_orm::sea_query::{Expr, Order, Query, UnionType};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    QueryTrait, Select,
};

use crate::claims::Rates;
use crate::creates::to_fail_if_in_progress;
use crate::cursor::Cursor;
use crate::engine::positions;
use crate::errors::{failed, taken};
use crate::events::{
    self, Beside, Numbered, insert_events, inserted_events, known_events, last_event, numbered_ids, position_of,
};
use crate::policy;
use crate::rows::{call_events, calls, micros, queue, truncated, unreadable};
use crate::together::Together;
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

/// Inserts new calls with first event, queue row and outbox row: four statements in one step, however many calls.
/// Fails as a whole if a number is listed that nobody has asked about, or if a
/// call is not the only one that was to be. They go with the statements of `together`, which return no rows. `last`: nothing else is done for them.
pub(crate) async fn insert_calls(
    mut together: Together,
    tx: &Transaction,
    new: &[NewCall],
    last: bool,
) -> Stored<Vec<Placed>> {
    insert_statements(&mut together, new)?;
    let rows = if last { together.run_last(tx).await } else { together.run(tx).await };
    inserted(new, &rows.map_err(taken("call"))?)
}

fn insert_statements(together: &mut Together, new: &[NewCall]) -> Stored<()> {
    let unread: Vec<_> =
        new.iter().filter(|new| new.lists_unread).map(|new| (new.call.organization, &new.call.to)).collect();
    if !unread.is_empty() {
        together.then(&policy::to_fail_if_listed(&unread));
    }
    let rows = new.iter().map(|new| calls::to_new_row(&as_stored(new)));
    let mut insert = calls::Entity::insert_many(rows.collect::<Stored<Vec<_>>>()?).into_query();
    insert.returning(Query::returning().columns([calls::Column::Sequence, calls::Column::Id]));
    together.then(&insert).then(&queue::to_insert(new));
    insert_events(together, &firsts(new))?;
    let only: Vec<_> = new.iter().filter(|new| new.one_at_a_time).collect();
    if !only.is_empty() {
        together.then(&to_fail_if_in_progress(&only));
    }
    Ok(())
}

fn inserted(new: &[NewCall], rows: &[QueryResult]) -> Stored<Vec<Placed>> {
    let (of_calls, of_events) = rows.split_at_checked(new.len()).ok_or_else(|| unreadable("row of a new call"))?;
    let sequences = numbered_ids(of_calls, "sequence")?;
    let events = inserted_events(&firsts(new), of_events)?;
    let placed = new.iter().zip(events).map(|(new, event)| {
        let call = Call { sequence: position_of(&sequences, new.call.id.0)?, ..as_stored(new) };
        Ok(Placed { call, event, answer: None })
    });
    placed.collect()
}

fn as_stored(new: &NewCall) -> Call {
    Call { created_at: truncated(new.call.created_at), last_event: 1, ..new.call.clone() }
}

fn firsts(new: &[NewCall]) -> Vec<Numbered<'_>> {
    let numbered = new.iter().map(|new| Numbered {
        organization: new.call.organization,
        call: new.call.id,
        sequence: 1,
        event: &new.first,
    });
    numbered.collect()
}

#[async_trait]
impl CallStore for SqlStore {
    async fn insert_call(&self, mut new: NewCall) -> Result<Placed, CreateRefused> {
        if let Some(way) = new.pace_now
            && !self.is_paced(&new.call, way).await?
        {
            new.pace_now = None;
        }
        let due = new.due_at <= new.call.created_at;
        let placed = self.writer.create(new).await?;
        self.due_here.fetch_or(due, Ordering::AcqRel);
        Ok(placed)
    }

    async fn call(&self, organization: OrganizationId, key: &CallKey) -> Stored<Option<Call>> {
        let select = calls::Entity::find().filter(calls::Column::Organization.eq(organization.0));
        let select = match key {
            CallKey::Id(id) => select.filter(calls::Column::Id.eq(id.0)),
            CallKey::Sequence(sequence) => select.filter(calls::Column::Sequence.eq(*sequence)),
            CallKey::SipCallId(id) => select.filter(calls::Column::SipCallId.eq(id.as_str())),
        };
        let row = select.order_by_desc(calls::Column::Sequence).limit(1).one(&self.reads).await.map_err(failed)?;
        row.map(calls::from_row).transpose()
    }

    async fn calls(&self, organization: OrganizationId, filter: &CallFilter) -> Stored<Page<Call>> {
        let limit = u64::from(filter.limit.max(1));
        let rows = newest(&self.reads, organization, filter, limit + 1).await?;
        let more = rows.len() as u64 > limit;
        let rows: Vec<_> = rows.into_iter().take(filter.limit.max(1) as usize).collect();
        let next = rows.last().filter(|_| more).map(|row| Cursor { created_at: row.created_at, id: row.id }.encode());
        Ok(Page { items: rows.into_iter().map(calls::from_row).collect::<Stored<_>>()?, next })
    }

    async fn append(&self, lease: Lease, call: &Call, facts: Vec<NewEvent>) -> Stored<Vec<CallEvent>> {
        let call = call.clone();
        self.writer.run(move |tx| Box::pin(async move { events::append(tx, lease, &call, &facts).await })).await
    }

    async fn events(
        &self,
        organization: OrganizationId,
        call: CallId,
        after: u32,
        limit: u32,
    ) -> Stored<Vec<CallEvent>> {
        let rows = call_events::Entity::find()
            .filter(call_events::Column::Call.eq(call.0))
            .filter(call_events::Column::Organization.eq(organization.0))
            .filter(call_events::Column::Sequence.gt(i64::from(after)))
            .order_by_asc(call_events::Column::Sequence)
            .limit(u64::from(limit))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(call_events::from_row).collect()
    }

    async fn events_after(&self, organization: OrganizationId, position: i64, limit: u32) -> Stored<Vec<CallEvent>> {
        let complete_to = positions::complete_to(&self.reads).await?;
        let rows = call_events::Entity::find()
            .filter(Condition::all().add_option(complete_to.map(|last| call_events::Column::Position.lte(last))))
            .filter(call_events::Column::Organization.eq(organization.0))
            .filter(call_events::Column::Position.gt(position))
            .order_by_asc(call_events::Column::Position)
            .limit(u64::from(limit))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(call_events::from_row).collect()
    }

    async fn end_queued(&self, call: &Call, fact: NewEvent) -> Stored<CallEvent> {
        let call = call.clone();
        self.writer.run(move |tx| Box::pin(async move { end_queued(tx, &call, fact).await })).await
    }
}

impl SqlStore {
    /// Whether a call has any pace to keep to.
    async fn is_paced(&self, call: &Call, way: WayOut) -> Stored<bool> {
        let read = async {
            let mut together = Together::on(&self.reads);
            let rates = Rates::ask(&mut together, call, way);
            Ok(Some(!rates.read(&together.answers(&self.reads).await?)?.is_empty()))
        };
        let paced = self.recent.paced.or_read((call.agent, way), self.recent.changes(), read).await?;
        Ok(paced.unwrap_or(true))
    }
}

async fn end_queued(tx: &Transaction, call: &Call, fact: NewEvent) -> Stored<CallEvent> {
    if let Some(known) = known_events(tx, std::slice::from_ref(&fact)).await?.pop() {
        return Ok(known);
    }
    let removed = queue::Entity::delete_many()
        .filter(queue::Column::Call.eq(call.id.0))
        .filter(queue::Column::Owner.is_null())
        .exec(tx)
        .await
        .map_err(failed)?;
    if removed.rows_affected == 0 {
        return Err(StoreError::Fenced);
    }
    let last = last_event(tx, call.id).await?;
    events::write(tx, call, last, &[&fact], Beside::Nothing).await?.pop().ok_or(StoreError::Fenced)
}

/// Several states are asked for one by one in one statement: each is a walk along its index that ends with the page, while
/// all of them at once would be found and sorted, or looked for among all calls.
async fn newest(
    reads: &DatabaseConnection,
    organization: OrganizationId,
    filter: &CallFilter,
    most: u64,
) -> Stored<Vec<calls::Model>> {
    let statuses: BTreeSet<&str> = filter.status.iter().map(|status| status.as_str()).collect();
    if statuses.len() < 2 {
        return part(organization, filter, most)?.all(reads).await.map_err(failed);
    }
    let mut parts = Vec::with_capacity(statuses.len());
    for status in CallStatus::ALL.iter().filter(|status| statuses.contains(status.as_str())) {
        let one = CallFilter { status: vec![*status], ..filter.clone() };
        let walk = part(organization, &one, most)?.into_query();
        parts.push(Query::select().expr(Expr::cust("*")).from_subquery(walk, "part").to_owned());
    }
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    for more in parts {
        all.union(UnionType::All, more);
    }
    all.order_by("created_at", Order::Desc).order_by("id", Order::Desc).limit(most);
    let statement = reads.get_database_backend().build(&all);
    calls::Entity::find().from_raw_sql(statement).all(reads).await.map_err(failed)
}

fn part(organization: OrganizationId, filter: &CallFilter, most: u64) -> Stored<Select<calls::Entity>> {
    Ok(calls::Entity::find()
        .filter(calls::Column::Organization.eq(organization.0))
        .filter(matching(filter)?)
        .order_by_desc(calls::Column::CreatedAt)
        .order_by_desc(calls::Column::Id)
        .limit(most))
}

pub(crate) fn matching(filter: &CallFilter) -> Stored<Condition> {
    let mut wanted = Condition::all();
    if !filter.status.is_empty() {
        wanted = wanted.add(calls::Column::Status.is_in(filter.status.iter().map(|s| s.as_str())));
        // Said though it follows: each engine looks into an index of a part only where it is told of the part.
        if filter.status.iter().all(|status| !status.is_terminal()) {
            wanted = wanted.add(calls::Column::EndedAt.is_null());
        } else if filter.status.len() == 1 {
            wanted = wanted.add(calls::Column::EndedAt.is_not_null());
        }
    }
    wanted = wanted
        .add_option(filter.agent.map(|id| calls::Column::Agent.eq(id.0)))
        .add_option(filter.to.as_ref().map(|number| calls::Column::ToNumber.eq(number.as_str())))
        .add_option(filter.created_from.map(|at| calls::Column::CreatedAt.gte(micros(at))))
        .add_option(filter.created_to.map(|at| calls::Column::CreatedAt.lt(micros(at))));
    if let Some(cursor) = &filter.cursor {
        let at = Cursor::decode(cursor)?;
        let older = Condition::any()
            .add(calls::Column::CreatedAt.lt(at.created_at))
            .add(Condition::all().add(calls::Column::CreatedAt.eq(at.created_at)).add(calls::Column::Id.lt(at.id)));
        wanted = wanted.add(older);
    }
    Ok(wanted)
}
