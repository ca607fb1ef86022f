//! Agents and their versions, behind [`AgentStore`].

use std::sync::Arc;

use app::ports::store::AgentStore;
use async_trait::async_trait;
use domain::agent::{Agent, AgentVersion};
use domain::{AgentId, AgentVersionId, OrganizationId};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::errors::{failed, taken};
use crate::rows::{agent_versions, agents};
use crate::version_cache::VersionCache;
use crate::{SqlStore, Stored};

/// One version, from memory if it was read before.
pub(crate) async fn version<C: ConnectionTrait>(
    connection: &C,
    cache: &VersionCache,
    id: AgentVersionId,
) -> Stored<Option<Arc<AgentVersion>>> {
    if let Some(known) = cache.get(id) {
        return Ok(Some(known));
    }
    let row = agent_versions::Entity::find_by_id(id.0).one(connection).await.map_err(failed)?;
    let Some(version) = row.map(agent_versions::from_row).transpose()? else { return Ok(None) };
    let version = Arc::new(version);
    cache.keep(version.clone());
    Ok(Some(version))
}

#[async_trait]
impl AgentStore for SqlStore {
    async fn insert_agent(&self, agent: &Agent) -> Stored<()> {
        let row = agents::to_row(agent)?;
        self.change(move |tx| {
            Box::pin(async move {
                agents::Entity::insert(row).exec_without_returning(tx).await.map_err(taken("agent"))?;
                Ok(())
            })
        })
        .await
    }

    async fn update_agent(&self, agent: &Agent) -> Stored<()> {
        let row = agents::to_row(agent)?;
        self.change(move |tx| {
            Box::pin(async move {
                agents::Entity::update(row).exec(tx).await.map_err(taken("agent"))?;
                Ok(())
            })
        })
        .await
    }

    async fn publish_agent(&self, agent: &Agent, version: &AgentVersion) -> Stored<()> {
        let (agent, version) = (agents::to_row(agent)?, agent_versions::to_row(version)?);
        self.change(move |tx| {
            Box::pin(async move {
                agent_versions::Entity::insert(version)
                    .exec_without_returning(tx)
                    .await
                    .map_err(taken("agent version"))?;
                agents::Entity::update(agent).exec(tx).await.map_err(taken("agent"))?;
                Ok(())
            })
        })
        .await
    }

    async fn agent(&self, organization: OrganizationId, name: &str) -> Stored<Option<Agent>> {
        let read = async {
            let id = name.parse::<AgentId>().ok().map(|id| agents::Column::Id.eq(id.0));
            let row = agents::Entity::find()
                .filter(agents::Column::Organization.eq(organization.0))
                .filter(Condition::any().add(agents::Column::Slug.eq(name)).add_option(id))
                .one(&self.reads)
                .await
                .map_err(failed)?;
            row.map(agents::from_row).transpose()
        };
        let key = (organization, name.to_owned());
        self.recent.agents.or_read(key, self.recent.changes(), read).await
    }

    async fn agents(&self, organization: OrganizationId) -> Stored<Vec<Agent>> {
        let rows = agents::Entity::find()
            .filter(agents::Column::Organization.eq(organization.0))
            .order_by_asc(agents::Column::Slug)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(agents::from_row).collect()
    }

    async fn agent_versions(&self, agent: AgentId) -> Stored<Vec<AgentVersion>> {
        let rows = agent_versions::Entity::find()
            .filter(agent_versions::Column::Agent.eq(agent.0))
            .order_by_desc(agent_versions::Column::Number)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(agent_versions::from_row).collect()
    }

    async fn agent_version(&self, id: AgentVersionId) -> Stored<Option<Arc<AgentVersion>>> {
        version(&self.reads, &self.versions, id).await
    }
}
