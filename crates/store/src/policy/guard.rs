//! The last word before an INVITE, and what it waits for.

use std::collections::BTreeMap;

use app::ports::store::{DECISIONS_KEPT, DialGuard, NumberStanding};
use domain::call::Call;
use domain::callee::Callee;
use domain::policy_decision::{PolicyDecision, PolicyStage};
use domain::suppression::Suppression;
use domain::time::Timestamp;
use domain::{AttemptId, OrganizationId, PolicyDecisionId};
use machines::policy::{self, Reason};
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select, Set,
};

use uuid::Uuid;

use crate::Stored;
use crate::errors::failed;
use crate::rows::{callees, dials, micros, numbers, policy_decisions, queue, suppressions, unreadable};
use crate::together::{Answers, Question, Together, only};
use crate::transaction::Transaction;

/// Takes the number's row until the transaction is over.
pub(crate) async fn lock(tx: &Transaction, organization: OrganizationId, number: &Callee) -> Stored<()> {
    tx.execute(&to_lock(organization, number)).await.map(drop).map_err(failed)
}

/// Takes the row of a number.
pub(crate) fn to_lock(organization: OrganizationId, number: &Callee) -> InsertStatement {
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
    callees::Entity::insert(row).on_conflict(again).into_query()
}

/// Puts a number on the list, unless it is there already by an entry that stays.
pub(crate) async fn suppress(tx: &Transaction, entry: &Suppression) -> Stored<()> {
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
    tx: &Transaction,
    organization: OrganizationId,
    number: &Callee,
) -> Stored<Option<Suppression>> {
    only(entry_of(organization, number), tx).await?.map(suppressions::from_row).transpose()
}

/// The number's entry on the do-not-call list.
pub(super) fn entry_of(organization: OrganizationId, number: &Callee) -> Select<suppressions::Entity> {
    suppressions::Entity::find()
        .filter(suppressions::Column::Organization.eq(organization.0))
        .filter(suppressions::Column::Number.eq(number.as_str()))
}

/// A statement that fails if a number of these is on the list or the organization's own; else it does nothing.
pub(crate) fn to_fail_if_listed(numbers: &[(OrganizationId, &Callee)]) -> InsertStatement {
    let mut by_organization: BTreeMap<Uuid, Vec<&str>> = BTreeMap::new();
    for (organization, number) in numbers {
        by_organization.entry(organization.0).or_default().push(number.as_str());
    }
    let (mut entries, mut own) = (Condition::any(), Condition::any());
    for (organization, numbers) in by_organization {
        let of = |tenant: Expr, number: Expr| tenant.eq(organization).and(number.is_in(numbers.iter().copied()));
        entries =
            entries.add(of(suppressions::Column::Organization.into_expr(), suppressions::Column::Number.into_expr()));
        own = own.add(of(numbers::Column::Organization.into_expr(), numbers::Column::Number.into_expr()));
    }
    let one = |select: &mut SelectStatement| select.clear_selects().expr(Expr::val(1)).take();
    let entries = one(&mut suppressions::Entity::find().filter(entries).into_query());
    let own = one(&mut numbers::Entity::find().filter(own).into_query());
    to_fail_if(Condition::any().add(Expr::exists(entries)).add(Expr::exists(own)))
}

/// A statement that fails if this is true, and else does nothing: it would write a row of the queue without a call.
pub(crate) fn to_fail_if(this: Condition) -> InsertStatement {
    let mut nothing = Query::select();
    nothing
        .expr(Expr::val(None::<Uuid>))
        .expr(Expr::val(0_i64))
        .expr(Expr::val(0_i64))
        .expr(Expr::val(0_i64))
        .cond_where(this);
    let columns = [queue::Column::Call, queue::Column::Sequence, queue::Column::DueAt, queue::Column::Epoch];
    let mut insert = Query::insert();
    insert.into_table(queue::Entity).columns(columns).select_from(nothing).expect("as many values as columns");
    insert
}

