//! What goes by age, behind [`RetentionStore`].
//!
//! Law: what is found due is locked and looked at again by the transaction that lets it go; rows that another node holds
//! are passed over. Each batch leaves one entry in the audit log, which lists its calls.

use app::ports::store::{Chore, DueRecording, RetentionRule, RetentionStore};
use async_trait::async_trait;
use domain::audit::{Actor, AuditAction, AuditEntry, Changes, Origin};
use domain::retention::{AgentRetention, Keep, Retention};
use domain::time::Timestamp;
use domain::webhook::DeliveryState;
use domain::{AgentId, AuditId, CallId, NodeId, OrganizationId, RecordingFolderId};
use machines::retention::{Contents, Named};
use sea_orm::prelude::Json;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::content::{empty, without_recording};
use crate::errors::failed;
use crate::rows::{
    agents, callees, calls, chores, deliveries, dials, micros, organizations, outbox, policy_decisions, read_if,
};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored, audit};

#[async_trait]
impl RetentionStore for SqlStore {
    async fn retention_rules(&self) -> Stored<Vec<RetentionRule>> {
        let organization = Expr::col((organizations::Entity, organizations::Column::Id));
        let of_agent = Expr::col((agents::Entity, agents::Column::Retention));
        let of_organization = Expr::col((organizations::Entity, organizations::Column::Retention));
        let mut select = Query::select();
        select
            .column((agents::Entity, agents::Column::Id))
            .column((agents::Entity, agents::Column::Organization))
            .expr_as(of_agent.clone(), "own")
            .expr_as(of_organization.clone(), "general")
            .from(agents::Entity)
            .inner_join(organizations::Entity, organization.equals((agents::Entity, agents::Column::Organization)))
            .cond_where(Condition::any().add(of_agent.is_not_null()).add(of_organization.is_not_null()));
        let rows = self.reads.query_all(&select).await.map_err(failed)?;
        let rules = rows.iter().map(rule).collect::<Stored<Vec<_>>>()?;
        let limited = |kept: &Retention| [kept.recordings_days, kept.transcripts_days] != [Keep::ForEver; 2];
        Ok(rules.into_iter().filter(|rule| limited(&rule.retention)).collect())
    }

