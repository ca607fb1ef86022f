//! What policy goes by and what it decided, behind [`PolicyStore`].
//!
//! Law: whoever dials a number and whoever keeps it from being dialed take the same row first (`lock`), so that an
//! opt-out that was committed before "about to dial" stops the dial on every engine, and calls to one person are counted
//! one after the other.

use std::collections::HashMap;

use app::ports::store::{
    ContactFilter, DecisionFilter, NumberStanding, Page, PolicyStore, StoreError, SuppressionFilter,
};
use async_trait::async_trait;
use domain::callee::Callee;
use domain::contact::{Consent, Contact};
use domain::policy_decision::PolicyDecision;
use domain::suppression::Suppression;
use domain::time::Timestamp;
use domain::{ConsentId, ContactId, OrganizationId};
use sea_orm::sea_query::{Expr, LikeExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::cursor::Cursor;
use crate::errors::failed;
use crate::rows::{consents, contact_numbers, contacts, dials, micros, moment, policy_decisions, suppressions};
use crate::together::{Together, only};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

mod guard;
mod people;

pub(crate) use guard::{
    LastWord, StandingAsked, count, lock, note_once, suppress, to_fail_if, to_fail_if_listed, to_lock,
};

/// What of a filter is asked of the contact's own row.
fn found(filter: &ContactFilter) -> Condition {
    let mut wanted =
        Condition::all().add_option(filter.external_id.as_deref().map(|id| contacts::Column::ExternalId.eq(id)));
    let lines = filter.lines.iter().map(|line| format!("\n{line}\n"));
    for part in filter.search.iter().cloned().chain(lines) {
        // What stands for any text in a pattern stands for itself in what people look for.
        let plain = part.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        wanted = wanted.add(contacts::Column::Search.like(LikeExpr::new(format!("%{plain}%")).escape('\\')));
    }
    wanted
}

#[async_trait]
impl PolicyStore for SqlStore {
    async fn suppress_all(&self, entries: &[Suppression]) -> Stored<()> {
        let mut entries = entries.to_vec();
        // One order for everybody, so that two lists that are read in at once do not wait for each other in a ring.
        entries.sort_by(|a, b| a.number.cmp(&b.number));
        self.change(move |tx| {
            Box::pin(async move {
                for entry in &entries {
                    suppress(tx, entry).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn find_suppressions(
        &self,
        organization: OrganizationId,
        filter: &SuppressionFilter,
    ) -> Stored<Page<Suppression>> {
        use suppressions::Column as C;
        let before = before(filter.cursor.as_deref(), C::CreatedAt, C::Id)?;
        let rows = suppressions::Entity::find()
            .filter(C::Organization.eq(organization.0))
            .filter(
                Condition::all()
                    .add_option(filter.number.as_ref().map(|number| C::Number.eq(number.as_str())))
                    .add_option(filter.source.map(|source| C::Source.eq(source.as_str())))
                    .add_option(before),
            )
            .order_by_desc(C::CreatedAt)
            .order_by_desc(C::Id)
            .limit(u64::from(filter.limit) + 1)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        page(rows, filter.limit, |row| Cursor { created_at: row.created_at, id: row.id }, suppressions::from_row)
    }

    async fn save_contact(&self, contact: &Contact, entries: &[Suppression]) -> Stored<Contact> {
        let (contact, entries) = (contact.clone(), entries.to_vec());
        self.change(move |tx| Box::pin(async move { people::save(tx, &contact, &entries).await })).await
    }

    async fn contact(&self, organization: OrganizationId, id: ContactId) -> Stored<Option<Contact>> {
        let row = contacts::Entity::find_by_id(id.0).filter(contacts::Column::Organization.eq(organization.0));
        only(row, &self.reads).await?.map(contacts::from_row).transpose()
    }

    async fn contact_of(&self, organization: OrganizationId, number: &Callee) -> Stored<Option<Contact>> {
        if !self.has_contacts(organization).await? {
            return Ok(None);
        }
        let of_number = contact_numbers::Entity::find_by_id((organization.0, number.as_str().to_owned()));
        match only(of_number, &self.reads).await? {
            Some(row) => self.contact(organization, ContactId(row.contact)).await,
            None => Ok(None),
        }
    }

    async fn contacts(&self, organization: OrganizationId, filter: &ContactFilter) -> Stored<Page<Contact>> {
        use contacts::Column as C;
        let before = before(filter.cursor.as_deref(), C::CreatedAt, C::Id)?;
        let of_number = match &filter.number {
            Some(number) => Some(self.contact_of(organization, number).await?.map(|contact| contact.id.0)),
            None => None,
        };
        let rows = contacts::Entity::find()
            .filter(C::Organization.eq(organization.0))
            .filter(
                Condition::all().add_option(of_number.map(|id| C::Id.is_in(id))).add(found(filter)).add_option(before),
            )
            .order_by_desc(C::CreatedAt)
            .order_by_desc(C::Id)
            .limit(u64::from(filter.limit) + 1)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        page(rows, filter.limit, |row| Cursor { created_at: row.created_at, id: row.id }, contacts::from_row)
    }

    async fn contacts_from(
        &self,
        organization: OrganizationId,
        filter: &ContactFilter,
        offset: u64,
    ) -> Stored<(Vec<Contact>, u64)> {
        use contacts::Column as C;
        let wanted = contacts::Entity::find().filter(C::Organization.eq(organization.0)).filter(found(filter));
        let total = wanted.clone().count(&self.reads).await.map_err(failed)?;
        let rows = wanted
            .order_by_desc(C::CreatedAt)
            .order_by_desc(C::Id)
            .offset(offset)
            .limit(u64::from(filter.limit.max(1)))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        Ok((rows.into_iter().map(contacts::from_row).collect::<Stored<_>>()?, total))
    }

    async fn contact_numbered(&self, organization: OrganizationId, integer: i64) -> Stored<Option<Contact>> {
        let row = contacts::Entity::find()
            .filter(contacts::Column::Organization.eq(organization.0))
            .filter(contacts::Column::Integer.eq(integer));
        only(row, &self.reads).await?.map(contacts::from_row).transpose()
    }

    async fn contacts_of(&self, organization: OrganizationId, numbers: &[Callee]) -> Stored<Vec<(String, Contact)>> {
        let owned = contact_numbers::Entity::find()
            .filter(contact_numbers::Column::Organization.eq(organization.0))
            .filter(contact_numbers::Column::Number.is_in(numbers.iter().map(Callee::as_str)))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let rows = contacts::Entity::find()
            .filter(contacts::Column::Id.is_in(owned.iter().map(|row| row.contact)))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let people: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
        let known = owned.into_iter().filter_map(|row| Some((row.number, people.get(&row.contact)?.clone())));
        known.map(|(number, row)| Ok((number, contacts::from_row(row)?))).collect()
    }

    async fn suppressions_of(&self, organization: OrganizationId, numbers: &[Callee]) -> Stored<Vec<Suppression>> {
        let rows = suppressions::Entity::find()
            .filter(suppressions::Column::Organization.eq(organization.0))
            .filter(suppressions::Column::Number.is_in(numbers.iter().map(Callee::as_str)))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(suppressions::from_row).collect()
    }

    async fn last_dials(&self, organization: OrganizationId, numbers: &[Callee]) -> Stored<Vec<(String, Timestamp)>> {
        let rows: Vec<(String, i64)> = dials::Entity::find()
            .select_only()
            .column(dials::Column::Number)
            .column_as(dials::Column::At.max(), "last")
            .filter(dials::Column::Organization.eq(organization.0))
            .filter(dials::Column::Number.is_in(numbers.iter().map(Callee::as_str)))
            .group_by(dials::Column::Number)
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(|(number, at)| Ok((number, moment(at)?))).collect()
    }

    async fn delete_contact(&self, organization: OrganizationId, id: ContactId) -> Stored<bool> {
        self.change(move |tx| Box::pin(async move { people::delete(tx, organization, id).await })).await
    }

    async fn record_consent(&self, consent: &Consent) -> Stored<()> {
        let row = consents::to_row(consent);
        self.change(move |tx| {
            Box::pin(async move {
                consents::Entity::insert(row).exec_without_returning(tx).await.map_err(failed)?;
                Ok(())
            })
        })
        .await
    }

    async fn consents(&self, organization: OrganizationId, number: &Callee) -> Stored<Vec<Consent>> {
        let rows = consents::Entity::find()
            .filter(consents::Column::Organization.eq(organization.0))
            .filter(consents::Column::Number.eq(number.as_str()))
            .order_by_desc(consents::Column::CreatedAt)
            .order_by_desc(consents::Column::Id)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(consents::from_row).collect()
    }

    async fn withdraw_consent(&self, organization: OrganizationId, id: ConsentId, at: Timestamp) -> Stored<bool> {
        self.change(move |tx| {
            Box::pin(async move {
                let done = consents::Entity::update_many()
                    .col_expr(consents::Column::WithdrawnAt, Expr::value(micros(at)))
                    .filter(consents::Column::Id.eq(id.0))
                    .filter(consents::Column::Organization.eq(organization.0))
                    .filter(consents::Column::WithdrawnAt.is_null())
                    .exec(tx)
                    .await
                    .map_err(failed)?;
                Ok(done.rows_affected > 0)
            })
        })
        .await
    }

    async fn dialed(
        &self,
        organization: OrganizationId,
        number: &Callee,
        since: Timestamp,
        limit: u32,
    ) -> Stored<Vec<Timestamp>> {
        let rows = dials::Entity::find()
            .filter(guard::dialed_since(organization, number, since))
            .order_by_desc(dials::Column::At)
            .limit(u64::from(limit))
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(|row| moment(row.at)).collect()
    }

    async fn number_standing(&self, organization: OrganizationId, number: &Callee) -> Stored<NumberStanding> {
        let mut together = Together::on(&self.reads);
        let asked = StandingAsked::ask(&mut together, organization, number);
        asked.read(&together.answers(&self.reads).await?)
    }

    async fn note_decision(&self, decision: &PolicyDecision, keep_from: Timestamp) -> Stored<()> {
        let decision = decision.clone();
        self.writer.run(move |tx| Box::pin(async move { note(tx, &decision, keep_from).await })).await
    }

    async fn decisions(&self, organization: OrganizationId, filter: &DecisionFilter) -> Stored<Page<PolicyDecision>> {
        use policy_decisions::Column as C;
        let before = before(filter.cursor.as_deref(), C::At, C::Id)?;
        let rows = policy_decisions::Entity::find()
            .filter(C::Organization.eq(organization.0))
            .filter(
                Condition::all()
                    .add_option(filter.number.as_ref().map(|number| C::Number.eq(number.as_str())))
                    .add_option(filter.code.as_deref().map(|code| C::Code.eq(code)))
                    .add_option(filter.from.map(|from| C::At.gte(micros(from))))
                    .add_option(filter.to.map(|to| C::At.lt(micros(to))))
                    .add_option(before),
            )
            .order_by_desc(C::At)
            .order_by_desc(C::Id)
            .limit(u64::from(filter.limit) + 1)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        page(rows, filter.limit, |row| Cursor { created_at: row.at, id: row.id }, policy_decisions::from_row)
    }
}

impl SqlStore {
    /// Many tenants keep none, and every create that could use one would look.
    async fn has_contacts(&self, organization: OrganizationId) -> Stored<bool> {
        let read = async {
            let one = contacts::Entity::find().filter(contacts::Column::Organization.eq(organization.0)).limit(1);
            Ok(Some(one.one(&self.reads).await.map_err(failed)?.is_some()))
        };
        Ok(self.recent.contacts.or_read(organization, self.recent.changes(), read).await?.unwrap_or_default())
    }
}

/// Appends a decision; what is older than `keep_from` goes.
pub(crate) async fn note(tx: &Transaction, decision: &PolicyDecision, keep_from: Timestamp) -> Stored<()> {
    policy_decisions::Entity::delete_many()
        .filter(policy_decisions::Column::Organization.eq(decision.organization.0))
        .filter(policy_decisions::Column::At.lt(micros(keep_from)))
        .exec(tx)
        .await
        .map_err(failed)?;
    let row = policy_decisions::to_row(decision);
    policy_decisions::Entity::insert(row).exec_without_returning(tx).await.map(drop).map_err(failed)
}

/// What comes after the page that ended at `cursor`.
fn before<C: ColumnTrait>(cursor: Option<&str>, at: C, id: C) -> Stored<Option<Condition>> {
    let cursor = cursor.map(Cursor::decode).transpose()?;
    Ok(cursor.map(|end| {
        let same = Condition::all().add(at.eq(end.created_at)).add(id.lt(end.id));
        Condition::any().add(at.lt(end.created_at)).add(same)
    }))
}

/// One page out of rows of which one more than wanted was asked for.
fn page<R, T>(
    mut rows: Vec<R>,
    limit: u32,
    end: impl Fn(&R) -> Cursor,
    read: impl Fn(R) -> Result<T, StoreError>,
) -> Stored<Page<T>> {
    let limit = limit.max(1) as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| end(row).encode());
    Ok(Page { items: rows.into_iter().map(read).collect::<Stored<_>>()?, next })
}
