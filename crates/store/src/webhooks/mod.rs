//! Endpoints and deliveries, behind [`WebhookStore`].
//!
//! Law: a committed event becomes one delivery for each endpoint that wants it, once; a delivery is held by at most
//! one node, and whoever lost it cannot say how it went.

use app::ports::store::{
    Backlog, ClaimedDelivery, DeliveryClaim, DeliveryFilter, FannedOut, News, Page, Replay, Settlement, WebhookStore,
};
use async_trait::async_trait;
use domain::call_event::CallEvent;
use domain::organization_event::OrganizationEvent;
use domain::time::Timestamp;
use domain::webhook::{Delivery, DeliveryAttempt, DeliveryState, EndpointKind, WebhookEndpoint};
use domain::{DeliveryId, EventId, OrganizationId, WebhookEndpointId};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::errors::{failed, taken};
use crate::rows::{call_events, deliveries, delivery_attempts, micros, moment_if, outbox, webhook_endpoints};
use crate::{SqlStore, Stored};

mod again;
mod claim;
mod fan_out;
mod news;
mod settle;

/// Finished deliveries that one purge removes.
const PURGE: u64 = 1_000;

#[async_trait]
impl WebhookStore for SqlStore {
    async fn insert_endpoint(&self, endpoint: &WebhookEndpoint) -> Stored<()> {
        let row = webhook_endpoints::to_row(endpoint, &self.secrets)?;
        self.change(move |tx| {
            Box::pin(async move {
                let insert = webhook_endpoints::Entity::insert(row).exec_without_returning(tx).await;
                insert.map(drop).map_err(taken("webhook"))
            })
        })
        .await
    }

