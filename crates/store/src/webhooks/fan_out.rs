//! From the outbox to deliveries.
//!
//! Law: a row of the outbox goes away in the very transaction that stores its deliveries. Nodes do it side by side, and
//! rows that another node holds are passed over; what follows such a row within its call waits for it, since its
//! delivery would otherwise be seen before the earlier one.

use std::collections::{HashMap, HashSet};

use app::ports::store::FannedOut;
use domain::organization_event::OrganizationEvent;
use domain::time::Timestamp;
use domain::webhook::{Delivery, DeliveryState, EndpointKind, WebhookEndpoint};
use domain::{AgentId, CallId, DeliveryId, EventId, OrganizationId, WebhookEndpointId};
use sea_orm::sea_query::{LockBehavior, LockType, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::Stored;
use crate::errors::failed;
use crate::rows::{call_events, calls, count, deliveries, outbox, read, webhook_endpoints};
use crate::transaction::Transaction;

/// Rows that one fan-out takes.
const BATCH: u64 = 256;
/// Deliveries that one statement inserts: 19 columns each, below SQLite's bound of 32,766 variables.
const INSERT: usize = 500;

pub(super) async fn fan_out(tx: &Transaction, now: Timestamp) -> Stored<FannedOut> {
    let locked = outbox::Entity::find()
        .order_by_asc(outbox::Column::Position)
        .limit(BATCH)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(failed)?;
    let more = locked.len() as u64 == BATCH;
    let rows = in_turn(tx, locked).await?;
    if rows.is_empty() {
        return Ok(FannedOut::default());
    }
    let made = deliveries_of(tx, &rows, now).await?;
    let deliveries = insert(tx, made).await?;
    let positions = rows.iter().map(|row| row.position);
    outbox::Entity::delete_many().filter(outbox::Column::Position.is_in(positions)).exec(tx).await.map_err(failed)?;
    Ok(FannedOut { events: rows.len(), deliveries, more })
}

/// Those rows before which no row of the same call is left in another node's hands. Positions of a call rise with its
/// events, for they are drawn under the lock of its row: nothing that comes first lies beyond the last locked row, and
/// however much waits, no more is read than what others hold.
async fn in_turn(tx: &Transaction, locked: Vec<outbox::Model>) -> Stored<Vec<outbox::Model>> {
    let calls: HashSet<Uuid> = locked.iter().filter_map(|row| row.call).collect();
    let Some(last) = locked.last().map(|row| row.position) else { return Ok(locked) };
    if calls.is_empty() {
        return Ok(locked);
    }
    let ours: HashSet<i64> = locked.iter().map(|row| row.position).collect();
    let all: Vec<(i64, Uuid, i64)> = outbox::Entity::find()
        .select_only()
        .columns([outbox::Column::Position, outbox::Column::Call, outbox::Column::Sequence])
        .filter(outbox::Column::Call.is_in(calls))
        .filter(outbox::Column::Position.lte(last))
        .into_tuple()
        .all(tx)
        .await
        .map_err(failed)?;
    let mut held: HashMap<Uuid, i64> = HashMap::new();
    for (position, call, sequence) in all {
        if !ours.contains(&position) {
            let first = held.entry(call).or_insert(sequence);
            *first = sequence.min(*first);
        }
    }
    let before = |row: &outbox::Model| match row.call.and_then(|call| held.get(&call)) {
        Some(first) => row.sequence.is_none_or(|sequence| sequence < *first),
        None => true,
    };
    Ok(locked.into_iter().filter(before).collect())
}

/// What fan-out needs to know of a call.
struct CallFacts {
    agent: AgentId,
    status_url: Option<String>,
}

type Made = Vec<deliveries::ActiveModel>;

async fn deliveries_of(tx: &Transaction, rows: &[outbox::Model], now: Timestamp) -> Stored<Made> {
    let endpoints = endpoints_of(tx, rows).await?;
    let calls = calls_of(tx, rows).await?;
    let events = events_of(tx, rows).await?;
    let mut made = Vec::new();
    for row in rows {
        let call = row.call.and_then(|call| calls.get(&call));
        let event: Option<OrganizationEvent> =
            row.document.clone().map(|value| read("outbox.document", value)).transpose()?;
        // A call event that is gone was purged: nothing is left to tell.
        let Some(id) = event.as_ref().map(|e| e.id).or_else(|| events.get(&row.event).copied()) else { continue };
        let subscribed = endpoints.get(&row.organization).into_iter().flatten();
        let wanting = subscribed.filter(|endpoint| endpoint.wants(&row.name, call.map(|call| call.agent)));
        let mut targets: Vec<(WebhookEndpointId, Option<String>)> = wanting.map(|e| (e.id, None)).collect();
        if row.name == "call.ended"
            && let Some(url) = call.and_then(|call| call.status_url.clone())
        {
            targets.push((WebhookEndpoint::of_status_urls(OrganizationId(row.organization)), Some(url)));
        }
        for (endpoint, status_url) in targets {
            let delivery = Delivery {
                id: DeliveryId(Uuid::now_v7()),
                organization: OrganizationId(row.organization),
                endpoint,
                status_url,
                call: row.call.map(CallId),
                event: id,
                event_name: row.name.clone(),
                sequence: count("outbox.sequence", row.sequence.unwrap_or(0))?,
                state: DeliveryState::Pending,
                dead_reason: None,
                attempts: 0,
                round: 0,
                due_at: now,
                created_at: now,
                finished_at: None,
            };
            made.push(deliveries::to_row(&delivery, event.as_ref())?);
        }
    }
    Ok(made)
}

/// Inserts deliveries; one that is there already (the log was replayed meanwhile) stays as it is. Returns how many
/// were tried.
pub(super) async fn insert(tx: &Transaction, mut made: Made) -> Stored<usize> {
    let all = made.len();
    let once = OnConflict::columns([deliveries::Column::Endpoint, deliveries::Column::Event]).do_nothing().to_owned();
    while !made.is_empty() {
        let piece: Vec<_> = made.drain(..made.len().min(INSERT)).collect();
        deliveries::Entity::insert_many(piece)
            .on_conflict(once.clone())
            .exec_without_returning(tx)
            .await
            .map_err(failed)?;
    }
    Ok(all)
}

async fn endpoints_of(tx: &Transaction, rows: &[outbox::Model]) -> Stored<HashMap<Uuid, Vec<WebhookEndpoint>>> {
    let tenants: HashSet<Uuid> = rows.iter().map(|row| row.organization).collect();
    let found = webhook_endpoints::Entity::find()
        .filter(webhook_endpoints::Column::Organization.is_in(tenants))
        .filter(webhook_endpoints::Column::Kind.eq(EndpointKind::Listed.as_str()))
        .filter(webhook_endpoints::Column::DisabledReason.is_null())
        .order_by_asc(webhook_endpoints::Column::Id)
        .all(tx)
        .await
        .map_err(failed)?;
    let mut map: HashMap<Uuid, Vec<WebhookEndpoint>> = HashMap::new();
    for row in found {
        map.entry(row.organization).or_default().push(webhook_endpoints::without_secrets(row)?);
    }
    Ok(map)
}

async fn calls_of(tx: &Transaction, rows: &[outbox::Model]) -> Stored<HashMap<Uuid, CallFacts>> {
    let wanted: HashSet<Uuid> = rows.iter().filter_map(|row| row.call).collect();
    let found: Vec<(Uuid, Uuid, Option<String>)> = calls::Entity::find()
        .select_only()
        .columns([calls::Column::Id, calls::Column::Agent, calls::Column::StatusUrl])
        .filter(calls::Column::Id.is_in(wanted))
        .into_tuple()
        .all(tx)
        .await
        .map_err(failed)?;
    let facts = found.into_iter().map(|(id, agent, status_url)| (id, CallFacts { agent: AgentId(agent), status_url }));
    Ok(facts.collect())
}

async fn events_of(tx: &Transaction, rows: &[outbox::Model]) -> Stored<HashMap<i64, EventId>> {
    let wanted = rows.iter().filter(|row| row.document.is_none()).map(|row| row.event);
    let found: Vec<(i64, Uuid)> = call_events::Entity::find()
        .select_only()
        .columns([call_events::Column::Position, call_events::Column::Id])
        .filter(call_events::Column::Position.is_in(wanted))
        .into_tuple()
        .all(tx)
        .await
        .map_err(failed)?;
    Ok(found.into_iter().map(|(position, id)| (position, EventId(id))).collect())
}
