//! A turn by pace that is taken when a call is stored, for doors that answer 429 at once instead of letting calls wait.

use std::collections::BTreeMap;

use app::ports::store::CreateRefused;
use domain::call::Call;
use domain::{AgentId, NumberId, OrganizationId, TrunkId};
use machines::pacing::{Grant, Limit};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::lines::Lines;
use super::routes::limit;
use super::scope::Scope;
use crate::Stored;
use crate::engine;
use crate::errors::failed;
use crate::rows::{agents, numbers, organizations, trunks};

/// Takes the turn of a call that is about to be stored in each of its scopes, or in none and says which refused.
pub(crate) async fn take_turn(tx: &DatabaseTransaction, call: &Call) -> Result<(), CreateRefused> {
    let limits = paces_of(tx, call).await?;
    if limits.is_empty() {
        return Ok(());
    }
    // The clock is read under the locks: who waited for them must not ask for a moment that is over.
    let mut lines = Lines::lock(tx, limits, engine::now(tx).await?).await?;
    let now = engine::now(tx).await?;
    let mut granted = Vec::new();
    for (scope, line) in lines.turns.lines() {
        let Some(pace) = line.limit.pace else { continue };
        match pace.check(line.tat, now) {
            Grant::Now { new_tat } => granted.push((*scope, new_tat)),
            Grant::WaitUntil(until) => {
                let name = format!("{}.calls_per_second", scope.parts().0);
                let retry_after = until.duration_since(now).unsigned_abs();
                return Err(CreateRefused::Pace { name, retry_after });
            }
        }
    }
    lines.turns.grant(granted);
    lines.save(tx, &Default::default()).await?;
    Ok(())
}

/// The scopes of the call that have a pace.
async fn paces_of(tx: &DatabaseTransaction, call: &Call) -> Stored<BTreeMap<Scope, Limit>> {
    let mut found = Vec::new();
    let agent = agents::Entity::find_by_id(call.agent.0).one(tx).await.map_err(failed)?;
    found.extend(agent.map(|row| (Scope::Agent(AgentId(row.id)), row.calls_per_second)));
    let number = numbers::Entity::find()
        .filter(numbers::Column::Organization.eq(call.organization.0))
        .filter(numbers::Column::Number.eq(call.from.as_str()))
        .find_also_related(trunks::Entity)
        .one(tx)
        .await
        .map_err(failed)?;
    if let Some((number, trunk)) = number {
        found.push((Scope::Number(NumberId(number.id)), number.calls_per_second));
        found.extend(trunk.map(|row| (Scope::Trunk(TrunkId(row.id)), row.calls_per_second)));
    }
    if let Some(row) = organizations::Entity::find_by_id(call.organization.0).one(tx).await.map_err(failed)? {
        let caps = organizations::from_row(row)?.caps;
        found.push((Scope::Organization(OrganizationId(call.organization.0)), caps.calls_per_second));
    }
    let limits = found.into_iter().map(|(scope, rate)| (scope, limit(rate, None)));
    Ok(limits.filter(|(_, limit)| !limit.is_none()).collect())
}
