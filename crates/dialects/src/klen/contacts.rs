//! `/api/v1/contacts`: list, read, create and update people. The documents ask for `can_read_contacts` even in writes, so
//! either permission opens them.

use app::Principal;
use app::manage_contacts::ContactDetails;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::contact::Contact;
use domain::refusal::{Refusal, RefusalCode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::KlenError;
use super::people::{self, ContactBody, ContactDetail, ContactList};
use super::routes::asker;
use super::wire::Failed;
use crate::door::Door;
use crate::raw::Raw;

/// Permissions that read, and those that write.
pub(super) const READ: &[&str] = &["can_read_contacts", "can_write_contacts"];
pub(super) const WRITE: &[&str] = &["can_write_contacts", "can_read_contacts"];

type Answer = Result<Response, KlenError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(list_contacts))
        .routes(routes!(create_contact))
        .routes(routes!(get_contact))
        .routes(routes!(replace_contact, update_contact))
}

/// List contacts
#[utoipa::path(get, path = "/api/v1/contacts", tag = "contacts",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("stage" = Option<String>, Query, description = "Only this stage"),
        ("status" = Option<String>, Query, description = "Only this status"),
        ("tag" = Option<String>, Query, description = "Only with this tag"),
        ("search" = Option<String>, Query, description = "In names, numbers, e-mail, company and tags"),
        ("page" = Option<u32>, Query, description = "From 1"),
        ("limit" = Option<u32>, Query, description = "At most 100; 25 where nothing is said"),
    ),
    responses(
        (status = 200, description = "One page, newest first", body = ContactList),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_contacts(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let (page, filter) = people::filter(&raw)?;
    let offset = u64::from(page.saturating_sub(1)) * u64::from(filter.limit);
    let (contacts, count) = door.platform.contacts_by_page(&principal, &filter, offset).await?;
    let facts = door.platform.number_facts(&principal, &contacts).await?;
    let (limit, pages) = (filter.limit, count.div_ceil(u64::from(filter.limit)));
    let contacts = contacts.iter().map(|contact| people::item(contact, &facts)).collect();
    Ok(Json(ContactList { count, page, limit, pages, contacts }).into_response())
}

/// Read a contact
#[utoipa::path(get, path = "/api/v1/contacts/{id}", tag = "contacts",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("id" = String, Path, description = "Database id"),
    ),
    responses(
        (status = 200, description = "The contact", body = ContactDetail),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_contact(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let contact = contact(&door, &principal, &id).await?;
    shown(&door, &principal, contact).await
}

/// Create a contact
#[utoipa::path(post, path = "/api/v1/contacts/create", tag = "contacts",
    params(("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key=")),
    request_body = ContactBody,
    responses(
        (status = 200, description = "The contact", body = ContactDetail),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn create_contact(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let details = people::new(&raw.object()?)?;
    let contact = door.platform.save_contact(&principal, None, details).await?;
    shown(&door, &principal, contact).await
}

/// Update a contact
///
/// What the body leaves out stays; `tags` replace the older ones.
#[utoipa::path(put, path = "/api/v1/contacts/{id}/update", tag = "contacts",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("id" = String, Path, description = "Database id"),
    ),
    request_body = ContactBody,
    responses(
        (status = 200, description = "The contact as it is now", body = ContactDetail),
        (status = "4XX", description = "Refused; nothing was changed", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn replace_contact(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    update(&door, &id, &raw).await
}

/// Update a contact
///
/// The same as by PUT.
#[utoipa::path(patch, path = "/api/v1/contacts/{id}/update", tag = "contacts",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer klen_…`; or X-API-Key, or ?api_key="),
        ("id" = String, Path, description = "Database id"),
    ),
    request_body = ContactBody,
    responses(
        (status = 200, description = "The contact as it is now", body = ContactDetail),
        (status = "4XX", description = "Refused; nothing was changed", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn update_contact(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    update(&door, &id, &raw).await
}

async fn update(door: &Door, id: &str, raw: &Raw) -> Answer {
    let principal = asker(door, raw, WRITE).await?;
    let before = contact(door, &principal, id).await?;
    let (known, mut details) = (before.id, ContactDetails::from(before));
    people::change(&mut details, &raw.object()?)?;
    let contact = door.platform.save_contact(&principal, Some(known), details).await?;
    shown(door, &principal, contact).await
}

async fn shown(door: &Door, principal: &Principal, contact: Contact) -> Answer {
    let facts = door.platform.number_facts(principal, std::slice::from_ref(&contact)).await?;
    Ok(Json(people::detail(&contact, &facts)).into_response())
}

/// The contact that an integer in a path or body names.
pub(super) async fn contact(door: &Door, principal: &Principal, id: &str) -> Result<Contact, KlenError> {
    let Ok(integer) = id.parse() else { return Err(KlenError::not_found("Contact")) };
    numbered(door, principal, integer).await
}

/// The same of a number.
pub(super) async fn numbered(door: &Door, principal: &Principal, integer: i64) -> Result<Contact, KlenError> {
    let unknown = |refusal: Refusal| match refusal.code {
        RefusalCode::NotFound => KlenError::not_found("Contact"),
        _ => KlenError::from(&refusal),
    };
    door.platform.contact_numbered(principal, integer).await.map_err(unknown)
}
