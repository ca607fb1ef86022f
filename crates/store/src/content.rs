//! Forgetting what was said in a call, behind [`ContentStore`].

use app::ports::store::ContentStore;
use async_trait::async_trait;
use domain::call_event::CallFact;
use domain::outcome::Outcome;
use domain::{CallId, OrganizationId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use crate::errors::failed;
use crate::rows::{call_events, calls, document, read, read_if};
use crate::{SqlStore, Stored};

#[async_trait]
impl ContentStore for SqlStore {
    async fn forget_recording(&self, organization: OrganizationId, call: CallId) -> Stored<bool> {
        self.change(move |tx| {
            Box::pin(async move {
                let forgotten = calls::Entity::update_many()
                    .col_expr(calls::Column::Recording, Expr::value(None::<String>))
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

    async fn forget_content(&self, organization: OrganizationId, call: CallId) -> Stored<bool> {
        self.change(move |tx| Box::pin(async move { forget_content(tx, organization, call).await })).await
    }
}

/// The call, if it is over: nothing is appended to it any more.
fn over(organization: OrganizationId, call: CallId) -> Condition {
    Condition::all()
        .add(calls::Column::Id.eq(call.0))
        .add(calls::Column::Organization.eq(organization.0))
        .add(calls::Column::EndedAt.is_not_null())
}

async fn forget_content(tx: &DatabaseTransaction, organization: OrganizationId, call: CallId) -> Stored<bool> {
    let row = calls::Entity::find().filter(over(organization, call)).lock_exclusive().one(tx).await.map_err(failed)?;
    let Some(row) = row else { return Ok(false) };
    let mut outcome: Option<Outcome> = read_if("calls.outcome", row.outcome)?;
    if let Some(outcome) = &mut outcome {
        outcome.slots.clear();
    }
    calls::Entity::update_many()
        .col_expr(calls::Column::Variables, Expr::value(json!({})))
        .col_expr(calls::Column::Metadata, Expr::value(json!({})))
        .col_expr(calls::Column::Outcome, Expr::value(outcome.as_ref().map(document).transpose()?))
        .filter(over(organization, call))
        .exec(tx)
        .await
        .map_err(failed)?;
    let events =
        call_events::Entity::find().filter(call_events::Column::Call.eq(call.0)).all(tx).await.map_err(failed)?;
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
    Ok(true)
}
