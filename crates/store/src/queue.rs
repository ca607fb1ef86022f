//! The durable queue: leases with a fencing epoch, behind [`CallQueue`].
//!
//! Law: a call is held by at most one node; whoever lost a lease cannot write; a call that may have rung is never
//! queued again.

use std::collections::HashMap;
use std::sync::Arc;

use app::ports::store::{AboutToDial, CallQueue, ClaimedCall, Claims, DialGuard, Lease, NewEvent, StoreError};
use async_trait::async_trait;
use domain::call::Call;
use domain::outcome::EndReason;
use domain::time::Timestamp;
use domain::trunk::Trunk;
use domain::{AttemptId, NodeId, TrunkId};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use crate::agents::version;
use crate::errors::failed;
use crate::events::{Beside, held, known_events, standing, write};
use crate::rows::{agents, calls, micros, numbers, queue, suppressions, trunks, wallets};
use crate::sealed::Secrets;
use crate::together::only;
use crate::version_cache::VersionCache;
use crate::{SqlStore, Stored};

/// Calls that one sweep takes over; what is left comes with the next.
const SWEEP: u64 = 500;
/// A call whose trunk cannot be found waits this long, so that it does not stand in the way of others.
const POSTPONED_US: i64 = 60_000_000;

#[async_trait]
impl CallQueue for SqlStore {
    async fn claim(&self, node: NodeId, limit: u32, now: Timestamp, until: Timestamp) -> Stored<Claims> {
        let waiting = queue::Entity::find().filter(due(now)).limit(1).one(&self.reads).await.map_err(failed)?;
        if waiting.is_none() || limit == 0 {
            return Ok(Claims::default());
        }
        let known = Known { versions: self.versions.clone(), secrets: self.secrets.clone() };
        self.writer.run(move |tx| Box::pin(async move { claim(tx, &known, node, limit, now, until).await })).await
    }

    async fn requeue(&self, lease: Lease, at: Timestamp) -> Stored<()> {
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    if held(tx, lease).await?.dialed.is_some() {
                        return Err(StoreError::Fenced);
                    }
                    queue::Entity::update_many()
                        .col_expr(queue::Column::DueAt, Expr::value(micros(at)))
                        .col_expr(queue::Column::Owner, Expr::value(None::<Uuid>))
                        .col_expr(queue::Column::LeaseUntil, Expr::value(None::<i64>))
                        .col_expr(queue::Column::Trunk, Expr::value(None::<Uuid>))
                        .filter(queue::Column::Call.eq(lease.call.0))
                        .exec(tx)
                        .await
                        .map_err(failed)?;
                    Ok(())
                })
            })
            .await
    }

    async fn heartbeat(&self, node: NodeId, until: Timestamp) -> Stored<u64> {
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    let done = queue::Entity::update_many()
                        .col_expr(queue::Column::LeaseUntil, Expr::value(micros(until)))
                        .filter(queue::Column::Owner.eq(node.0))
                        .exec(tx)
                        .await
                        .map_err(failed)?;
                    Ok(done.rows_affected)
                })
            })
            .await
    }

    async fn sweep(&self, node: NodeId, now: Timestamp, until: Timestamp) -> Stored<Vec<(Lease, Call)>> {
        let lapsed = queue::Entity::find().filter(lapsed(now)).limit(1).one(&self.reads).await.map_err(failed)?;
        if lapsed.is_none() {
            return Ok(Vec::new());
        }
        self.writer.run(move |tx| Box::pin(async move { sweep(tx, node, now, until).await })).await
    }

    async fn about_to_dial(
        &self,
        lease: Lease,
        call: &Call,
        attempt: AttemptId,
        fact: NewEvent,
        _guard: DialGuard,
    ) -> Stored<AboutToDial> {
        let call = call.clone();
        self.writer.run(move |tx| Box::pin(async move { about_to_dial(tx, lease, &call, attempt, fact).await })).await
    }

    async fn live_calls(&self, trunk: TrunkId, now: Timestamp) -> Stored<u64> {
        queue::Entity::find()
            .filter(queue::Column::LeaseUntil.gt(micros(now)))
            .filter(queue::Column::Trunk.eq(trunk.0))
            .count(&self.reads)
            .await
            .map_err(failed)
    }
}

/// What a claim needs beside the rows.
struct Known {
    versions: Arc<VersionCache>,
    secrets: Arc<Secrets>,
}