    async fn due_recordings(
        &self,
        agent: AgentId,
        folder: RecordingFolderId,
        ended: Timestamp,
        limit: u32,
    ) -> Stored<Vec<DueRecording>> {
        let rows: Vec<(Uuid, String)> = calls::Entity::find()
            .select_only()
            .columns([calls::Column::Id, calls::Column::Recording])
            .filter(calls::Column::Agent.eq(agent.0))
            .filter(calls::Column::RecordingFolder.eq(folder.0))
            .filter(calls::Column::EndedAt.lte(micros(ended)))
            .filter(calls::Column::Recording.is_not_null())
            .order_by_asc(calls::Column::EndedAt)
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(|(id, path)| DueRecording { call: CallId(id), path }).collect())
    }

    async fn purge_recordings(&self, rule: &RetentionRule, calls: Vec<CallId>, at: Timestamp) -> Stored<u64> {
        let rule = *rule;
        self.writer.run(move |tx| Box::pin(async move { purge_recordings(tx, &rule, &calls, at).await })).await
    }

    async fn purge_contents(&self, rule: &RetentionRule, due: Contents, at: Timestamp, limit: u32) -> Stored<u64> {
        // A look costs no turn of the writer.
        let found = calls::Entity::find().select_only().column(calls::Column::Id).filter(due_contents(rule, due));
        let found: Option<Uuid> = found.limit(1).into_tuple().one(&self.reads).await.map_err(failed)?;
        if found.is_none() {
            return Ok(0);
        }
        let rule = *rule;
        self.writer.run(move |tx| Box::pin(async move { purge_contents(tx, &rule, due, at, limit).await })).await
    }

    async fn purge_dials(&self, before: Timestamp, decided: Timestamp, limit: u32) -> Stored<u64> {
        let (before, decided, limit) = (micros(before), micros(decided), u64::from(limit));
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    Ok(purge_dials(tx, before, limit).await? + purge_decisions(tx, decided, limit).await?)
                })
            })
            .await
    }

    async fn calls_named(&self, calls: Vec<CallId>) -> Stored<Vec<(CallId, Named)>> {
        let rows: Vec<(Uuid, Option<i64>, Option<String>, Option<Uuid>)> = calls::Entity::find()
            .select_only()
            .columns([
                calls::Column::Id,
                calls::Column::EndedAt,
                calls::Column::Recording,
                calls::Column::RecordingFolder,
            ])
            .filter(calls::Column::Id.is_in(calls.into_iter().map(|call| call.0)))
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let named = rows.into_iter().map(|(id, ended_at, recording, folder)| {
            let recording = recording.map(|_| folder.map(RecordingFolderId));
            (CallId(id), Named { over: ended_at.is_some(), recording })
        });
        Ok(named.collect())
    }

    async fn recordings_found(&self, folder: RecordingFolderId, calls: Vec<CallId>) -> Stored<()> {
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    calls::Entity::update_many()
                        .col_expr(calls::Column::RecordingFolder, Expr::value(folder.0))
                        .filter(calls::Column::Id.is_in(calls.into_iter().map(|call| call.0)))
                        .filter(calls::Column::Recording.is_not_null())
                        // A session writes the row of a call that is not over.
                        .filter(calls::Column::EndedAt.is_not_null())
                        .exec(tx)
                        .await
                        .map_err(failed)?;
                    Ok(())
                })
            })
            .await
    }

    async fn begin_chore(&self, chore: Chore<'_>) -> Stored<bool> {
        let begin = chores::to_begin(&chore);
        self.writer
            .run(move |tx| Box::pin(async move { Ok(tx.query_one(&begin).await.map_err(failed)?.is_some()) }))
            .await
    }

    async fn end_chore(&self, name: &str, node: NodeId, now: Timestamp) -> Stored<()> {
        let end = chores::Entity::update_many()
            .col_expr(chores::Column::Owner, Expr::value(None::<Uuid>))
            .col_expr(chores::Column::Until, Expr::value(None::<i64>))
            .col_expr(chores::Column::DoneAt, Expr::value(micros(now)))
            .filter(chores::Column::Name.eq(name))
            .filter(chores::Column::Owner.eq(node.0));
        self.writer.run(move |tx| Box::pin(async move { end.exec(tx).await.map(drop).map_err(failed) })).await
    }
}

fn rule(row: &QueryResult) -> Stored<RetentionRule> {
    let id = |column: &str| row.try_get::<Uuid>("", column).map_err(failed);
    let settings = |column: &str| row.try_get::<Option<Json>>("", column).map_err(failed);
    let own: Option<AgentRetention> = read_if("agents.retention", settings("own")?)?;
    let general: Option<Retention> = read_if("organizations.retention", settings("general")?)?;
    Ok(RetentionRule {
        organization: OrganizationId(id("organization")?),
        agent: AgentId(id("id")?),
        retention: own.unwrap_or_default().over(general.unwrap_or_default()),
    })
}

async fn purge_recordings(tx: &Transaction, rule: &RetentionRule, calls: &[CallId], at: Timestamp) -> Stored<u64> {
    let purged: Vec<Uuid> = calls::Entity::find()
        .select_only()
        .column(calls::Column::Id)
        .filter(calls::Column::Id.is_in(calls.iter().map(|call| call.0)))
        .filter(calls::Column::Recording.is_not_null())
        .lock_exclusive()
        .into_tuple()
        .all(tx)
        .await
        .map_err(failed)?;
    without_recording(at).filter(calls::Column::Id.is_in(purged.iter().copied())).exec(tx).await.map_err(failed)?;
    note(tx, rule, AuditAction::RecordingDeleted, rule.retention.recordings_days, &purged, at).await
}

