//! The way out of calls that may be claimed: their agent, number, organization and trunk, with what each may bear.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::trunk::Trunk;
use domain::{AgentId, NumberId, OrganizationId};
use machines::pacing::{Gcra, Limit};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::scope::Scope;
use crate::Stored;
use crate::errors::failed;
use crate::rows::{agents, calls, numbers, organizations, trunks};
use crate::sealed::Secrets;

/// How one call goes out.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) agent: AgentId,
    pub(super) number: NumberId,
    pub(super) organization: OrganizationId,
    pub(super) trunk: Arc<Trunk>,
}

impl Route {
    /// All that it counts for.
    pub(super) fn scopes(&self) -> [Scope; 4] {
        [
            Scope::Agent(self.agent),
            Scope::Number(self.number),
            Scope::Organization(self.organization),
            Scope::Trunk(self.trunk.id),
        ]
    }
}

/// Routes of calls, and the limits of the scopes that have any.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) by_call: HashMap<Uuid, Route>,
    pub(super) limits: BTreeMap<Scope, Limit>,
}

/// A rate that was checked when it was saved; one that cannot be kept limits nothing.
pub(super) fn limit(calls_per_second: Option<f64>, at_once: Option<u32>) -> Limit {
    Limit { pace: calls_per_second.and_then(|rate| Gcra::new(rate, 1).ok()), at_once }
}

impl Routes {
    /// Of these calls; one whose number or trunk is gone has none.
    pub(super) async fn of(tx: &DatabaseTransaction, secrets: &Secrets, wanted: Vec<Uuid>) -> Stored<Self> {
        let found: Vec<(Uuid, Uuid, Uuid, String)> = calls::Entity::find()
            .select_only()
            .columns([calls::Column::Id, calls::Column::Organization, calls::Column::Agent, calls::Column::FromNumber])
            .filter(calls::Column::Id.is_in(wanted))
            .into_tuple()
            .all(tx)
            .await
            .map_err(failed)?;
        let mut routes = Self::default();
        let ways = routes.ways(tx, secrets, &found).await?;
        routes.limit_agents(tx, found.iter().map(|(_, _, agent, _)| *agent)).await?;
        routes.limit_organizations(tx, found.iter().map(|(_, organization, ..)| *organization)).await?;
        for (call, organization, agent, from) in found {
            let Some((number, trunk)) = ways.get(&(organization, from)).cloned() else { continue };
            let route = Route { agent: AgentId(agent), number, organization: OrganizationId(organization), trunk };
            routes.by_call.insert(call, route);
        }
        Ok(routes)
    }

    fn add(&mut self, scope: Scope, limit: Limit) {
        if !limit.is_none() {
            self.limits.insert(scope, limit);
        }
    }

    /// Number and trunk by tenant and caller number.
    async fn ways(
        &mut self,
        tx: &DatabaseTransaction,
        secrets: &Secrets,
        calls: &[(Uuid, Uuid, Uuid, String)],
    ) -> Stored<HashMap<(Uuid, String), (NumberId, Arc<Trunk>)>> {
        let wanted = distinct(calls.iter().map(|(_, _, _, from)| from.as_str()));
        let found = numbers::Entity::find()
            .filter(numbers::Column::Number.is_in(wanted))
            .find_also_related(trunks::Entity)
            .all(tx)
            .await
            .map_err(failed)?;
        let mut ways = HashMap::new();
        for (number, trunk) in found {
            let Some(trunk) = trunk else { continue };
            let trunk = Arc::new(trunks::from_row(trunk, secrets)?);
            let key = (number.organization, number.number.clone());
            let number = numbers::from_row(number)?;
            self.add(Scope::Trunk(trunk.id), limit(trunk.calls_per_second, trunk.channels));
            self.add(Scope::Number(number.id), limit(number.calls_per_second, number.live_calls));
            ways.insert(key, (number.id, trunk));
        }
        Ok(ways)
    }

    async fn limit_agents(&mut self, tx: &DatabaseTransaction, wanted: impl Iterator<Item = Uuid>) -> Stored<()> {
        let found: Vec<(Uuid, Option<f64>, Option<i64>)> = agents::Entity::find()
            .select_only()
            .columns([agents::Column::Id, agents::Column::CallsPerSecond, agents::Column::LiveCalls])
            .filter(agents::Column::Id.is_in(distinct(wanted)))
            .into_tuple()
            .all(tx)
            .await
            .map_err(failed)?;
        for (agent, rate, live) in found {
            let live = live.map(|n| crate::rows::count("agents.live_calls", n)).transpose()?;
            self.add(Scope::Agent(AgentId(agent)), limit(rate, live));
        }
        Ok(())
    }

    async fn limit_organizations(
        &mut self,
        tx: &DatabaseTransaction,
        wanted: impl Iterator<Item = Uuid>,
    ) -> Stored<()> {
        let found = organizations::Entity::find()
            .filter(organizations::Column::Id.is_in(distinct(wanted)))
            .all(tx)
            .await
            .map_err(failed)?;
        for row in found {
            let organization = organizations::from_row(row)?;
            let caps = &organization.caps;
            self.add(Scope::Organization(organization.id), limit(caps.calls_per_second, caps.live_calls));
        }
        Ok(())
    }
}

fn distinct<T: Ord>(wanted: impl Iterator<Item = T>) -> Vec<T> {
    let mut wanted: Vec<T> = wanted.collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}