fn due(now: Timestamp) -> Condition {
    Condition::all().add(queue::Column::Owner.is_null()).add(queue::Column::DueAt.lte(micros(now)))
}

fn lapsed(now: Timestamp) -> Condition {
    Condition::all().add(queue::Column::Owner.is_not_null()).add(queue::Column::LeaseUntil.lte(micros(now)))
}

async fn claim(
    tx: &DatabaseTransaction,
    known: &Known,
    node: NodeId,
    limit: u32,
    now: Timestamp,
    until: Timestamp,
) -> Stored<Claims> {
    let due = queue::Entity::find()
        .filter(due(now))
        .order_by_asc(queue::Column::DueAt)
        .order_by_asc(queue::Column::Sequence)
        .limit(u64::from(limit))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(failed)?;
    let calls = calls_of(tx, &due).await?;
    let trunks = trunks_of(tx, &known.secrets, calls.values()).await?;
    let limits = limits_of(tx, calls.values()).await?;
    let mut claimed = Vec::with_capacity(due.len());
    let mut by_trunk: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let mut stranded = Vec::new();
    for row in &due {
        let call = calls.get(&row.call).cloned();
        let trunk = call.as_ref().and_then(|c| trunks.get(&(c.organization.0, c.from.as_str().to_owned()))).cloned();
        let (Some(call), Some(trunk)) = (call, trunk) else {
            tracing::error!(call.id = %domain::CallId(row.call), "a queued call has lost its row or its trunk; postponed");
            stranded.push(row.call);
            continue;
        };
        let version = version(tx, &known.versions, call.agent_version).await?;
        let version = version.ok_or_else(|| StoreError::Corrupt("agent version of a queued call".to_owned()))?;
        by_trunk.entry(trunk.id.0).or_default().push(row.call);
        claimed.push(ClaimedCall {
            lease: queue::next_lease(row, node),
            agent_calls_per_second: limits.get(&call.agent.0).copied().flatten(),
            call,
            version,
            trunk,
        });
    }
    for (trunk, calls) in by_trunk {
        take(tx, node, until, calls, Some(trunk)).await?;
    }
    postpone(tx, now, stranded).await?;
    let more = due.len() as u64 >= u64::from(limit);
    Ok(Claims { calls: claimed, next_due: None, more })
}

/// Hands rows to `node` under a new epoch.
async fn take(
    tx: &DatabaseTransaction,
    node: NodeId,
    until: Timestamp,
    calls: Vec<Uuid>,
    trunk: Option<Uuid>,
) -> Stored<()> {
    let mut update = queue::Entity::update_many()
        .col_expr(queue::Column::Owner, Expr::value(node.0))
        .col_expr(queue::Column::LeaseUntil, Expr::value(micros(until)))
        .col_expr(queue::Column::Epoch, Expr::col(queue::Column::Epoch).add(1));
    if trunk.is_some() {
        update = update.col_expr(queue::Column::Trunk, Expr::value(trunk));
    }
    update.filter(queue::Column::Call.is_in(calls)).exec(tx).await.map_err(failed)?;
    Ok(())
}

