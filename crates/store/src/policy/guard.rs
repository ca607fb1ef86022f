//! The last word before an INVITE, and what it waits for.

use app::ports::store::{DECISIONS_KEPT, DialGuard};
use domain::call::Call;
use domain::outcome::EndReason;
use domain::phone_number::PhoneNumber;
use domain::policy_decision::{PolicyDecision, PolicyStage};
use domain::suppression::Suppression;
use domain::time::Timestamp;
use domain::{AttemptId, OrganizationId, PolicyDecisionId};
use machines::policy::{self, Reason};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, Set};

use crate::Stored;
use crate::errors::failed;
use crate::rows::{callees, dials, micros, policy_decisions, suppressions};

/// Takes the number's row until the transaction is over.
pub(crate) async fn lock(tx: &DatabaseTransaction, organization: OrganizationId, number: &PhoneNumber) -> Stored<()> {
    let row = callees::ActiveModel {
        organization: Set(organization.0),
        number: Set(number.as_str().to_owned()),
        touched: Set(0),
        used_at: Set(Some(micros(Timestamp::now()))),
    };
    let again = OnConflict::columns([callees::Column::Organization, callees::Column::Number])
        .value(callees::Column::Touched, Expr::col((callees::Entity, callees::Column::Touched)).add(1))
        .update_column(callees::Column::UsedAt)
        .to_owned();
    callees::Entity::insert(row).on_conflict(again).exec_without_returning(tx).await.map(drop).map_err(failed)
}

/// Puts a number on the list, unless it is there already by an entry that stays.
pub(crate) async fn suppress(tx: &DatabaseTransaction, entry: &Suppression) -> Stored<()> {
    lock(tx, entry.organization, &entry.number).await?;
    if let Some(listed) = listed(tx, entry.organization, &entry.number).await? {
        if !listed.gives_way_to(entry) {
            return Ok(());
        }
        suppressions::Entity::delete_by_id(listed.id.0).exec(tx).await.map_err(failed)?;
    }
    let row = suppressions::to_row(entry);
    suppressions::Entity::insert(row).exec_without_returning(tx).await.map(drop).map_err(failed)
}

/// The number's entry as it stands in this very transaction.
pub(super) async fn listed(
    tx: &DatabaseTransaction,
    organization: OrganizationId,
    number: &PhoneNumber,
) -> Stored<Option<Suppression>> {
    let row = suppressions::Entity::find()
        .filter(suppressions::Column::Organization.eq(organization.0))
        .filter(suppressions::Column::Number.eq(number.as_str()))
        .one(tx)
        .await
        .map_err(failed)?;
    row.map(suppressions::from_row).transpose()
}

/// Calls to a number since then.
pub(super) fn dialed_since(organization: OrganizationId, number: &PhoneNumber, since: Timestamp) -> Condition {
    Condition::all()
        .add(dials::Column::Organization.eq(organization.0))
        .add(dials::Column::Number.eq(number.as_str()))
        .add(dials::Column::At.gt(micros(since)))
}

/// Why the call must not be dialed, with its row; otherwise the dial is counted.
pub(crate) async fn forbidden(
    tx: &DatabaseTransaction,
    call: &Call,
    attempt: AttemptId,
    now: Timestamp,
    guard: &DialGuard,
) -> Stored<Option<EndReason>> {
    lock(tx, call.organization, &call.to).await?;
    let entry = listed(tx, call.organization, &call.to).await?;
    let reason = match policy::suppressed(entry.as_ref(), now) {
        Some(reason) => Some(reason),
        None => often(tx, call, guard).await?,
    };
    let Some(reason) = reason else {
        count(tx, call, now).await?;
        return Ok(None);
    };
    let end_reason = reason.end_reason();
    note_once(tx, call, attempt, now, reason).await?;
    Ok(Some(end_reason))
}

async fn often(tx: &DatabaseTransaction, call: &Call, guard: &DialGuard) -> Stored<Option<Reason>> {
    let Some((most, since)) = guard.frequency else { return Ok(None) };
    let dialed = dials::Entity::find()
        .filter(dialed_since(call.organization, &call.to, since))
        .filter(dials::Column::Call.ne(call.id.0))
        .count(tx)
        .await
        .map_err(failed)?;
    Ok((dialed >= u64::from(most)).then(|| policy::too_often(most)))
}

async fn count(tx: &DatabaseTransaction, call: &Call, now: Timestamp) -> Stored<()> {
    let row = dials::ActiveModel {
        call: Set(call.id.0),
        organization: Set(call.organization.0),
        number: Set(call.to.as_str().to_owned()),
        at: Set(micros(now)),
    };
    let again = OnConflict::column(dials::Column::Call).update_column(dials::Column::At).to_owned();
    dials::Entity::insert(row).on_conflict(again).exec_without_returning(tx).await.map(drop).map_err(failed)
}

/// The decision has the attempt's id: who asks again gets the same answer and leaves one row.
async fn note_once(
    tx: &DatabaseTransaction,
    call: &Call,
    attempt: AttemptId,
    now: Timestamp,
    reason: Reason,
) -> Stored<()> {
    if policy_decisions::Entity::find_by_id(attempt.0).one(tx).await.map_err(failed)?.is_some() {
        return Ok(());
    }
    let decision = PolicyDecision {
        id: PolicyDecisionId(attempt.0),
        organization: call.organization,
        agent: Some(call.agent),
        number: call.to.clone(),
        at: now,
        stage: PolicyStage::Commit,
        code: reason.code.as_str().to_owned(),
        rule: reason.rule.to_owned(),
        detail: reason.detail,
        allowed_at: reason.allowed_at,
        call: Some(call.id),
        key: call.key,
    };
    super::note(tx, &decision, now - DECISIONS_KEPT).await
}
