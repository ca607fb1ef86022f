//! Leases on due deliveries.

use std::collections::{BTreeMap, HashMap};

use app::ports::store::{ClaimedDelivery, DeliveryClaim};
use domain::webhook::{DeliveryState, WebhookEndpoint};
use sea_orm::sea_query::{Alias, Expr, LockBehavior, LockType, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::Stored;
use crate::errors::failed;
use crate::rows::deliveries::{self, Column};
use crate::rows::{micros, webhook_endpoints};
use crate::sealed::Secrets;
use crate::transaction::Transaction;

/// Due, in nobody's hands, in a lane with room, and the first of its call at its endpoint.
pub(super) fn due(claim: &DeliveryClaim) -> Condition {
    let full = claim.rooms.iter().filter(|(_, room)| **room == 0).map(|(lane, _)| lane.as_str());
    let full: Vec<&str> = full.collect();
    let now = micros(claim.now);
    let mut due = Condition::all()
        .add(Column::State.eq(DeliveryState::Pending.as_str()))
        .add(Column::DueAt.lte(now))
        .add(Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lte(now)));
    if !full.is_empty() {
        due = due.add(Column::Lane.is_not_in(full));
    }
    due.add(Expr::exists(earlier()).not())
}

/// A pending delivery of the same call to the same endpoint with a lower number.
fn earlier() -> sea_orm::sea_query::SelectStatement {
    let other = Alias::new("earlier");
    let theirs = |column: Column| Expr::col((other.clone(), column));
    let ours = |column: Column| Expr::col((deliveries::Entity, column));
    Query::select()
        .expr(Expr::val(1))
        .from_as(deliveries::Entity, other.clone())
        .and_where(theirs(Column::Call).eq(ours(Column::Call)))
        .and_where(theirs(Column::Endpoint).eq(ours(Column::Endpoint)))
        .and_where(theirs(Column::State).eq(DeliveryState::Pending.as_str()))
        .and_where(theirs(Column::Sequence).lt(ours(Column::Sequence)))
        .to_owned()
}

pub(super) async fn claim(tx: &Transaction, secrets: &Secrets, claim: &DeliveryClaim) -> Stored<Vec<ClaimedDelivery>> {
    let mut due = deliveries::Entity::find()
        .filter(due(claim))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Sequence)
        .limit(u64::try_from(claim.limit).unwrap_or(u64::MAX))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(failed)?;
    let mut rooms: BTreeMap<&str, usize> = claim.rooms.iter().map(|(lane, room)| (lane.as_str(), *room)).collect();
    let lanes: Vec<String> = due.iter().map(|row| row.lane.clone()).collect();
    let mut lanes = lanes.iter();
    due.retain(|_| {
        let Some(lane) = lanes.next() else { return false };
        let room = rooms.entry(lane).or_insert(claim.each);
        let fits = *room > 0;
        *room -= usize::from(fits);
        fits
    });
    deliveries::Entity::update_many()
        .col_expr(Column::Owner, Expr::value(claim.node.0))
        .col_expr(Column::LeaseUntil, Expr::value(micros(claim.until)))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(Column::Round, Expr::col(Column::Round).add(1))
        .filter(Column::Id.is_in(due.iter().map(|row| row.id)))
        .exec(tx)
        .await
        .map_err(failed)?;
    let endpoints = endpoints_of(tx, secrets, &due).await?;
    due.into_iter()
        .map(|mut row| {
            (row.attempts, row.round) = (row.attempts + 1, row.round + 1);
            let (lane, endpoint) = (row.lane.clone(), endpoints.get(&row.endpoint).cloned());
            Ok(ClaimedDelivery { delivery: deliveries::from_row(row)?, lane, endpoint })
        })
        .collect()
}

async fn endpoints_of(
    tx: &Transaction,
    secrets: &Secrets,
    rows: &[deliveries::Model],
) -> Stored<HashMap<Uuid, WebhookEndpoint>> {
    let found = webhook_endpoints::Entity::find()
        .filter(webhook_endpoints::Column::Id.is_in(rows.iter().map(|row| row.endpoint)))
        .all(tx)
        .await
        .map_err(failed)?;
    let read = found.into_iter().filter_map(|row| {
        let id = row.id;
        match webhook_endpoints::from_row(row, secrets) {
            Ok(endpoint) => Some((id, endpoint)),
            // It must not keep others from theirs: its deliveries are given up, and a replay brings them back.
            Err(error) => {
                tracing::error!(endpoint.id = %id, %error, "an endpoint is unreadable");
                None
            }
        }
    });
    Ok(read.collect())
}
