//! The vendors' names of agents, the credentials of click-to-call and lists by page number, behind [`DialectStore`].

use std::collections::HashSet;
use std::time::Duration;

use app::ports::store::{AgentName, AgentTotals, CallFilter, DialectStore};
use app::principal::secret_hash;
use async_trait::async_trait;
use domain::agent::Agent;
use domain::agent_names::AgentNames;
use domain::call::Call;
use domain::click_to_call::ClickToCall;
use domain::context_variable::ContextVariable;
use domain::time::Timestamp;
use domain::{AgentId, ContextVariableId, OrganizationId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::calls::matching;
use crate::errors::{failed, taken};
use crate::rows::{agent_names, agents, calls, click_to_call, context_variables, micros, organizations};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored, sequences};

#[async_trait]
impl DialectStore for SqlStore {
    async fn agent_named(&self, organization: OrganizationId, name: &AgentName) -> Stored<Option<(Agent, AgentNames)>> {
        let read = self.read_named(organization, name);
        self.recent.named_agents.or_read((organization, name.clone()), self.recent.changes(), read).await
    }

    async fn names_of_agents(&self, organization: OrganizationId) -> Stored<Vec<(AgentId, AgentNames)>> {
        let ids: Vec<Uuid> = agents::Entity::find()
            .select_only()
            .column(agents::Column::Id)
            .filter(agents::Column::Organization.eq(organization.0))
            .order_by_asc(agents::Column::CreatedAt)
            .order_by_asc(agents::Column::Id)
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let named = self.named(organization).await?;
        let known: HashSet<Uuid> = named.iter().map(|(agent, _)| agent.0).collect();
        let nameless: Vec<Uuid> = ids.into_iter().filter(|id| !known.contains(id)).collect();
        if nameless.is_empty() {
            return Ok(named);
        }
        self.change(move |tx| Box::pin(async move { give_names(tx, organization, nameless).await })).await?;
        self.named(organization).await
    }

    async fn name_agent(&self, organization: OrganizationId, agent: AgentId, names: &AgentNames) -> Stored<()> {
        let row = agent_names::to_row(organization, agent, names);
        self.change(move |tx| {
            Box::pin(async move {
                agent_names::Entity::delete_by_id(agent.0).exec(tx).await.map_err(failed)?;
                agent_names::Entity::insert(row).exec_without_returning(tx).await.map_err(taken("name of an agent"))?;
                Ok(())
            })
        })
        .await
    }

    async fn click_to_call(&self, agent: AgentId) -> Stored<Option<ClickToCall>> {
        let row = click_to_call::Entity::find_by_id(agent.0).one(&self.reads).await.map_err(failed)?;
        row.map(|row| click_to_call::from_row(row, &self.secrets)).transpose()
    }

    async fn click_to_call_by_token(&self, sha256: &[u8; 32]) -> Stored<Option<ClickToCall>> {
        let read = async {
            let row = click_to_call::Entity::find()
                .filter(click_to_call::Column::TokenSha256.eq(sha256.to_vec()))
                .one(&self.reads)
                .await
                .map_err(failed)?;
            row.map(|row| click_to_call::from_row(row, &self.secrets)).transpose()
        };
        self.recent.clicks.or_read(*sha256, self.recent.changes(), read).await
    }

    async fn set_click_to_call(&self, credentials: &ClickToCall) -> Stored<()> {
        let agent = credentials.agent;
        let row = click_to_call::to_row(credentials, secret_hash(&credentials.token), &self.secrets)?;
        self.change(move |tx| {
            Box::pin(async move {
                click_to_call::Entity::delete_by_id(agent.0).exec(tx).await.map_err(failed)?;
                click_to_call::Entity::insert(row).exec_without_returning(tx).await.map_err(taken("token"))?;
                Ok(())
            })
        })
        .await
    }

    async fn calls_from(
        &self,
        organization: OrganizationId,
        filter: &CallFilter,
        offset: u64,
    ) -> Stored<(Vec<Call>, u64)> {
        let filter = CallFilter { cursor: None, ..filter.clone() };
        let wanted =
            calls::Entity::find().filter(calls::Column::Organization.eq(organization.0)).filter(matching(&filter)?);
        let total = wanted.clone().count(&self.reads).await.map_err(failed)?;
        let rows = wanted
            .order_by_desc(calls::Column::CreatedAt)
            .order_by_desc(calls::Column::Id)
            .offset(offset)
            .limit(u64::from(filter.limit.max(1)))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        Ok((rows.into_iter().map(calls::from_row).collect::<Stored<_>>()?, total))
    }

    async fn agent_totals(
        &self,
        organization: OrganizationId,
        since: Timestamp,
    ) -> Stored<Vec<(AgentId, AgentTotals)>> {
        use calls::Column as C;
        let of_those_over = |what: &str| {
            let over = "answered_at IS NOT NULL AND ended_at IS NOT NULL";
            Expr::cust(format!("CAST(sum(CASE WHEN {over} THEN {what} ELSE 0 END) AS bigint)"))
        };
        let rows: Vec<(Uuid, i64, Option<i64>, Option<i64>)> = calls::Entity::find()
            .select_only()
            .column(C::Agent)
            .column_as(C::Id.count(), "accepted")
            .column_as(of_those_over("1"), "completed")
            .column_as(of_those_over("ended_at - answered_at"), "talked")
            .filter(C::Organization.eq(organization.0))
            .filter(C::CreatedAt.gte(micros(since)))
            .group_by(C::Agent)
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let whole = |count: Option<i64>| u64::try_from(count.unwrap_or(0)).unwrap_or(0);
        let totals = rows.into_iter().map(|(agent, accepted, completed, talked)| {
            let talked = Duration::from_micros(whole(talked));
            let totals = AgentTotals { calls: whole(Some(accepted)), completed: whole(completed), talked };
            (AgentId(agent), totals)
        });
        Ok(totals.collect())
    }

