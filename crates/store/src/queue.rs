//! The durable queue: leases with a fencing epoch, behind [`CallQueue`].
//!
//! Law: a call is held by at most one node; whoever lost a lease cannot write; a call that may have rung is never
//! queued again.

use std::sync::atomic::Ordering;

use app::ports::store::{AboutToDial, CallQueue, Claims, DialGuard, Lease, NewEvent, StoreError};
use async_trait::async_trait;
use domain::call::Call;
use domain::outcome::EndReason;
use domain::time::Timestamp;
use domain::{AttemptId, CallId, NodeId, TrunkId};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    UpdateMany,
};
use uuid::Uuid;

use crate::claims::{self, Claim, Known, calls_of};
use crate::errors::failed;
use crate::events::{Beside, ask_standing, held, known_events, read_standing, write_after};
use crate::policy::{LastWord, count, note_once};
use crate::rows::{micros, queue, wallets};
use crate::together::{Answers, Question, Together};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

/// Calls that one sweep takes over; what is left comes with the next.
const SWEEP: u64 = 500;
/// Calls that one statement renews.
const RENEWED: usize = 512;

#[async_trait]
impl CallQueue for SqlStore {
    async fn now(&self) -> Stored<Timestamp> {
        crate::engine::now(&self.reads).await
    }

    async fn claim(&self, node: NodeId, limit: u32, now: Timestamp, until: Timestamp) -> Stored<Claims> {
        if limit == 0 {
            return Ok(Claims::default());
        }
        if !self.due_here.swap(false, Ordering::AcqRel) {
            let first = claims::first_due(&self.reads, None).await?;
            if first.is_none_or(|first| first > now) {
                return Ok(Claims { next_due: first, ..Claims::default() });
            }
        }
        let known = Known { versions: self.versions.clone(), secrets: self.secrets.clone() };
        let claim = Claim { node, limit, now, until };
        self.writer.run(move |tx| Box::pin(async move { claims::claim(tx, &known, claim).await })).await
    }

    async fn requeue(&self, lease: Lease, at: Timestamp) -> Stored<()> {
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    if held(tx, lease).await?.dialed.is_some() {
                        return Err(StoreError::Fenced);
                    }
                    freed()
                        .col_expr(queue::Column::DueAt, Expr::value(micros(at)))
                        .filter(queue::Column::Call.eq(lease.call.0))
                        .exec(tx)
                        .await
                        .map_err(failed)?;
                    Ok(())
                })
            })
            .await
    }

    async fn heartbeat(&self, node: NodeId, held: Vec<CallId>, until: Timestamp) -> Stored<u64> {
        self.writer.run(move |tx| Box::pin(async move { renew(tx, node, &held, until).await })).await
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
        guard: DialGuard,
    ) -> Stored<AboutToDial> {
        let call = call.clone();
        self.writer
            .run(move |tx| Box::pin(async move { about_to_dial(tx, lease, &call, attempt, fact, &guard).await }))
            .await
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

fn lapsed(now: Timestamp) -> Condition {
    Condition::all().add(queue::Column::Owner.is_not_null()).add(queue::Column::LeaseUntil.lte(micros(now)))
}

/// Rows that nobody holds from now on.
fn freed() -> UpdateMany<queue::Entity> {
    queue::Entity::update_many()
        .col_expr(queue::Column::Owner, Expr::value(None::<Uuid>))
        .col_expr(queue::Column::LeaseUntil, Expr::value(None::<i64>))
}

async fn renew(tx: &Transaction, node: NodeId, held: &[CallId], until: Timestamp) -> Stored<u64> {
    let mut renewed = 0;
    for calls in held.chunks(RENEWED) {
        // Sizes in steps of two, the last call repeated, so that few different statements are prepared.
        let padding = std::iter::repeat_n(calls.last(), calls.len().next_power_of_two() - calls.len()).flatten();
        let done = queue::Entity::update_many()
            .col_expr(queue::Column::LeaseUntil, Expr::value(micros(until)))
            .filter(queue::Column::Owner.eq(node.0))
            .filter(queue::Column::Call.is_in(calls.iter().chain(padding).map(|call| call.0)))
            .exec(tx)
            .await
            .map_err(failed)?;
        renewed += done.rows_affected;
    }
    Ok(renewed)
}

/// Hands rows to `node` under a new epoch.
async fn take(tx: &Transaction, node: NodeId, until: Timestamp, calls: Vec<Uuid>) -> Stored<()> {
    queue::Entity::update_many()
        .col_expr(queue::Column::Owner, Expr::value(node.0))
        .col_expr(queue::Column::LeaseUntil, Expr::value(micros(until)))
        .col_expr(queue::Column::Epoch, Expr::col(queue::Column::Epoch).add(1))
        .filter(queue::Column::Call.is_in(calls))
        .exec(tx)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn sweep(tx: &Transaction, node: NodeId, now: Timestamp, until: Timestamp) -> Stored<Vec<(Lease, Call)>> {
    freed().filter(lapsed(now)).filter(queue::Column::Dialed.is_null()).exec(tx).await.map_err(failed)?;
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
    take(tx, node, until, rung.iter().map(|row| row.call).collect()).await?;
    let mut calls = calls_of(tx, rung.iter().map(|row| row.call)).await?;
    let lost = rung.iter().filter_map(|row| Some((queue::next_lease(row, node), calls.remove(&row.call)?)));
    Ok(lost.collect())
}

async fn about_to_dial(
    tx: &Transaction,
    lease: Lease,
    call: &Call,
    attempt: AttemptId,
    fact: NewEvent,
    guard: &DialGuard,
) -> Stored<AboutToDial> {
    let mut look = Together::on(tx);
    let asked = ask_standing(&mut look, lease, std::slice::from_ref(&fact));
    let last_word = LastWord::ask(&mut look, call, guard);
    let wallet = call.price.is_some().then(|| look.ask(wallets::Entity::find_by_id(call.organization.0).into_query()));
    let answers = look.answers(tx).await?;
    let standing = read_standing(tx, &answers, asked, std::slice::from_ref(&fact)).await?;
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
    if let Some(asked) = wallet
        && frozen(&answers, asked)?
    {
        return Ok(AboutToDial::Forbidden(EndReason::InsufficientFunds));
    }
    if let Some(reason) = last_word.forbids(&answers, fact.at)? {
        let end_reason = reason.end_reason();
        note_once(tx, call, attempt, fact.at, reason).await?;
        return Ok(AboutToDial::Forbidden(end_reason));
    }
    let call = Call { attempt: Some(attempt), ..call.clone() };
    let mut together = Together::on(tx);
    count(&mut together, &call, fact.at);
    let dialed = Beside::Dialed(attempt);
    let written = write_after(together, tx, &call, standing.last_event, &[&fact], dialed).await?;
    written.into_iter().next().map(AboutToDial::Committed).ok_or(StoreError::Fenced)
}

/// The hold is there since the create; what may have changed is that the operator froze or took away the wallet.
fn frozen(answers: &Answers, asked: Question) -> Stored<bool> {
    let wallet = answers.rows::<wallets::Model>(asked)?.pop();
    Ok(wallet.is_none_or(|wallet| wallet.frozen_at.is_some()))
}
