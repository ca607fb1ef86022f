//! What was used, added up from the calls themselves.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::time::Timestamp;
use domain::wallet::Usage;
use domain::{ApiKeyId, OrganizationId};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::Stored;
use crate::errors::failed;
use crate::rows::{calls, micros, moment};

const DAY: i64 = 86_400 * 1_000_000;
/// Rows that are read at once.
const STEP: u64 = 2_000;

type Row = (i64, i64, String, Option<Uuid>, Option<i64>, Option<i64>, Option<i64>);

/// One row for each day, agent and key. Added up here and not by the database: dates are no common ground of engines.
pub(super) async fn by_day(
    reads: &DatabaseConnection,
    organization: OrganizationId,
    from: Timestamp,
    to: Timestamp,
) -> Stored<Vec<Usage>> {
    let mut days: BTreeMap<(i64, String, Option<Uuid>), Usage> = BTreeMap::new();
    let mut after = 0;
    loop {
        let rows: Vec<Row> = calls::Entity::find()
            .select_only()
            .columns([
                calls::Column::Sequence,
                calls::Column::CreatedAt,
                calls::Column::AgentSlug,
                calls::Column::ApiKey,
                calls::Column::AnsweredAt,
                calls::Column::EndedAt,
                calls::Column::Cost,
            ])
            .filter(calls::Column::Organization.eq(organization.0))
            .filter(calls::Column::CreatedAt.gte(micros(from)))
            .filter(calls::Column::CreatedAt.lt(micros(to)))
            .filter(calls::Column::Sequence.gt(after))
            .order_by_asc(calls::Column::Sequence)
            .limit(STEP)
            .into_tuple()
            .all(reads)
            .await
            .map_err(failed)?;
        let Some(last) = rows.last() else { break };
        after = last.0;
        for row in rows {
            add(&mut days, row)?;
        }
    }
    Ok(days.into_values().collect())
}

fn add(days: &mut BTreeMap<(i64, String, Option<Uuid>), Usage>, row: Row) -> Stored<()> {
    let (_, created_at, agent, key, answered_at, ended_at, cost) = row;
    let begin = created_at.div_euclid(DAY) * DAY;
    let day = moment(begin)?;
    let usage = days.entry((begin, agent.clone(), key)).or_insert_with(|| Usage {
        day,
        agent,
        key: key.map(ApiKeyId),
        calls: 0,
        answered: 0,
        talk_ms: 0,
        cost: Money::ZERO,
    });
    usage.calls += 1;
    usage.answered += u64::from(answered_at.is_some());
    if let (Some(answered), Some(ended)) = (answered_at, ended_at) {
        usage.talk_ms += u64::try_from((ended - answered) / 1_000).unwrap_or(0);
    }
    usage.cost = usage.cost + Money::from_micros(cost.unwrap_or(0));
    Ok(())
}
