//! `/api/v1/contacts`: people, one by one and in bulk.

use app::manage_contacts::ContactDetails;
use app::ports::store::ContactFilter;
use app::{Platform, Principal};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ContactId;
use domain::contact::Contact;
use domain::refusal::{Refusal, RefusalCode};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::VoxpriaError;
use super::from_wire::page_asked;
use super::routes::asker;
use super::wire::{Failed, Pagination, Success};
use crate::door::Door;
use crate::raw::Raw;
use crate::{times, variables};

const READ: &[&str] = &["contacts:read", "contacts:write"];
const WRITE: &[&str] = &["contacts:write"];
/// Most people of one import, as documented.
const MOST: usize = 10_000;
/// Saved at once: they share commits.
const AT_ONCE: usize = 32;
/// Faults that an import tells of; the count says how many there were.
const TOLD: usize = 100;

type Answer = Result<Response, VoxpriaError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new()
        .routes(routes!(create_contact, list_contacts))
        .routes(routes!(import_contacts))
        .routes(routes!(get_contact, update_contact, delete_contact))
}

/// A person.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContactRecord {
    /// Id.
    pub contact_id: String,
    /// E.164.
    pub phone: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Values for the agent's texts.
    pub metadata: Map<String, Value>,
    /// When it was entered.
    pub created_at: String,
}

/// What became of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Imported {
    /// Entered.
    pub imported: usize,
    /// Known before, by their number; left as they are.
    pub skipped: usize,
    /// Not entered: the first hundred, in order.
    pub errors: Vec<ImportFault>,
}

/// Why a row of an import was not entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct ImportFault {
    /// Counts from 0.
    pub index: usize,
    /// The number as it was written.
    pub phone: Option<String>,
    /// What is wrong.
    pub message: String,
}

/// What a contact is created or changed with.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body, which is read field by field for the vendor's own errors")]
#[serde(rename_all = "camelCase")]
struct ContactBody {
    /// E.164, or national in the organization's default region; required in a create.
    phone: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    /// Values for the agent's texts.
    metadata: Option<Map<String, Value>>,
}

/// What an import takes.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "documents the body")]
struct ImportBody {
    /// At most 10,000.
    contacts: Vec<ContactBody>,
}