    async fn update_endpoint(&self, endpoint: &WebhookEndpoint) -> Stored<()> {
        let row = webhook_endpoints::to_row(endpoint, &self.secrets)?;
        let (id, disabled) = (endpoint.id, endpoint.disabled);
        self.change(move |tx| {
            Box::pin(async move {
                webhook_endpoints::Entity::update(row).exec(tx).await.map_err(failed)?;
                match disabled {
                    Some(disabled) => settle::give_up_pending(tx, id, disabled.at).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    async fn endpoint(&self, organization: OrganizationId, id: WebhookEndpointId) -> Stored<Option<WebhookEndpoint>> {
        let row = webhook_endpoints::Entity::find_by_id(id.0)
            .filter(webhook_endpoints::Column::Organization.eq(organization.0))
            .one(&self.reads)
            .await
            .map_err(failed)?;
        row.map(|row| webhook_endpoints::from_row(row, &self.secrets)).transpose()
    }

    async fn endpoints(&self, organization: OrganizationId) -> Stored<Vec<WebhookEndpoint>> {
        let rows = webhook_endpoints::Entity::find()
            .filter(webhook_endpoints::Column::Organization.eq(organization.0))
            .filter(webhook_endpoints::Column::Kind.eq(EndpointKind::Listed.as_str()))
            .order_by_asc(webhook_endpoints::Column::CreatedAt)
            .order_by_asc(webhook_endpoints::Column::Id)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(|row| webhook_endpoints::from_row(row, &self.secrets)).collect()
    }

    async fn delete_endpoint(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        now: Timestamp,
    ) -> Stored<bool> {
        self.change(move |tx| {
            Box::pin(async move {
                let removed = webhook_endpoints::Entity::delete_by_id(id.0)
                    .filter(webhook_endpoints::Column::Organization.eq(organization.0))
                    .exec(tx)
                    .await
                    .map_err(failed)?;
                if removed.rows_affected > 0 {
                    settle::give_up_pending(tx, id, now).await?;
                }
                Ok(removed.rows_affected > 0)
            })
        })
        .await
    }

    async fn tell(&self, event: &OrganizationEvent) -> Stored<()> {
        let row = outbox::to_organization_row(event)?;
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    outbox::Entity::insert(row).exec_without_returning(tx).await.map(drop).map_err(failed)
                })
            })
            .await
    }

    async fn fan_out(&self, now: Timestamp) -> Stored<FannedOut> {
        // A look costs no turn of the writer.
        if outbox::Entity::find().limit(1).one(&self.reads).await.map_err(failed)?.is_none() {
            return Ok(FannedOut::default());
        }
        self.writer.run(move |tx| Box::pin(async move { fan_out::fan_out(tx, now).await })).await
    }

    async fn insert_delivery(&self, delivery: &Delivery, event: &OrganizationEvent) -> Stored<()> {
        let row = deliveries::to_row(delivery, Some(event))?;
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    deliveries::Entity::insert(row)
                        .exec_without_returning(tx)
                        .await
                        .map(drop)
                        .map_err(taken("delivery"))
                })
            })
            .await
    }

    async fn claim_deliveries(&self, claim: DeliveryClaim) -> Stored<Vec<ClaimedDelivery>> {
        let due = deliveries::Entity::find().filter(claim::due(&claim)).limit(1).one(&self.reads).await;
        if due.map_err(failed)?.is_none() || claim.limit == 0 {
            return Ok(Vec::new());
        }
        let secrets = self.secrets.clone();
        self.writer.run(move |tx| Box::pin(async move { claim::claim(tx, &secrets, &claim).await })).await
    }

    async fn event(&self, organization: OrganizationId, id: EventId) -> Stored<Option<CallEvent>> {
        let row = call_events::Entity::find()
            .filter(call_events::Column::Id.eq(id.0))
            .filter(call_events::Column::Organization.eq(organization.0))
            .one(&self.reads)
            .await
            .map_err(failed)?;
        row.map(call_events::from_row).transpose()
    }

    async fn news(&self, delivery: &Delivery) -> Stored<Option<News>> {
        news::of(&self.reads, delivery).await
    }

    async fn settle_delivery(&self, settlement: Settlement) -> Stored<()> {
        self.writer.run(move |tx| Box::pin(async move { settle::settle(tx, &settlement).await })).await
    }

    async fn delivery(
        &self,
        organization: OrganizationId,
        id: DeliveryId,
    ) -> Stored<Option<(Delivery, Vec<DeliveryAttempt>)>> {
        let row = deliveries::Entity::find_by_id(id.0)
            .filter(deliveries::Column::Organization.eq(organization.0))
            .one(&self.reads)
            .await
            .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        let tries = delivery_attempts::Entity::find()
            .filter(delivery_attempts::Column::Delivery.eq(id.0))
            .order_by_asc(delivery_attempts::Column::Number)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let tries = tries.into_iter().map(delivery_attempts::from_row).collect::<Stored<_>>()?;
        Ok(Some((deliveries::from_row(row)?, tries)))
    }

    async fn deliveries(&self, organization: OrganizationId, filter: &DeliveryFilter) -> Stored<Page<Delivery>> {
        news::listing(&self.reads, organization, filter).await
    }

    async fn resend_delivery(
        &self,
        organization: OrganizationId,
        id: DeliveryId,
        now: Timestamp,
    ) -> Stored<Option<Delivery>> {
        self.change(move |tx| Box::pin(async move { again::resend(tx, organization, id, now).await })).await
    }

    async fn replay(&self, organization: OrganizationId, replay: Replay) -> Stored<u64> {
        let Some(endpoint) = self.endpoint(organization, replay.endpoint).await? else { return Ok(0) };
        let mut sent =
            self.writer.run(move |tx| Box::pin(async move { again::old_deliveries(tx, replay).await })).await?;
        // The log may be long: page by page, so that other writes get their turn.
        let mut after = 0;
        loop {
            let endpoint = endpoint.clone();
            let page = self
                .writer
                .run(move |tx| Box::pin(async move { again::missed_events(tx, &endpoint, replay, after).await }))
                .await?;
            sent += page.made;
            match page.last {
                Some(last) => after = last,
                None => return Ok(sent),
            }
        }
    }

    async fn backlog(&self) -> Stored<Backlog> {
        let waiting = outbox::Entity::find().count(&self.reads).await.map_err(failed)?;
        let pending =
            || deliveries::Entity::find().filter(deliveries::Column::State.eq(DeliveryState::Pending.as_str()));
        let count = pending().count(&self.reads).await.map_err(failed)?;
        let oldest: Option<Option<i64>> = pending()
            .select_only()
            .column_as(deliveries::Column::CreatedAt.min(), "oldest")
            .into_tuple()
            .one(&self.reads)
            .await
            .map_err(failed)?;
        Ok(Backlog { outbox: waiting, pending: count, oldest: moment_if(oldest.flatten())? })
    }

    async fn purge_deliveries(&self, finished_before: Timestamp) -> Stored<u64> {
        let ids: Vec<uuid::Uuid> = deliveries::Entity::find()
            .select_only()
            .column(deliveries::Column::Id)
            .filter(deliveries::Column::FinishedAt.lt(micros(finished_before)))
            .limit(PURGE)
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(failed)?;
        if ids.is_empty() {
            return Ok(0);
        }
        self.writer.run(move |tx| Box::pin(async move { again::purge(tx, ids).await })).await
    }
}
