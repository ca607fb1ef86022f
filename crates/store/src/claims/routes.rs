//! The way out of calls that may be claimed: their agent, number, organization and trunk, with what each may bear.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::trunk::Trunk;
use domain::{AgentId, NumberId, OrganizationId};
use machines::pacing::{Gcra, Limit};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryResult, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::scope::Scope;
use crate::Stored;
use crate::errors::failed;
use crate::rows::{agents, calls, numbers, organizations, trunks};
use crate::sealed::Secrets;
use crate::together::Together;
use crate::transaction::Transaction;

/// Number and trunk by tenant and caller number.
type Ways = HashMap<(Uuid, String), (NumberId, Arc<Trunk>)>;

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
    pub(super) async fn of(
        tx: &Transaction,
        secrets: &Secrets,
        found: impl Iterator<Item = &calls::Model>,
    ) -> Stored<Self> {
        let found: Vec<&calls::Model> = found.collect();
        let mut routes = Self::default();
        if found.is_empty() {
            return Ok(routes);
        }
        let mut together = Together::on(tx);
        let tenants = distinct(found.iter().map(|call| call.organization));
        let numbers = numbers::Entity::find()
            .filter(numbers::Column::Organization.is_in(tenants.iter().copied()))
            .filter(numbers::Column::Number.is_in(distinct(found.iter().map(|call| call.from_number.as_str()))))
            .find_also_related(trunks::Entity);
        let numbers = together.ask(numbers.into_query());
        let agents = agents::Entity::find()
            .select_only()
            .columns([agents::Column::Id, agents::Column::CallsPerSecond, agents::Column::LiveCalls])
            .filter(agents::Column::Id.is_in(distinct(found.iter().map(|call| call.agent))));
        let agents = together.ask(agents.into_query());
        let organizations = organizations::Entity::find().filter(organizations::Column::Id.is_in(tenants));
        let organizations = together.ask(organizations.into_query());
        let answers = together.answers(tx).await?;
        let ways = routes.ways(secrets, answers.to(numbers))?;
        routes.limit_agents(answers.to(agents))?;
        routes.limit_organizations(answers.rows(organizations)?)?;
        for call in found {
            let Some((number, trunk)) = ways.get(&(call.organization, call.from_number.clone())).cloned() else {
                continue;
            };
            let (agent, organization) = (AgentId(call.agent), OrganizationId(call.organization));
            routes.by_call.insert(call.id, Route { agent, number, organization, trunk });
        }
        Ok(routes)
    }

    fn add(&mut self, scope: Scope, limit: Limit) {
        if !limit.is_none() {
            self.limits.insert(scope, limit);
        }
    }

    /// Number and trunk by tenant and caller number.
    fn ways<'r>(&mut self, secrets: &Secrets, rows: impl Iterator<Item = &'r QueryResult>) -> Stored<Ways> {
        let mut ways = HashMap::new();
        for row in rows {
            // As `find_also_related` names the columns.
            let number = numbers::Model::from_query_result(row, "A_").map_err(failed)?;
            let trunk = trunks::Model::from_query_result_optional(row, "B_").map_err(failed)?;
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

    fn limit_agents<'r>(&mut self, rows: impl Iterator<Item = &'r QueryResult>) -> Stored<()> {
        for row in rows {
            let agent: Uuid = row.try_get("", "id").map_err(failed)?;
            let rate: Option<f64> = row.try_get("", "calls_per_second").map_err(failed)?;
            let live: Option<i64> = row.try_get("", "live_calls").map_err(failed)?;
            let live = live.map(|n| crate::rows::count("agents.live_calls", n)).transpose()?;
            self.add(Scope::Agent(AgentId(agent)), limit(rate, live));
        }
        Ok(())
    }

    fn limit_organizations(&mut self, rows: Vec<organizations::Model>) -> Stored<()> {
        for row in rows {
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