async fn postpone(tx: &DatabaseTransaction, now: Timestamp, calls: Vec<Uuid>) -> Stored<()> {
    if calls.is_empty() {
        return Ok(());
    }
    queue::Entity::update_many()
        .col_expr(queue::Column::DueAt, Expr::value(micros(now) + POSTPONED_US))
        .filter(queue::Column::Call.is_in(calls))
        .exec(tx)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn calls_of(tx: &DatabaseTransaction, rows: &[queue::Model]) -> Stored<HashMap<Uuid, Call>> {
    let found = calls::Entity::find()
        .filter(calls::Column::Id.is_in(rows.iter().map(|row| row.call)))
        .all(tx)
        .await
        .map_err(failed)?;
    found.into_iter().map(|row| Ok((row.id, calls::from_row(row)?))).collect()
}

/// Trunks by tenant and caller number.
async fn trunks_of(
    tx: &DatabaseTransaction,
    secrets: &Secrets,
    calls: impl Iterator<Item = &Call>,
) -> Stored<HashMap<(Uuid, String), Arc<Trunk>>> {
    let mut wanted: Vec<(Uuid, String)> =
        calls.map(|call| (call.organization.0, call.from.as_str().to_owned())).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found = numbers::Entity::find()
        .filter(numbers::Column::Number.is_in(wanted.iter().map(|(_, number)| number.as_str())))
        .find_also_related(trunks::Entity)
        .all(tx)
        .await
        .map_err(failed)?;
    let mut map = HashMap::new();
    for (number, trunk) in found {
        if let Some(trunk) = trunk {
            map.insert((number.organization, number.number), Arc::new(trunks::from_row(trunk, secrets)?));
        }
    }
    Ok(map)
}

/// Limits on call starts by agent.
async fn limits_of(tx: &DatabaseTransaction, calls: impl Iterator<Item = &Call>) -> Stored<HashMap<Uuid, Option<f64>>> {
    let mut wanted: Vec<Uuid> = calls.map(|call| call.agent.0).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found: Vec<(Uuid, Option<f64>)> = agents::Entity::find()
        .select_only()
        .columns([agents::Column::Id, agents::Column::CallsPerSecond])
        .filter(agents::Column::Id.is_in(wanted))
        .into_tuple()
        .all(tx)
        .await
        .map_err(failed)?;
    Ok(found.into_iter().collect())
}

async fn sweep(tx: &DatabaseTransaction, node: NodeId, now: Timestamp, until: Timestamp) -> Stored<Vec<(Lease, Call)>> {
    queue::Entity::update_many()
        .col_expr(queue::Column::Owner, Expr::value(None::<Uuid>))
        .col_expr(queue::Column::LeaseUntil, Expr::value(None::<i64>))
        .col_expr(queue::Column::Trunk, Expr::value(None::<Uuid>))
        .filter(lapsed(now))
        .filter(queue::Column::Dialed.is_null())
        .exec(tx)
        .await
        .map_err(failed)?;
    let rung = queue::Entity::find()
        .filter(lapsed(now))
        .order_by_asc(queue::Column::Sequence)
        .limit(SWEEP)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(failed)?;
    if rung.is_empty() {
        return Ok(Vec::new());
    }
    take(tx, node, until, rung.iter().map(|row| row.call).collect(), None).await?;
    let mut calls = calls_of(tx, &rung).await?;
    let lost = rung.iter().filter_map(|row| Some((queue::next_lease(row, node), calls.remove(&row.call)?)));
    Ok(lost.collect())
}

async fn about_to_dial(
    tx: &DatabaseTransaction,
    lease: Lease,
    call: &Call,
    attempt: AttemptId,
    fact: NewEvent,
) -> Stored<AboutToDial> {
    let standing = standing(tx, lease, std::slice::from_ref(&fact)).await?;
    // The lease is asked for a repeat too: whoever stood still since the first time learns here that it lost the call.
    if !standing.held {
        return Err(StoreError::Fenced);
    }
    if standing.knows_facts {
        let known = known_events(tx, &[fact]).await?.pop().ok_or(StoreError::Fenced)?;
        return Ok(AboutToDial::Committed(known));
    }
    if standing.dialed {
        return Err(StoreError::Fenced);
    }
    if suppressed(tx, call).await? {
        return Ok(AboutToDial::Forbidden(EndReason::Suppressed));
    }
    if call.price.is_some() && frozen(tx, call).await? {
        return Ok(AboutToDial::Forbidden(EndReason::InsufficientFunds));
    }
    let call = Call { attempt: Some(attempt), ..call.clone() };
    let written = write(tx, &call, standing.last_event, &[&fact], Beside::Dialed(attempt)).await?;
    written.into_iter().next().map(AboutToDial::Committed).ok_or(StoreError::Fenced)
}

/// The do-not-call list as it stands in this very transaction: an entry that was answered stops every later dial.
/// The hold is there since the create; what may have changed is that the operator froze or took away the wallet.
async fn frozen(tx: &DatabaseTransaction, call: &Call) -> Stored<bool> {
    let wallet = only(wallets::Entity::find_by_id(call.organization.0), tx).await?;
    Ok(wallet.is_none_or(|wallet| wallet.frozen_at.is_some()))
}

async fn suppressed(tx: &DatabaseTransaction, call: &Call) -> Stored<bool> {
    let entries = suppressions::Entity::find()
        .filter(suppressions::Column::Organization.eq(call.organization.0))
        .filter(suppressions::Column::Number.eq(call.to.as_str()))
        .count(tx);
    Ok(entries.await.map_err(failed)? > 0)
}