/// Calls of the rule's agent whose contents are due. Both sides of the "or" go by the index of contents, and few rows
/// wait to be told.
fn due_contents(rule: &RetentionRule, due: Contents) -> Condition {
    let fanning = Query::select()
        .column(outbox::Column::Call)
        .from(outbox::Entity)
        .and_where(Expr::col(outbox::Column::Call).is_not_null())
        .take();
    let pending = Query::select()
        .expr(Expr::val(1))
        .from(deliveries::Entity)
        .and_where(Expr::col((deliveries::Entity, deliveries::Column::Call)).equals((calls::Entity, calls::Column::Id)))
        .and_where(Expr::col((deliveries::Entity, deliveries::Column::State)).eq(DeliveryState::Pending.as_str()))
        .take();
    let told = Condition::all().add(calls::Column::Id.not_in_subquery(fanning)).add(Expr::exists(pending).not());
    Condition::all()
        .add(calls::Column::Agent.eq(rule.agent.0))
        .add(calls::Column::EndedAt.lte(micros(due.told)))
        .add(calls::Column::ContentPurgedAt.is_null())
        .add(Condition::any().add(calls::Column::EndedAt.lte(micros(due.untold))).add(told))
}

async fn purge_contents(
    tx: &Transaction,
    rule: &RetentionRule,
    due: Contents,
    at: Timestamp,
    limit: u32,
) -> Stored<u64> {
    let rows = calls::Entity::find()
        .filter(due_contents(rule, due))
        .order_by_asc(calls::Column::EndedAt)
        .limit(u64::from(limit))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(failed)?;
    let purged: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    for row in rows {
        empty(tx, row, at, rule.retention.mask_numbers).await?;
    }
    note(tx, rule, AuditAction::ContentDeleted, rule.retention.transcripts_days, &purged, at).await
}

/// One entry for what a batch let go; none for nothing. Returns of how many calls.
async fn note(
    tx: &Transaction,
    rule: &RetentionRule,
    action: AuditAction,
    keep: Keep,
    purged: &[Uuid],
    at: Timestamp,
) -> Stored<u64> {
    if purged.is_empty() {
        return Ok(0);
    }
    let calls: Vec<String> = purged.iter().map(|id| CallId(*id).to_string()).collect();
    let entry = AuditEntry {
        id: AuditId(Uuid::now_v7()),
        organization: rule.organization,
        at,
        actor: Actor::Retention,
        action,
        resource: rule.agent.to_string(),
        changes: Changes::none().with("kept_days", Option::<u16>::from(keep)).with("calls", calls),
        origin: Origin::default(),
    };
    audit::insert(tx, &entry).await?;
    Ok(purged.len() as u64)
}

/// A number's row is a lock that outlives its use; whoever holds it now is passed over.
async fn purge_dials(tx: &Transaction, before: i64, limit: u64) -> Stored<u64> {
    let old = dials::Entity::find()
        .select_only()
        .column(dials::Column::Call)
        .filter(dials::Column::At.lt(before))
        .limit(limit)
        .into_query();
    let dialed = dials::Entity::delete_many().filter(dials::Column::Call.in_subquery(old));
    let mut gone = dialed.exec(tx).await.map_err(failed)?.rows_affected;
    let unused = Condition::any().add(callees::Column::UsedAt.is_null()).add(callees::Column::UsedAt.lt(before));
    let numbers = callees::Entity::find()
        .filter(unused.clone())
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await
        .map_err(failed)?;
    for row in numbers {
        let delete = callees::Entity::delete_many()
            .filter(callees::Column::Organization.eq(row.organization))
            .filter(callees::Column::Number.eq(row.number))
            .filter(unused.clone());
        gone += delete.exec(tx).await.map_err(failed)?.rows_affected;
    }
    Ok(gone)
}

/// A decision that is noted takes older ones of its organization along; this takes those where nothing is decided any more.
async fn purge_decisions(tx: &Transaction, before: i64, limit: u64) -> Stored<u64> {
    let old = policy_decisions::Entity::find()
        .select_only()
        .column(policy_decisions::Column::Id)
        .filter(policy_decisions::Column::At.lt(before))
        .limit(limit)
        .into_query();
    let delete = policy_decisions::Entity::delete_many().filter(policy_decisions::Column::Id.in_subquery(old));
    Ok(delete.exec(tx).await.map_err(failed)?.rows_affected)
}