/// How a number stands, asked with other questions.
pub(crate) struct StandingAsked {
    entry: Question,
    own: Question,
}

impl StandingAsked {
    /// Asks.
    pub(crate) fn ask(together: &mut Together, organization: OrganizationId, number: &Callee) -> Self {
        Self {
            entry: together.ask(entry_of(organization, number).into_query()),
            own: together.ask(own_number(organization, number).into_query()),
        }
    }

    /// The answer.
    pub(crate) fn read(&self, answers: &Answers) -> Stored<NumberStanding> {
        let entry = answers.rows::<suppressions::Model>(self.entry)?.pop();
        Ok(NumberStanding {
            suppression: entry.map(suppressions::from_row).transpose()?,
            own: answers.to(self.own).next().is_some(),
        })
    }
}

/// The number, if the organization calls from it.
pub(super) fn own_number(organization: OrganizationId, number: &Callee) -> Select<numbers::Entity> {
    numbers::Entity::find()
        .select_only()
        .column(numbers::Column::Id)
        .filter(numbers::Column::Organization.eq(organization.0))
        .filter(numbers::Column::Number.eq(number.as_str()))
}

/// Calls to a number since then.
pub(super) fn dialed_since(organization: OrganizationId, number: &Callee, since: Timestamp) -> Condition {
    Condition::all()
        .add(dials::Column::Organization.eq(organization.0))
        .add(dials::Column::Number.eq(number.as_str()))
        .add(dials::Column::At.gt(micros(since)))
}

/// What is asked in the transaction that says "about to dial".
pub(crate) struct LastWord {
    entry: Question,
    own: Question,
    /// The most that are allowed, and how many there were.
    often: Option<(u32, Question)>,
}

impl LastWord {
    /// Takes the number's row, then asks.
    pub(crate) fn ask(together: &mut Together, call: &Call, guard: &DialGuard) -> Self {
        together.then(&to_lock(call.organization, &call.to));
        let entry = together.ask(entry_of(call.organization, &call.to).into_query());
        let own = together.ask(own_number(call.organization, &call.to).into_query());
        let often = guard.frequency.map(|(most, since)| {
            let dialed = dials::Entity::find()
                .select_only()
                .column_as(dials::Column::Call.count(), "dialed")
                .filter(dialed_since(call.organization, &call.to, since))
                .filter(dials::Column::Call.ne(call.id.0));
            (most, together.ask(dialed.into_query()))
        });
        Self { entry, own, often }
    }

    /// Why the call must not be dialed.
    pub(crate) fn forbids(&self, answers: &Answers, now: Timestamp) -> Stored<Option<Reason>> {
        if answers.to(self.own).next().is_some() {
            return Ok(Some(policy::own_number()));
        }
        let entry = answers.rows::<suppressions::Model>(self.entry)?.pop().map(suppressions::from_row).transpose()?;
        if let Some(reason) = policy::suppressed(entry.as_ref(), now) {
            return Ok(Some(reason));
        }
        let Some((most, asked)) = self.often else { return Ok(None) };
        let counted = answers.to(asked).next().ok_or_else(|| unreadable("number of dials"))?;
        let dialed: i64 = counted.try_get("", "dialed").map_err(failed)?;
        Ok((dialed >= i64::from(most)).then(|| policy::too_often(most)))
    }
}

/// Counts the dial.
pub(crate) fn count(together: &mut Together, call: &Call, now: Timestamp) {
    let row = dials::ActiveModel {
        call: Set(call.id.0),
        organization: Set(call.organization.0),
        number: Set(call.to.as_str().to_owned()),
        at: Set(micros(now)),
    };
    let again = OnConflict::column(dials::Column::Call).update_column(dials::Column::At).to_owned();
    together.then(&dials::Entity::insert(row).on_conflict(again).into_query());
}

/// The decision has the attempt's id: who asks again gets the same answer and leaves one row.
pub(crate) async fn note_once(
    tx: &Transaction,
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
