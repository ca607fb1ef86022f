//! A turn by pace that is taken when a call is stored, for doors that answer 429 at once instead of letting calls wait.

use std::collections::BTreeMap;

use app::ports::store::{CreateRefused, WayOut};
use domain::call::Call;
use machines::pacing::{Grant, Limit};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::lines::Lines;
use super::routes::limit;
use super::scope::Scope;
use crate::Stored;
use crate::engine;
use crate::errors::failed;
use crate::rows::{agents, numbers, organizations, paces, trunks};
use crate::together::{Answers, Question, Together};
use crate::transaction::Transaction;

/// The rows that say the paces of a call's scopes.
pub(crate) struct Rates {
    /// Scopes whose rows have a column for it.
    columns: Vec<(Scope, Question)>,
    organization: (Scope, Question),
}

impl Rates {
    /// Asks.
    pub(crate) fn ask(together: &mut Together, call: &Call, way: WayOut) -> Self {
        let [agent, number, organization, trunk] = scopes(call, way);
        let of_agent = agents::Entity::find()
            .select_only()
            .column(agents::Column::CallsPerSecond)
            .filter(agents::Column::Id.eq(call.agent.0));
        let of_number = numbers::Entity::find()
            .select_only()
            .column(numbers::Column::CallsPerSecond)
            .filter(numbers::Column::Id.eq(way.number.0));
        let of_trunk = trunks::Entity::find()
            .select_only()
            .column(trunks::Column::CallsPerSecond)
            .filter(trunks::Column::Id.eq(way.trunk.0));
        let columns = vec![
            (agent, together.ask(of_agent.into_query())),
            (number, together.ask(of_number.into_query())),
            (trunk, together.ask(of_trunk.into_query())),
        ];
        let of_organization = organizations::Entity::find_by_id(call.organization.0).into_query();
        Self { columns, organization: (organization, together.ask(of_organization)) }
    }

    /// The scopes that have a pace.
    pub(crate) fn read(&self, answers: &Answers) -> Stored<BTreeMap<Scope, Limit>> {
        let mut limits = BTreeMap::new();
        for (scope, asked) in &self.columns {
            let Some(row) = answers.to(*asked).next() else { continue };
            limits.insert(*scope, limit(row.try_get("", "calls_per_second").map_err(failed)?, None));
        }
        let (scope, asked) = self.organization;
        for row in answers.rows::<organizations::Model>(asked)? {
            limits.insert(scope, limit(organizations::from_row(row)?.caps.calls_per_second, None));
        }
        limits.retain(|_, limit| !limit.is_none());
        Ok(limits)
    }
}

fn scopes(call: &Call, way: WayOut) -> [Scope; 4] {
    [
        Scope::Agent(call.agent),
        Scope::Number(way.number),
        Scope::Organization(call.organization),
        Scope::Trunk(way.trunk),
    ]
}

/// What is asked about a call's turn in each of its scopes: their paces, and where those stand.
pub(crate) struct TurnAtOnce {
    rates: Rates,
    paces: Question,
}

impl TurnAtOnce {
    /// Asks, and locks the paces last of all.
    pub(crate) fn ask(together: &mut Together, call: &Call, way: WayOut) -> Self {
        let rates = Rates::ask(together, call, way);
        Self { rates, paces: Lines::ask(together, scopes(call, way).into_iter()) }
    }

    /// Takes the turn in each of the scopes, to be written with `write`, or in none and says which refused.
    pub(crate) async fn take(
        &self,
        tx: &Transaction,
        answers: &Answers,
        write: &mut Together,
    ) -> Result<(), CreateRefused> {
        let limits = self.rates.read(answers)?;
        if limits.is_empty() {
            return Ok(());
        }
        // The clock is read under the locks: who waited for them must not ask for a moment that is over.
        let mut now = engine::now(tx).await?;
        let mut lines = match Lines::found(tx, &limits, answers.rows::<paces::Model>(self.paces)?, now).await? {
            Some(lines) => lines,
            None => {
                let lines = Lines::lock(tx, limits, now).await?;
                now = engine::now(tx).await?;
                lines
            }
        };
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
        if let Some(changed) = lines.changed(tx, &Default::default()).await? {
            write.then(&changed);
        }
        Ok(())
    }
}
