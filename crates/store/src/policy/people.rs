//! Contacts: a person, the numbers that reach them, and the do-not-call entries that follow the person.

use std::collections::BTreeSet;

use domain::callee::Callee;
use domain::contact::Contact;
use domain::suppression::{Suppression, SuppressionSource};
use domain::{ContactId, OrganizationId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::guard::{lock, suppress};
use crate::Stored;
use crate::errors::{failed, taken};
use crate::rows::{contact_numbers, contacts, suppressions};
use crate::sequences;
use crate::transaction::Transaction;

pub(super) async fn save(tx: &Transaction, contact: &Contact, entries: &[Suppression]) -> Stored<Contact> {
    let before = stored(tx, contact.organization, contact.id).await?;
    let mut touched: BTreeSet<Callee> = contact.numbers.iter().cloned().map(Callee::from).collect();
    touched.extend(before.iter().flat_map(|contact| contact.numbers.iter().cloned().map(Callee::from)));
    // In order, so that two who change the same people do not wait for each other in a ring.
    for number in &touched {
        lock(tx, contact.organization, number).await?;
    }
    let integer = match &before {
        Some(before) => before.integer,
        None => sequences::draw(tx, contact.organization, "contacts").await?,
    };
    let contact = &Contact { integer, ..contact.clone() };
    let row = contacts::to_row(contact)?;
    let columns = [
        contacts::Column::Name,
        contacts::Column::Numbers,
        contacts::Column::TimeZone,
        contacts::Column::ExternalId,
        contacts::Column::DoNotContact,
        contacts::Column::Profile,
        contacts::Column::Search,
        contacts::Column::UpdatedAt,
    ];
    let known = OnConflict::column(contacts::Column::Id).update_columns(columns).to_owned();
    let insert = contacts::Entity::insert(row).on_conflict(known).exec_without_returning(tx);
    insert.await.map_err(taken("a contact with this external_id"))?;
    forget_numbers(tx, contact.id).await?;
    for number in &contact.numbers {
        let row = contact_numbers::ActiveModel {
            organization: Set(contact.organization.0),
            number: Set(number.as_str().to_owned()),
            contact: Set(contact.id.0),
        };
        let insert = contact_numbers::Entity::insert(row).exec_without_returning(tx);
        insert.await.map_err(taken("a contact with this number"))?;
    }
    release(tx, contact.organization, touched.iter().filter(|n| entries.iter().all(|entry| entry.number != **n)))
        .await?;
    for entry in entries {
        suppress(tx, entry).await?;
    }
    Ok(contact.clone())
}

pub(super) async fn delete(tx: &Transaction, organization: OrganizationId, id: ContactId) -> Stored<bool> {
    let Some(contact) = stored(tx, organization, id).await? else { return Ok(false) };
    let numbers: BTreeSet<Callee> = contact.numbers.into_iter().map(Callee::from).collect();
    for number in &numbers {
        lock(tx, organization, number).await?;
    }
    release(tx, organization, numbers.iter()).await?;
    forget_numbers(tx, id).await?;
    contacts::Entity::delete_by_id(id.0).exec(tx).await.map_err(failed)?;
    Ok(true)
}

async fn stored(tx: &Transaction, organization: OrganizationId, id: ContactId) -> Stored<Option<Contact>> {
    let row = contacts::Entity::find_by_id(id.0)
        .filter(contacts::Column::Organization.eq(organization.0))
        .one(tx)
        .await
        .map_err(failed)?;
    row.map(contacts::from_row).transpose()
}

async fn forget_numbers(tx: &Transaction, id: ContactId) -> Stored<()> {
    let rows = contact_numbers::Entity::delete_many().filter(contact_numbers::Column::Contact.eq(id.0));
    rows.exec(tx).await.map(drop).map_err(failed)
}

/// Takes entries off the list that stand there only because of a contact.
async fn release(tx: &Transaction, organization: OrganizationId, numbers: impl Iterator<Item = &Callee>) -> Stored<()> {
    let numbers: Vec<&str> = numbers.map(Callee::as_str).collect();
    if numbers.is_empty() {
        return Ok(());
    }
    suppressions::Entity::delete_many()
        .filter(suppressions::Column::Organization.eq(organization.0))
        .filter(suppressions::Column::Number.is_in(numbers))
        .filter(suppressions::Column::Source.eq(SuppressionSource::Contact.as_str()))
        .exec(tx)
        .await
        .map(drop)
        .map_err(failed)
}
