//! Tenants, keys and the do-not-call list, behind [`TenantStore`].

use app::ports::store::{KeyUse, TenantStore};
use async_trait::async_trait;
use domain::api_key::ApiKey;
use domain::callee::Callee;
use domain::caps::Caps;
use domain::organization::Organization;
use domain::suppression::Suppression;
use domain::{ApiKeyId, OrganizationId, SuppressionId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::errors::{failed, taken};
use crate::policy::suppress;
use crate::rows::{api_keys, micros, organizations, suppressions};
use crate::together::only;
use crate::{SqlStore, Stored};

#[async_trait]
impl TenantStore for SqlStore {
    async fn insert_organization(&self, organization: &Organization) -> Stored<()> {
        let row = organizations::to_row(organization)?;
        self.change(move |tx| {
            Box::pin(async move {
                organizations::Entity::insert(row).exec_without_returning(tx).await.map_err(taken("organization"))?;
                Ok(())
            })
        })
        .await
    }

    async fn update_organization(&self, organization: &Organization) -> Stored<()> {
        let row = organizations::to_row(organization)?;
        self.change(move |tx| {
            Box::pin(async move {
                organizations::Entity::update(row).exec(tx).await.map_err(taken("organization"))?;
                Ok(())
            })
        })
        .await
    }

    async fn organization(&self, id: OrganizationId) -> Stored<Option<Organization>> {
        let read = async {
            let row = organizations::Entity::find_by_id(id.0).one(&self.reads).await.map_err(failed)?;
            row.map(organizations::from_row).transpose()
        };
        self.recent.organizations.or_read(id, self.recent.changes(), read).await
    }

    async fn organization_named(&self, name: &str) -> Stored<Option<Organization>> {
        let row = organizations::Entity::find()
            .filter(organizations::Column::Name.eq(name))
            .one(&self.reads)
            .await
            .map_err(failed)?;
        row.map(organizations::from_row).transpose()
    }

    async fn insert_key(&self, key: &ApiKey) -> Stored<()> {
        let row = api_keys::to_row(key)?;
        self.change(move |tx| {
            Box::pin(async move {
                api_keys::Entity::insert(row).exec_without_returning(tx).await.map_err(taken("key"))?;
                Ok(())
            })
        })
        .await
    }

    async fn update_key(&self, key: &ApiKey) -> Stored<()> {
        let mut row = api_keys::to_row(key)?;
        row.last_used_at = sea_orm::NotSet;
        row.last_used_from = sea_orm::NotSet;
        self.change(move |tx| {
            Box::pin(async move {
                api_keys::Entity::update(row).exec(tx).await.map_err(taken("key"))?;
                Ok(())
            })
        })
        .await
    }

    async fn keys_used(&self, mut uses: Vec<KeyUse>) -> Stored<()> {
        // In one order on every node, so that two of them cannot wait for each other.
        uses.sort_by_key(|used| used.key);
        // Not a change of the set-up: nobody's cached row depends on it.
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    for used in uses {
                        let earlier = Condition::any()
                            .add(api_keys::Column::LastUsedAt.is_null())
                            .add(api_keys::Column::LastUsedAt.lt(micros(used.at)));
                        api_keys::Entity::update_many()
                            .col_expr(api_keys::Column::LastUsedAt, Expr::value(micros(used.at)))
                            .col_expr(api_keys::Column::LastUsedFrom, Expr::value(used.from.map(|ip| ip.to_string())))
                            .filter(api_keys::Column::Id.eq(used.key.0))
                            .filter(earlier)
                            .exec(tx)
                            .await
                            .map_err(failed)?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn key_by_hash(&self, sha256: &[u8; 32]) -> Stored<Option<ApiKey>> {
        let read = async {
            let row = api_keys::Entity::find()
                .filter(
                    Condition::any()
                        .add(api_keys::Column::SecretSha256.eq(sha256.to_vec()))
                        .add(api_keys::Column::PreviousSha256.eq(sha256.to_vec())),
                )
                .all(&self.reads)
                .await
                .map_err(failed)?;
            // A current secret goes before one of the past.
            let found = row.into_iter().max_by_key(|row| row.secret_sha256 == sha256);
            found.map(api_keys::from_row).transpose()
        };
        self.recent.keys.or_read(*sha256, self.recent.changes(), read).await
    }

    async fn keys(&self, organization: OrganizationId) -> Stored<Vec<ApiKey>> {
        let rows = api_keys::Entity::find()
            .filter(api_keys::Column::Organization.eq(organization.0))
            .order_by_desc(api_keys::Column::CreatedAt)
            .order_by_desc(api_keys::Column::Id)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(api_keys::from_row).collect()
    }

    async fn key(&self, organization: OrganizationId, id: ApiKeyId) -> Stored<Option<ApiKey>> {
        let row = api_keys::Entity::find_by_id(id.0)
            .filter(api_keys::Column::Organization.eq(organization.0))
            .one(&self.reads)
            .await
            .map_err(failed)?;
        row.map(api_keys::from_row).transpose()
    }

    async fn key_caps(&self, organization: OrganizationId, id: ApiKeyId) -> Stored<Option<Caps>> {
        let read = async { Ok(self.key(organization, id).await?.map(|key| key.caps)) };
        self.recent.key_caps.or_read(id, self.recent.changes(), read).await
    }

    async fn suppress(&self, entry: &Suppression) -> Stored<()> {
        let entry = entry.clone();
        self.change(move |tx| Box::pin(async move { suppress(tx, &entry).await })).await
    }

    async fn suppression(&self, organization: OrganizationId, number: &Callee) -> Stored<Option<Suppression>> {
        let row = suppressions::Entity::find()
            .filter(suppressions::Column::Organization.eq(organization.0))
            .filter(suppressions::Column::Number.eq(number.as_str()));
        only(row, &self.reads).await?.map(suppressions::from_row).transpose()
    }

    async fn suppressions(&self, organization: OrganizationId) -> Stored<Vec<Suppression>> {
        let rows = suppressions::Entity::find()
            .filter(suppressions::Column::Organization.eq(organization.0))
            .order_by_desc(suppressions::Column::CreatedAt)
            .order_by_desc(suppressions::Column::Id)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(suppressions::from_row).collect()
    }

    async fn unsuppress(&self, organization: OrganizationId, id: SuppressionId) -> Stored<bool> {
        self.change(move |tx| {
            Box::pin(async move {
                let removed = suppressions::Entity::delete_many()
                    .filter(suppressions::Column::Id.eq(id.0))
                    .filter(suppressions::Column::Organization.eq(organization.0))
                    .exec(tx)
                    .await
                    .map_err(failed)?;
                Ok(removed.rows_affected > 0)
            })
        })
        .await
    }
}
