//! How a try went, written under the lease that it ran under, with what it means for the endpoint.

use app::ports::store::{Settlement, StoreError};
use domain::WebhookEndpointId;
use domain::organization_event::{OrganizationEvent, OrganizationFact};
use domain::time::Timestamp;
use domain::webhook::{DeadReason, DeliveryState, Disabled, DisabledReason, EndpointKind};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::Stored;
use crate::errors::failed;
use crate::rows::deliveries::{self, Column};
use crate::rows::{delivery_attempts, micros, outbox, webhook_endpoints};
use crate::transaction::Transaction;

pub(super) async fn settle(tx: &Transaction, settlement: &Settlement) -> Stored<()> {
    let attempt = &settlement.attempt;
    let held = deliveries::Entity::find_by_id(settlement.delivery.0)
        .filter(Column::Owner.eq(settlement.node.0))
        .filter(Column::Attempts.eq(i64::from(attempt.number)))
        .filter(Column::State.eq(DeliveryState::Pending.as_str()))
        .lock_exclusive()
        .one(tx)
        .await
        .map_err(failed)?;
    let held = held.ok_or(StoreError::Fenced)?;
    let ended = attempt.at.saturating_add(std::time::Duration::from_millis(attempt.duration_ms));
    let ended = ended.unwrap_or(attempt.at);
    let finished = settlement.state != DeliveryState::Pending;
    deliveries::Entity::update_many()
        .col_expr(Column::State, Expr::value(settlement.state.as_str()))
        .col_expr(Column::DeadReason, Expr::value(settlement.dead_reason.map(DeadReason::as_str)))
        .col_expr(Column::DueAt, Expr::value(attempt.next_at.map_or(held.due_at, micros)))
        .col_expr(Column::Owner, Expr::value(None::<Uuid>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(Column::FinishedAt, Expr::value(finished.then(|| micros(ended))))
        .filter(Column::Id.eq(settlement.delivery.0))
        .exec(tx)
        .await
        .map_err(failed)?;
    delivery_attempts::Entity::insert(delivery_attempts::to_row(settlement.delivery, attempt))
        .exec_without_returning(tx)
        .await
        .map_err(failed)?;
    judge(tx, settlement, WebhookEndpointId(held.endpoint)).await
}

/// What the try means for the endpoint. A success of one that is well changes nothing and takes no lock.
async fn judge(tx: &Transaction, settlement: &Settlement, id: WebhookEndpointId) -> Stored<()> {
    let Some(judge) = &settlement.judge else { return Ok(()) };
    let found = webhook_endpoints::Entity::find_by_id(id.0)
        .filter(webhook_endpoints::Column::Kind.eq(EndpointKind::Listed.as_str()));
    if settlement.state == DeliveryState::Delivered {
        let seen = found.clone().one(tx).await.map_err(failed)?;
        if seen.is_none_or(|row| row.failures == 0) {
            return Ok(());
        }
    }
    let Some(row) = found.lock_exclusive().one(tx).await.map_err(failed)? else { return Ok(()) };
    let (health, disabled) = judge(webhook_endpoints::health(&row)?);
    if row.disabled_reason.is_some() {
        return Ok(());
    }
    webhook_endpoints::Entity::update_many()
        .set(webhook_endpoints::to_state(health, disabled))
        .filter(webhook_endpoints::Column::Id.eq(id.0))
        .exec(tx)
        .await
        .map_err(failed)?;
    let Some(disabled) = disabled else { return Ok(()) };
    give_up_pending(tx, id, disabled.at).await?;
    let notice = outbox::to_organization_row(&notice(settlement, &row, disabled, health.failures))?;
    outbox::Entity::insert(notice).exec_without_returning(tx).await.map_err(failed)?;
    Ok(())
}

fn notice(
    settlement: &Settlement,
    row: &webhook_endpoints::Model,
    disabled: Disabled,
    failures: u32,
) -> OrganizationEvent {
    let reason = match disabled.reason {
        DisabledReason::Gone => "it answered 410".to_owned(),
        DisabledReason::Failing => format!("{failures} tries in a row failed"),
        DisabledReason::ByRequest => "it was switched off".to_owned(),
    };
    OrganizationEvent {
        id: settlement.notice,
        organization: domain::OrganizationId(row.organization),
        at: disabled.at,
        fact: OrganizationFact::WebhookDisabled {
            endpoint: WebhookEndpointId(row.id),
            // A query may hold a token of the receiver's.
            url: row.url.split(['?', '#']).next().unwrap_or_default().to_owned(),
            reason,
        },
    }
}

/// Gives up what waits for an endpoint that is switched off; a replay brings it back.
pub(super) async fn give_up_pending(tx: &Transaction, id: WebhookEndpointId, at: Timestamp) -> Stored<()> {
    deliveries::Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Dead.as_str()))
        .col_expr(Column::DeadReason, Expr::value(DeadReason::EndpointDisabled.as_str()))
        .col_expr(Column::Owner, Expr::value(None::<Uuid>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(Column::FinishedAt, Expr::value(micros(at)))
        .filter(Column::Endpoint.eq(id.0))
        .filter(Column::State.eq(DeliveryState::Pending.as_str()))
        .exec(tx)
        .await
        .map_err(failed)?;
    Ok(())
}
