//! Forgetting what was said in a call, behind [`ContentStore`]. What goes by age (`retention.rs`) goes the same way.

use app::ports::store::ContentStore;
use async_trait::async_trait;
use domain::call_event::CallFact;
use domain::outcome::Outcome;
use domain::sip_trace::SipMessages;
use domain::time::Timestamp;
use domain::{CallId, OrganizationId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::json;
use uuid::Uuid;

use crate::errors::failed;
use crate::rows::{
    call_events, callee, calls, deliveries, delivery_attempts, document, micros, read, read_if, sip_traces,
};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

#[async_trait]
impl ContentStore for SqlStore {
    async fn forget_recording(&self, organization: OrganizationId, call: CallId, at: Timestamp) -> Stored<bool> {
        self.change(move |tx| {
            Box::pin(async move {
                let forgotten = without_recording(at)
                    .filter(over(organization, call))
                    .filter(calls::Column::Recording.is_not_null())
                    .exec(tx)
                    .await
                    .map_err(failed)?;
                Ok(forgotten.rows_affected > 0)
            })
        })
        .await
    }

    async fn forget_content(
        &self,
        organization: OrganizationId,
        call: CallId,
        at: Timestamp,
        mask_number: bool,
    ) -> Stored<bool> {
        self.change(move |tx| {
            Box::pin(async move {
                let row = calls::Entity::find().filter(over(organization, call)).lock_exclusive();
                let Some(row) = row.one(tx).await.map_err(failed)? else { return Ok(false) };
                empty(tx, row, at, mask_number).await.map(|()| true)
            })
        })
        .await
    }

    async fn keep_sip_messages(&self, organization: OrganizationId, call: CallId, messages: SipMessages) -> Stored<()> {
        let insert = sip_traces::to_keep(sip_traces::Model {
            call: call.0,
            organization: organization.0,
            messages: document(&messages)?,
        });
        // Locked, so that a purge is either seen here or sees what is kept here.
        let purged = calls::Entity::find()
            .select_only()
            .column(calls::Column::ContentPurgedAt)
            .filter(calls::Column::Id.eq(call.0))
            .lock_shared();
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    // A purge that was faster must not be outlived.
                    let purged: Option<Option<i64>> = purged.into_tuple().one(tx).await.map_err(failed)?;
                    if purged == Some(None) {
                        tx.execute(&insert).await.map_err(failed)?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn sip_messages(&self, organization: OrganizationId, call: CallId) -> Stored<Option<SipMessages>> {
        let row = sip_traces::Entity::find_by_id(call.0)
            .filter(sip_traces::Column::Organization.eq(organization.0))
            .one(&self.reads)
            .await
            .map_err(failed)?;
        read_if("sip_traces.messages", row.map(|row| row.messages))
    }
}

/// The call, if it is over: nothing is appended to it any more.
fn over(organization: OrganizationId, call: CallId) -> Condition {
    Condition::all()
        .add(calls::Column::Id.eq(call.0))
        .add(calls::Column::Organization.eq(organization.0))
        .add(calls::Column::EndedAt.is_not_null())
}

/// Calls whose recordings are gone.
pub(crate) fn without_recording(at: Timestamp) -> sea_orm::UpdateMany<calls::Entity> {
    calls::Entity::update_many()
        .col_expr(calls::Column::Recording, Expr::value(None::<String>))
        .col_expr(calls::Column::RecordingPurgedAt, Expr::value(micros(at)))
}

/// Empties a call that is over, and that this transaction holds. The moment of the first time stays.
pub(crate) async fn empty(tx: &Transaction, row: calls::Model, at: Timestamp, mask_number: bool) -> Stored<()> {
    let mut outcome: Option<Outcome> = read_if("calls.outcome", row.outcome)?;
    if let Some(outcome) = &mut outcome {
        outcome.slots.clear();
    }
    let mut update = calls::Entity::update_many()
        .col_expr(calls::Column::Variables, Expr::value(json!({})))
        .col_expr(calls::Column::Metadata, Expr::value(json!({})))
        .col_expr(calls::Column::Outcome, Expr::value(outcome.as_ref().map(document).transpose()?))
        .col_expr(calls::Column::ContentPurgedAt, Expr::value(row.content_purged_at.unwrap_or(micros(at))))
        .filter(calls::Column::Sequence.eq(row.sequence));
    if mask_number {
        let masked = callee(&row.to_number)?.masked();
        update = update.col_expr(calls::Column::ToNumber, Expr::value(masked.as_str()));
    }
    update.exec(tx).await.map_err(failed)?;
    sip_traces::Entity::delete_by_id(row.id).exec(tx).await.map_err(failed)?;
    empty_events(tx, row.id).await?;
    empty_answers(tx, row.id).await
}

async fn empty_events(tx: &Transaction, call: Uuid) -> Stored<()> {
    let events =
        call_events::Entity::find().filter(call_events::Column::Call.eq(call)).all(tx).await.map_err(failed)?;
    for event in events {
        let fact: CallFact = read("call_events.fact", event.fact.clone())?;
        let emptied = document(&fact.emptied())?;
        if emptied != event.fact {
            call_events::Entity::update_many()
                .col_expr(call_events::Column::Fact, Expr::value(emptied))
                .filter(call_events::Column::Position.eq(event.position))
                .exec(tx)
                .await
                .map_err(failed)?;
        }
    }
    Ok(())
}

/// Bodies of webhooks are made of the events whenever they are sent and kept nowhere; what receivers answered is, and
/// may repeat them.
async fn empty_answers(tx: &Transaction, call: Uuid) -> Stored<()> {
    let of_call = deliveries::Entity::find()
        .select_only()
        .column(deliveries::Column::Id)
        .filter(deliveries::Column::Call.eq(call))
        .into_query();
    delivery_attempts::Entity::update_many()
        .col_expr(delivery_attempts::Column::Excerpt, Expr::value(None::<String>))
        .filter(Expr::col(delivery_attempts::Column::Delivery).in_subquery(of_call))
        .filter(delivery_attempts::Column::Excerpt.is_not_null())
        .exec(tx)
        .await
        .map_err(failed)?;
    Ok(())
}
