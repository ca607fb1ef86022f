//! What deliveries tell of, and listings of them.

use app::ports::store::{DeliveryFilter, News, Page};
use domain::OrganizationId;
use domain::webhook::Delivery;
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::Stored;
use crate::cursor::Cursor;
use crate::errors::failed;
use crate::rows::deliveries::{self, Column};
use crate::rows::{call_events, calls, read};

/// Reads what a delivery tells of. The call comes as it stood after the event, made from its log: every try says the
/// same, however far the call has moved on.
pub(super) async fn of(reads: &DatabaseConnection, delivery: &Delivery) -> Stored<Option<News>> {
    let Some(call) = delivery.call else {
        let row = deliveries::Entity::find_by_id(delivery.id.0).one(reads).await.map_err(failed)?;
        let document = row.and_then(|row| row.document);
        let event = document.map(|value| read("deliveries.document", value)).transpose()?;
        return Ok(event.map(News::Organization));
    };
    let row = calls::Entity::find().filter(calls::Column::Id.eq(call.0)).one(reads).await.map_err(failed)?;
    let events = call_events::Entity::find()
        .filter(call_events::Column::Call.eq(call.0))
        .filter(call_events::Column::Sequence.lte(i64::from(delivery.sequence)))
        .order_by_asc(call_events::Column::Sequence)
        .all(reads)
        .await
        .map_err(failed)?;
    let mut events = events.into_iter().map(call_events::from_row).collect::<Stored<Vec<_>>>()?;
    let Some(row) = row else { return Ok(None) };
    let call = calls::from_row(row)?.replayed(events.iter().map(|event| (event.at, &event.fact)));
    let told = events.pop().filter(|event| event.id == delivery.event);
    Ok(told.map(|event| News::Call(Box::new(call), Box::new(event))))
}

/// One page of deliveries, newest first.
pub(super) async fn listing(
    reads: &DatabaseConnection,
    organization: OrganizationId,
    filter: &DeliveryFilter,
) -> Stored<Page<Delivery>> {
    let mut wanted = Condition::all()
        .add(Column::Organization.eq(organization.0))
        .add_option(filter.endpoint.map(|id| Column::Endpoint.eq(id.0)))
        .add_option(filter.call.map(|id| Column::Call.eq(id.0)))
        .add_option(filter.state.map(|state| Column::State.eq(state.as_str())));
    if let Some(cursor) = &filter.cursor {
        let at = Cursor::decode(cursor)?;
        let same = Condition::all().add(Column::CreatedAt.eq(at.created_at)).add(Column::Id.lt(at.id));
        wanted = wanted.add(Condition::any().add(Column::CreatedAt.lt(at.created_at)).add(same));
    }
    let limit = u64::from(filter.limit.max(1));
    let mut rows = deliveries::Entity::find()
        .filter(wanted)
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(limit + 1)
        .all(reads)
        .await
        .map_err(failed)?;
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| more).map(|row| Cursor { created_at: row.created_at, id: row.id }.encode());
    Ok(Page { items: rows.into_iter().map(deliveries::from_row).collect::<Stored<_>>()?, next })
}