/// Create a contact
#[utoipa::path(post, path = "/api/v1/contacts", tag = "contacts",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    request_body = ContactBody,
    responses(
        (status = 200, description = "The contact", body = Success<ContactRecord>),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn create_contact(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let details = new(&raw.object()?)?;
    let contact = door.platform.save_contact(&principal, None, details).await?;
    Ok(Json(Success::of(record(&contact))).into_response())
}

/// Import contacts
///
/// Each row by itself: a row that is wrong keeps no other from being entered.
#[utoipa::path(post, path = "/api/v1/contacts/bulk", tag = "contacts",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    request_body = ImportBody,
    responses(
        (status = 200, description = "What became of the rows", body = Success<Imported>),
        (status = "4XX", description = "Refused; nothing was stored", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn import_contacts(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let mut body = raw.object()?;
    let Some(Value::Array(rows)) = body.remove("contacts") else {
        return Err(VoxpriaError::validation("contacts must be a list"));
    };
    if rows.len() > MOST {
        return Err(VoxpriaError::validation(format!("at most {MOST} contacts an import")));
    }
    let saved = stream::iter(rows.into_iter().enumerate()).map(|(index, row)| {
        let (platform, principal) = (door.platform.clone(), principal.clone());
        async move {
            let outcome = import(&platform, &principal, &row).await;
            (index, row, outcome)
        }
    });
    let mut done: Vec<_> = saved.buffer_unordered(AT_ONCE).collect().await;
    done.sort_by_key(|(index, ..)| *index);
    let mut result = Imported { imported: 0, skipped: 0, errors: Vec::new() };
    let mut failed = None;
    for (index, row, outcome) in done {
        let message = match outcome {
            Ok(()) => {
                result.imported += 1;
                continue;
            }
            Err(Row::Known) => {
                result.skipped += 1;
                continue;
            }
            Err(Row::Wrong(message)) => message,
            Err(Row::Failed(refusal)) => failed.insert(refusal).detail.clone(),
        };
        if result.errors.len() < TOLD {
            let phone = row.get("phone").and_then(Value::as_str).map(str::to_owned);
            result.errors.push(ImportFault { index, phone, message });
        }
    }
    // A sender that is told of nothing but our own failure sends all of it again.
    if let Some(refusal) = failed
        && (result.imported, result.skipped) == (0, 0)
    {
        return Err(VoxpriaError::from(&refusal));
    }
    Ok(Json(Success::of(result)).into_response())
}

/// Why a row was not entered.
enum Row {
    Known,
    Wrong(String),
    /// Not for anything in the row.
    Failed(Refusal),
}

async fn import(platform: &Platform, principal: &Principal, row: &Value) -> Result<(), Row> {
    let object = row.as_object().ok_or_else(|| Row::Wrong("a contact must be an object".to_owned()))?;
    let details = new(object).map_err(|error| Row::Wrong(error.message))?;
    platform.save_contact(principal, None, details).await.map(drop).map_err(|refusal| match refusal.code {
        RefusalCode::Conflict => Row::Known,
        RefusalCode::Unavailable => Row::Failed(refusal),
        _ => Row::Wrong(refusal.detail),
    })
}

/// List contacts
#[utoipa::path(get, path = "/api/v1/contacts", tag = "contacts",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("page" = Option<u32>, Query, description = "From 1"),
        ("limit" = Option<u32>, Query, description = "At most 100; 20 where nothing is said; also `per_page`"),
        ("search" = Option<String>, Query, description = "In names, numbers and e-mail (Outdial's)"),
    ),
    responses(
        (status = 200, description = "One page, newest first", body = Success<Vec<ContactRecord>>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn list_contacts(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    let (page, limit) = page_asked(&raw)?;
    let search = raw.query("search").filter(|text| !text.is_empty()).map(str::to_owned);
    let filter = ContactFilter { search, limit, ..ContactFilter::default() };
    let offset = u64::from(page.saturating_sub(1)) * u64::from(limit);
    let (contacts, total) = door.platform.contacts_by_page(&principal, &filter, offset).await?;
    let data: Vec<ContactRecord> = contacts.iter().map(record).collect();
    let pagination = Some(Pagination { page, limit, total, total_pages: total.div_ceil(u64::from(limit)) });
    Ok(Json(Success { success: true, data, pagination }).into_response())
}

/// Read a contact
#[utoipa::path(get, path = "/api/v1/contacts/{id}", tag = "contacts",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "Id"),
    ),
    responses(
        (status = 200, description = "The contact", body = Success<ContactRecord>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_contact(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, READ).await?;
    Ok(Json(Success::of(record(&contact(&door, &principal, &id).await?))).into_response())
}

/// Change a contact
///
/// What the body leaves out stays.
#[utoipa::path(put, path = "/api/v1/contacts/{id}", tag = "contacts",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "Id"),
    ),
    request_body = ContactBody,
    responses(
        (status = 200, description = "The contact as it is now", body = Success<ContactRecord>),
        (status = "4XX", description = "Refused; nothing was changed", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn update_contact(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let before = contact(&door, &principal, &id).await?;
    let (known, mut details) = (before.id, ContactDetails::from(before));
    change(&mut details, &raw.object()?)?;
    let contact = door.platform.save_contact(&principal, Some(known), details).await?;
    Ok(Json(Success::of(record(&contact))).into_response())
}

/// Delete a contact
#[utoipa::path(delete, path = "/api/v1/contacts/{id}", tag = "contacts",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("id" = String, Path, description = "Id"),
    ),
    responses(
        (status = 200, description = "It is gone", body = Success<ContactRecord>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn delete_contact(State(door): State<Door>, Path(id): Path<String>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, WRITE).await?;
    let contact = contact(&door, &principal, &id).await?;
    door.platform.delete_contact(&principal, contact.id).await?;
    Ok(Json(Success::of(record(&contact))).into_response())
}

async fn contact(door: &Door, principal: &Principal, id: &str) -> Result<Contact, VoxpriaError> {
    let unknown = || VoxpriaError::not_found("Contact");
    let id: ContactId = id.parse().map_err(|_| unknown())?;
    door.platform.get_contact(principal, id).await.map_err(|refusal: Refusal| match refusal.code {
        RefusalCode::NotFound => unknown(),
        _ => VoxpriaError::from(&refusal),
    })
}

fn new(body: &Map<String, Value>) -> Result<ContactDetails, VoxpriaError> {
    let mut details = ContactDetails::default();
    change(&mut details, body)?;
    match details.numbers.is_empty() {
        true => Err(VoxpriaError::validation("phone is required")),
        false => Ok(details),
    }
}

/// Takes over what a body says; what it leaves out stays.
fn change(details: &mut ContactDetails, body: &Map<String, Value>) -> Result<(), VoxpriaError> {
    let profile = &mut details.profile;
    for (name, field) in
        [("firstName", &mut profile.first_name), ("lastName", &mut profile.last_name), ("email", &mut profile.email)]
    {
        if let Some(value) = body.get(name) {
            *field = word(name, value)?;
        }
    }
    match body.get("metadata") {
        None => {}
        Some(Value::Null) => profile.variables = Map::new(),
        Some(Value::Object(metadata)) => profile.variables = metadata.clone(),
        Some(_) => return Err(VoxpriaError::validation("metadata must be an object")),
    }
    if let Some(value) = body.get("phone") {
        let phone = word("phone", value)?.ok_or_else(|| VoxpriaError::validation("phone is required"))?;
        // The first number is the one that this API knows; others stay behind it.
        details.numbers = std::iter::once(phone).chain(details.numbers.drain(..).skip(1)).collect();
    }
    Ok(())
}

fn word(name: &str, value: &Value) -> Result<Option<String>, VoxpriaError> {
    variables::word(value).ok_or_else(|| VoxpriaError::validation(format!("{name} must be a string")))
}

fn record(contact: &Contact) -> ContactRecord {
    let profile = &contact.profile;
    let nameless = profile.first_name.is_none() && profile.last_name.is_none();
    ContactRecord {
        contact_id: contact.id.to_string(),
        phone: contact.numbers.first().map(ToString::to_string),
        first_name: if nameless { contact.name.clone() } else { profile.first_name.clone() },
        last_name: profile.last_name.clone(),
        email: profile.email.clone(),
        metadata: profile.variables.clone(),
        created_at: times::seconds(contact.created_at),
    }
}
