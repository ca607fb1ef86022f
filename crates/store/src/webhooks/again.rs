//! Sending again: one delivery, or everything since a time; and removing what was finished long ago.

use app::ports::store::Replay;
use domain::time::Timestamp;
use domain::webhook::{Delivery, DeliveryState, EndpointKind, WebhookEndpoint};
use domain::{AgentId, DeliveryId, OrganizationId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

use super::fan_out::insert;
use crate::Stored;
use crate::errors::failed;
use crate::rows::deliveries::{self, Column};
use crate::rows::{call_events, calls, delivery_attempts, micros};
use crate::transaction::Transaction;

/// Events of the log that one page of a replay looks at.
const PAGE: u64 = 500;

fn anew(now: Timestamp) -> sea_orm::UpdateMany<deliveries::Entity> {
    deliveries::Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Pending.as_str()))
        .col_expr(Column::DeadReason, Expr::value(None::<String>))
        .col_expr(Column::Round, Expr::value(0_i64))
        .col_expr(Column::DueAt, Expr::value(micros(now)))
        .col_expr(Column::Owner, Expr::value(None::<Uuid>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(Column::FinishedAt, Expr::value(None::<i64>))
}

/// One delivery that is finished, or waits for its next try, is due at once. One that is being tried is left alone.
pub(super) async fn resend(
    tx: &Transaction,
    organization: OrganizationId,
    id: DeliveryId,
    now: Timestamp,
) -> Stored<Option<Delivery>> {
    let mine = || deliveries::Entity::find_by_id(id.0).filter(Column::Organization.eq(organization.0));
    let Some(row) = mine().lock_exclusive().one(tx).await.map_err(failed)? else { return Ok(None) };
    if row.owner.is_none() {
        anew(now).filter(Column::Id.eq(id.0)).exec(tx).await.map_err(failed)?;
    }
    mine().one(tx).await.map_err(failed)?.map(deliveries::from_row).transpose()
}

/// Deliveries that there are already, made pending again.
pub(super) async fn old_deliveries(tx: &Transaction, replay: Replay) -> Stored<u64> {
    // What was skipped may have been asked for since.
    let mut states = vec![DeliveryState::Dead.as_str(), DeliveryState::Skipped.as_str()];
    if replay.delivered_too {
        states.push(DeliveryState::Delivered.as_str());
    }
    let done = anew(replay.now)
        .filter(Column::Endpoint.eq(replay.endpoint.0))
        .filter(Column::CreatedAt.gte(micros(replay.since)))
        .filter(Column::State.is_in(states))
        .exec(tx)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected)
}

/// What one page of a replay did.
pub(super) struct Page {
    /// Deliveries made.
    pub(super) made: u64,
    /// Where to go on; `None` at the end of the log.
    pub(super) last: Option<i64>,
}

/// Deliveries of events that were never meant for the endpoint: it was switched off, or made later.
pub(super) async fn missed_events(
    tx: &Transaction,
    endpoint: &WebhookEndpoint,
    replay: Replay,
    after: i64,
) -> Stored<Page> {
    if endpoint.kind != EndpointKind::Listed {
        return Ok(Page { made: 0, last: None });
    }
    let events = call_events::Entity::find()
        .filter(call_events::Column::Organization.eq(endpoint.organization.0))
        .filter(call_events::Column::Position.gt(after))
        .filter(call_events::Column::At.gte(micros(replay.since)))
        .order_by_asc(call_events::Column::Position)
        .limit(PAGE)
        .all(tx)
        .await
        .map_err(failed)?;
    let last = events.last().map(|row| row.position).filter(|_| events.len() as u64 == PAGE);
    let events = events.into_iter().map(call_events::from_row).collect::<Stored<Vec<_>>>()?;
    let agents: Vec<(Uuid, Uuid)> = calls::Entity::find()
        .select_only()
        .columns([calls::Column::Id, calls::Column::Agent])
        .filter(calls::Column::Id.is_in(events.iter().map(|event| event.call.0)))
        .into_tuple()
        .all(tx)
        .await
        .map_err(failed)?;
    let agents: HashMap<Uuid, Uuid> = agents.into_iter().collect();
    let known: Vec<Uuid> = deliveries::Entity::find()
        .select_only()
        .column(Column::Event)
        .filter(
            Condition::all()
                .add(Column::Endpoint.eq(endpoint.id.0))
                .add(Column::Event.is_in(events.iter().map(|event| event.id.0))),
        )
        .into_tuple()
        .all(tx)
        .await
        .map_err(failed)?;
    let wanted = WebhookEndpoint { disabled: None, ..endpoint.clone() };
    let made = events.iter().filter(|event| {
        let agent = agents.get(&event.call.0).copied().map(AgentId);
        wanted.wants(event.fact.name(), agent) && !known.contains(&event.id.0)
    });
    let made = made.map(|event| {
        let delivery = Delivery {
            id: DeliveryId(Uuid::now_v7()),
            organization: event.organization,
            endpoint: endpoint.id,
            status_url: None,
            call: Some(event.call),
            event: event.id,
            event_name: event.fact.name().to_owned(),
            sequence: event.sequence,
            state: DeliveryState::Pending,
            dead_reason: None,
            attempts: 0,
            round: 0,
            due_at: replay.now,
            created_at: replay.now,
            finished_at: None,
        };
        deliveries::to_row(&delivery, None)
    });
    let made = insert(tx, made.collect::<Stored<Vec<_>>>()?).await?;
    Ok(Page { made: made as u64, last })
}

/// Removes deliveries with their tries.
pub(super) async fn purge(tx: &Transaction, ids: Vec<Uuid>) -> Stored<u64> {
    delivery_attempts::Entity::delete_many()
        .filter(delivery_attempts::Column::Delivery.is_in(ids.iter().copied()))
        .exec(tx)
        .await
        .map_err(failed)?;
    let removed = deliveries::Entity::delete_many().filter(Column::Id.is_in(ids)).exec(tx).await.map_err(failed)?;
    Ok(removed.rows_affected)
}