    async fn context_variables(&self, organization: OrganizationId) -> Stored<Vec<ContextVariable>> {
        let read = async {
            let rows = context_variables::Entity::find()
                .filter(context_variables::Column::Organization.eq(organization.0))
                .order_by_asc(context_variables::Column::Integer)
                .all(&self.reads)
                .await
                .map_err(failed)?;
            rows.into_iter().map(context_variables::from_row).collect::<Stored<_>>().map(Some)
        };
        Ok(self.recent.variables.or_read(organization, self.recent.changes(), read).await?.unwrap_or_default())
    }

    async fn save_context_variable(&self, variable: &ContextVariable) -> Stored<ContextVariable> {
        let variable = variable.clone();
        self.change(move |tx| Box::pin(async move { save_variable(tx, variable).await })).await
    }

    async fn delete_context_variable(&self, organization: OrganizationId, id: ContextVariableId) -> Stored<bool> {
        self.change(move |tx| {
            Box::pin(async move {
                let removed = context_variables::Entity::delete_by_id(id.0)
                    .filter(context_variables::Column::Organization.eq(organization.0))
                    .exec(tx)
                    .await
                    .map_err(failed)?;
                Ok(removed.rows_affected > 0)
            })
        })
        .await
    }
}

async fn save_variable(tx: &Transaction, variable: ContextVariable) -> Stored<ContextVariable> {
    use context_variables::Column as C;
    let of_tenant = context_variables::Entity::find().filter(C::Organization.eq(variable.organization.0));
    let known = of_tenant.filter(C::Id.eq(variable.id.0)).one(tx).await.map_err(failed)?;
    let integer = match known {
        Some(known) => known.integer,
        None => sequences::draw(tx, variable.organization, "context_variables").await?,
    };
    let variable = ContextVariable { integer, ..variable };
    let known = OnConflict::column(C::Id).update_columns([C::Name, C::Form, C::Value]).to_owned();
    let row = context_variables::to_row(&variable)?;
    let insert = context_variables::Entity::insert(row).on_conflict(known).exec_without_returning(tx);
    insert.await.map_err(taken("a variable with this name"))?;
    Ok(variable)
}

impl SqlStore {
    async fn read_named(&self, organization: OrganizationId, name: &AgentName) -> Stored<Option<(Agent, AgentNames)>> {
        use agent_names::Column as C;
        let wanted = match name {
            AgentName::Integer(integer) => C::Integer.eq(*integer),
            AgentName::Voicing(uuid) => C::Voicing.eq(*uuid),
            AgentName::Klen(text) => C::Klen.eq(text.as_str()),
            AgentName::Vonage(text) => C::Vonage.eq(text.as_str()),
            AgentName::Voxpria(text) => C::Voxpria.eq(text.as_str()),
        };
        let named = agent_names::Entity::find()
            .filter(C::Organization.eq(organization.0))
            .filter(wanted)
            .one(&self.reads)
            .await
            .map_err(failed)?;
        let Some((agent, names)) = named.map(agent_names::from_row) else { return Ok(None) };
        let row = agents::Entity::find_by_id(agent.0).one(&self.reads).await.map_err(failed)?;
        Ok(row.map(agents::from_row).transpose()?.map(|agent| (agent, names)))
    }

    async fn named(&self, organization: OrganizationId) -> Stored<Vec<(AgentId, AgentNames)>> {
        let rows = agent_names::Entity::find()
            .filter(agent_names::Column::Organization.eq(organization.0))
            .order_by_asc(agent_names::Column::Integer)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(agent_names::from_row).collect())
    }
}

/// Names for agents that have none, with the next integers of the tenant. The tenant's row is locked, so that two nodes
/// do not draw the same.
async fn give_names(tx: &Transaction, organization: OrganizationId, agents: Vec<Uuid>) -> Stored<()> {
    organizations::Entity::find_by_id(organization.0).lock_exclusive().one(tx).await.map_err(failed)?;
    let last: Option<Option<i64>> = agent_names::Entity::find()
        .select_only()
        .column_as(agent_names::Column::Integer.max(), "last")
        .filter(agent_names::Column::Organization.eq(organization.0))
        .into_tuple()
        .one(tx)
        .await
        .map_err(failed)?;
    let next = last.flatten().unwrap_or(0).max(0) + 1;
    let rows = agents.into_iter().zip(next..).map(|(agent, integer)| {
        let agent = AgentId(agent);
        agent_names::to_row(organization, agent, &AgentNames::of(agent, integer))
    });
    // Another node may have named some of them a moment ago.
    let named = OnConflict::column(agent_names::Column::Agent).do_nothing().to_owned();
    agent_names::Entity::insert_many(rows).on_conflict(named).exec_without_returning(tx).await.map_err(failed)?;
    Ok(())
}
