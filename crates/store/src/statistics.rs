//! Sums over many calls, behind [`StatisticsStore`].

use std::collections::BTreeMap;

use app::ports::store::{Alike, LastDial, NewEvent, Span, StatisticsStore};
use async_trait::async_trait;
use domain::call::Call;
use domain::call_event::CallFact;
use domain::money::Money;
use domain::outcome::{CallStatus, EndReason};
use domain::reply_latency::ReplyLatency;
use domain::time::Timestamp;
use domain::{AgentId, OrganizationId, TrunkId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::errors::failed;
use crate::rows::{calls, micros, moment_if, numbers, reply_latencies, unreadable};
use crate::together::Together;
use crate::{SqlStore, Stored};

const DAY_US: i64 = 86_400_000_000;

fn day_of(at: Timestamp) -> i64 {
    micros(at).div_euclid(DAY_US)
}

/// Counts the replies among these facts; one order for all, so that two commits never wait for each other.
pub(crate) fn count_replies(together: &mut Together, call: &Call, facts: &[&NewEvent]) {
    let mut replies: BTreeMap<(i64, u16), i64> = BTreeMap::new();
    for event in facts {
        if let CallFact::Turn(turn) = &event.fact
            && let Some(latency) = turn.latency
        {
            *replies.entry((day_of(event.at), ReplyLatency::bucket(latency.total_ms))).or_default() += 1;
        }
    }
    for ((day, bucket), replies) in replies {
        together.then(&reply_latencies::to_count(reply_latencies::Model {
            organization: call.organization.0,
            day,
            agent: call.agent.0,
            bucket: i64::from(bucket),
            replies,
        }));
    }
}

fn column(of: calls::Column) -> SimpleExpr {
    Expr::col((calls::Entity, of))
}

#[async_trait]
impl StatisticsStore for SqlStore {
    async fn alike(&self, organization: OrganizationId, span: Span) -> Stored<Vec<Alike>> {
        use calls::Column as C;
        let groups = [
            ("day", column(C::CreatedAt).div(DAY_US)),
            ("status", column(C::Status)),
            ("end_reason", column(C::EndReason)),
            ("outcome_name", Expr::cust("outcome ->> 'name'")),
            ("currency", Expr::cust("price ->> 'currency'")),
        ];
        let mut select = Query::select();
        select
            .expr_as(Expr::cust("count(*)"), Alias::new("calls"))
            .expr_as(column(C::AnsweredAt).count(), Alias::new("answered"))
            .expr_as(Expr::cust("cast(coalesce(sum(cost), 0) AS bigint)"), Alias::new("cost"))
            .from(calls::Entity)
            .and_where(C::Organization.eq(organization.0))
            .and_where(C::CreatedAt.gte(micros(span.from)))
            .and_where(C::CreatedAt.lt(micros(span.to)))
            .cond_where(Condition::all().add_option(span.agent.map(|agent| C::Agent.eq(agent.0))));
        for (name, group) in groups {
            select.expr_as(group, Alias::new(name)).add_group_by([Expr::cust(name)]);
        }
        let rows = self.reads.query_all(&select).await.map_err(failed)?;
        rows.iter().map(|row| alike(row).map_err(failed)?).collect()
    }

    async fn reply_latency(&self, organization: OrganizationId, span: Span) -> Stored<ReplyLatency> {
        use reply_latencies::Column as C;
        let rows = reply_latencies::Entity::find()
            .filter(C::Organization.eq(organization.0))
            .filter(C::Day.between(day_of(span.from), day_of(span.to)))
            .filter(Condition::all().add_option(span.agent.map(|agent| C::Agent.eq(agent.0))))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let mut latency = ReplyLatency::default();
        for row in rows {
            let bucket = u16::try_from(row.bucket).map_err(|_| unreadable("reply_latencies.bucket"))?;
            latency.add(bucket, u64::try_from(row.replies).unwrap_or_default());
        }
        Ok(latency)
    }

    async fn unfinished(&self, organization: OrganizationId, agent: Option<AgentId>) -> Stored<Vec<(CallStatus, u64)>> {
        let rows: Vec<(String, i64)> = calls::Entity::find()
            .select_only()
            .column(calls::Column::Status)
            .column_as(calls::Column::Id.count(), "calls")
            .filter(calls::Column::Organization.eq(organization.0))
            .filter(calls::Column::EndedAt.is_null())
            .filter(Condition::all().add_option(agent.map(|agent| calls::Column::Agent.eq(agent.0))))
            .group_by(calls::Column::Status)
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let counted = rows.into_iter().map(|(status, calls)| {
            let status = CallStatus::parse(&status).ok_or_else(|| unreadable("calls.status"))?;
            Ok((status, u64::try_from(calls).unwrap_or_default()))
        });
        counted.collect()
    }

    async fn calls_over(&self, organization: OrganizationId, trunk: TrunkId, limit: u32) -> Stored<Vec<LastDial>> {
        let numbers = numbers::Entity::find()
            .select_only()
            .column(numbers::Column::Number)
            .filter(numbers::Column::Organization.eq(organization.0))
            .filter(numbers::Column::Trunk.eq(trunk.0));
        let rows: Vec<(Option<i64>, Option<String>, Option<i64>)> = calls::Entity::find()
            .select_only()
            .columns([calls::Column::EndedAt, calls::Column::EndReason, calls::Column::AnsweredAt])
            .filter(calls::Column::Organization.eq(organization.0))
            .filter(calls::Column::FromNumber.in_subquery(numbers.into_query()))
            .filter(calls::Column::DialedAt.is_not_null())
            .filter(calls::Column::EndedAt.is_not_null())
            .order_by_desc(calls::Column::CreatedAt)
            .order_by_desc(calls::Column::Id)
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let dials = rows.into_iter().map(|(ended_at, end_reason, answered_at)| {
            let end_reason = end_reason.and_then(|text| EndReason::parse(&text));
            Ok(LastDial {
                ended_at: moment_if(ended_at)?.ok_or_else(|| unreadable("calls.ended_at"))?,
                end_reason: end_reason.ok_or_else(|| unreadable("calls.end_reason"))?,
                answered: answered_at.is_some(),
            })
        });
        dials.collect()
    }
}

/// The outer error is the engine's, the inner one that of what it holds.
fn alike(row: &sea_orm::QueryResult) -> Result<Stored<Alike>, sea_orm::DbErr> {
    let status: String = row.try_get("", "status")?;
    let end_reason: Option<String> = row.try_get("", "end_reason")?;
    let Some(status) = CallStatus::parse(&status) else { return Ok(Err(unreadable("calls.status"))) };
    let end_reason = match end_reason.map(|text| EndReason::parse(&text).ok_or_else(|| unreadable("calls.end_reason")))
    {
        None => None,
        Some(Ok(reason)) => Some(reason),
        Some(Err(error)) => return Ok(Err(error)),
    };
    let whole = |name: &str| row.try_get::<i64>("", name);
    Ok(Ok(Alike {
        day: whole("day")?,
        status,
        end_reason,
        outcome: row.try_get("", "outcome_name")?,
        currency: row.try_get("", "currency")?,
        calls: u64::try_from(whole("calls")?).unwrap_or_default(),
        answered: u64::try_from(whole("answered")?).unwrap_or_default(),
        cost: Money::from_micros(whole("cost")?),
    }))
}
