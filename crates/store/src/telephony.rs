//! Trunks and numbers, behind [`TelephonyStore`].

use app::ports::store::TelephonyStore;
use async_trait::async_trait;
use domain::trunk::{CallerNumber, Trunk};
use domain::{NumberId, OrganizationId, TrunkId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::errors::{failed, taken};
use crate::rows::{agents, calls, numbers, trunks};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

#[async_trait]
impl TelephonyStore for SqlStore {
    async fn insert_trunk(&self, trunk: &Trunk) -> Stored<()> {
        let row = trunks::to_row(trunk, &self.secrets)?;
        self.change(move |tx| {
            Box::pin(async move {
                trunks::Entity::insert(row).exec_without_returning(tx).await.map_err(taken("trunk"))?;
                Ok(())
            })
        })
        .await
    }

    async fn update_trunk(&self, trunk: &Trunk) -> Stored<()> {
        let row = trunks::to_row(trunk, &self.secrets)?;
        self.change(move |tx| {
            Box::pin(async move {
                trunks::Entity::update(row).exec(tx).await.map_err(taken("trunk"))?;
                Ok(())
            })
        })
        .await
    }

    async fn trunk(&self, organization: OrganizationId, name: &str) -> Stored<Option<Trunk>> {
        let id = name.parse::<TrunkId>().ok().map(|id| trunks::Column::Id.eq(id.0));
        let row = trunks::Entity::find()
            .filter(trunks::Column::Organization.eq(organization.0))
            .filter(Condition::any().add(trunks::Column::Name.eq(name)).add_option(id))
            .one(&self.reads)
            .await
            .map_err(failed)?;
        row.map(|row| trunks::from_row(row, &self.secrets)).transpose()
    }

    async fn trunks(&self, organization: OrganizationId) -> Stored<Vec<Trunk>> {
        let rows = trunks::Entity::find()
            .filter(trunks::Column::Organization.eq(organization.0))
            .order_by_asc(trunks::Column::Name)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(|row| trunks::from_row(row, &self.secrets)).collect()
    }

    async fn delete_trunk(&self, organization: OrganizationId, id: TrunkId) -> Stored<bool> {
        self.change(move |tx| Box::pin(async move { delete_trunk(tx, organization, id).await })).await
    }

    async fn insert_number(&self, number: &CallerNumber) -> Stored<()> {
        let row = numbers::to_row(number);
        self.change(move |tx| {
            Box::pin(async move {
                numbers::Entity::insert(row).exec_without_returning(tx).await.map_err(taken("number"))?;
                Ok(())
            })
        })
        .await
    }

    async fn update_number(&self, number: &CallerNumber) -> Stored<()> {
        let row = numbers::to_row(number);
        self.change(move |tx| {
            Box::pin(async move {
                numbers::Entity::update(row).exec(tx).await.map_err(taken("number"))?;
                Ok(())
            })
        })
        .await
    }

    async fn number(&self, organization: OrganizationId, id: NumberId) -> Stored<Option<CallerNumber>> {
        let read = async {
            let row = numbers::Entity::find_by_id(id.0)
                .filter(numbers::Column::Organization.eq(organization.0))
                .one(&self.reads)
                .await
                .map_err(failed)?;
            row.map(numbers::from_row).transpose()
        };
        self.recent.numbers.or_read((organization, id), self.recent.changes(), read).await
    }

    async fn numbers(&self, organization: OrganizationId) -> Stored<Vec<CallerNumber>> {
        let rows = numbers::Entity::find()
            .filter(numbers::Column::Organization.eq(organization.0))
            .order_by_asc(numbers::Column::Number)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(numbers::from_row).collect()
    }

    async fn delete_number(&self, organization: OrganizationId, id: NumberId) -> Stored<bool> {
        self.change(move |tx| Box::pin(async move { delete_number(tx, organization, id).await })).await
    }
}

async fn delete_trunk(tx: &Transaction, organization: OrganizationId, id: TrunkId) -> Stored<bool> {
    let numbers = numbers::Entity::find().filter(numbers::Column::Trunk.eq(id.0)).count(tx).await.map_err(failed)?;
    if numbers > 0 {
        return Ok(false);
    }
    let removed = trunks::Entity::delete_many()
        .filter(trunks::Column::Id.eq(id.0))
        .filter(trunks::Column::Organization.eq(organization.0))
        .exec(tx)
        .await
        .map_err(failed)?;
    Ok(removed.rows_affected > 0)
}

/// Removes a number that no agent and no call that is not over needs: a queued call finds its trunk by its number.
async fn delete_number(tx: &Transaction, organization: OrganizationId, id: NumberId) -> Stored<bool> {
    let Some(number) = numbers::Entity::find_by_id(id.0)
        .filter(numbers::Column::Organization.eq(organization.0))
        .one(tx)
        .await
        .map_err(failed)?
    else {
        return Ok(false);
    };
    let agents = agents::Entity::find().filter(agents::Column::Number.eq(id.0)).count(tx).await.map_err(failed)?;
    let calls = calls::Entity::find()
        .filter(calls::Column::Organization.eq(organization.0))
        .filter(calls::Column::FromNumber.eq(number.number))
        .filter(calls::Column::EndedAt.is_null())
        .count(tx)
        .await
        .map_err(failed)?;
    if agents > 0 || calls > 0 {
        return Ok(false);
    }
    numbers::Entity::delete_by_id(id.0).exec(tx).await.map_err(failed)?;
    Ok(true)
}
