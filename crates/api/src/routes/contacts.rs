//! People that are called, and their consents.

use app::manage_contacts::NewConsent;
use app::ports::store::ContactFilter;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, ContactsRead, ContactsWrite};
use crate::extract::{Json, Name, Query};
use crate::problem::{Problem, in_query};
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::contacts::{Consent, Contact, ContactPage, ListConsents, ListContacts, RecordConsent, SaveContact};

/// Contacts a page where the client does not say.
const PAGE: u32 = 50;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create_contact, list_contacts))
        .routes(routes!(get_contact, replace_contact, delete_contact))
        .routes(routes!(record_consent, list_consents))
        .routes(routes!(withdraw_consent))
}

/// Enter a person
#[utoipa::path(post, path = "/v1/contacts", tag = "contacts", security(("api_key" = ["contacts:write"])),
    request_body = SaveContact,
    responses(
        (status = 201, description = "Entered", body = Contact),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn create_contact(
    State(state): State<ApiState>,
    caller: Caller<ContactsWrite>,
    Json(body): Json<SaveContact>,
) -> Result<(StatusCode, axum::Json<Contact>), Problem> {
    let contact = state.platform.save_contact(&caller.0, None, body.into()).await?;
    Ok((StatusCode::CREATED, axum::Json(contact.into())))
}

/// List people
#[utoipa::path(get, path = "/v1/contacts", tag = "contacts", security(("api_key" = ["contacts:read"])),
    params(ListContacts),
    responses(
        (status = 200, description = "One page, newest first", body = ContactPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_contacts(
    State(state): State<ApiState>,
    caller: Caller<ContactsRead>,
    Query(query): Query<ListContacts>,
) -> Result<axum::Json<ContactPage>, Problem> {
    let filter = ContactFilter {
        number: state.platform.number_asked(&caller.0, query.number.as_deref()).await.map_err(in_query)?,
        external_id: query.external_id,
        search: query.search.filter(|text| !text.trim().is_empty()),
        lines: query.tag.map(|tag| format!("tag:{tag}")).into_iter().collect(),
        cursor: query.cursor,
        limit: query.limit.unwrap_or(PAGE),
    };
    let page = state.platform.find_contacts(&caller.0, &filter).await.map_err(in_query)?;
    Ok(axum::Json(ContactPage { items: page.items.into_iter().map(Contact::from).collect(), next_cursor: page.next }))
}

/// Read a person
#[utoipa::path(get, path = "/v1/contacts/{contact}", tag = "contacts", security(("api_key" = ["contacts:read"])),
    params(("contact" = String, Path, description = "Id")),
    responses(
        (status = 200, description = "The contact", body = Contact),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_contact(
    State(state): State<ApiState>,
    caller: Caller<ContactsRead>,
    name: Name,
) -> Result<axum::Json<Contact>, Problem> {
    Ok(axum::Json(state.platform.get_contact(&caller.0, name.id("contact")?).await?.into()))
}

/// Replace what is known of a person
#[utoipa::path(put, path = "/v1/contacts/{contact}", tag = "contacts", security(("api_key" = ["contacts:write"])),
    params(("contact" = String, Path, description = "Id")),
    request_body = SaveContact,
    responses(
        (status = 200, description = "The contact as it is now", body = Contact),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn replace_contact(
    State(state): State<ApiState>,
    caller: Caller<ContactsWrite>,
    name: Name,
    Json(body): Json<SaveContact>,
) -> Result<axum::Json<Contact>, Problem> {
    let id = name.id("contact")?;
    Ok(axum::Json(state.platform.save_contact(&caller.0, Some(id), body.into()).await?.into()))
}

/// Remove a person
///
/// What the person said stays on the do-not-call list; what only followed `do_not_contact` goes.
#[utoipa::path(delete, path = "/v1/contacts/{contact}", tag = "contacts", security(("api_key" = ["contacts:write"])),
    params(("contact" = String, Path, description = "Id")),
    responses(
        (status = 204, description = "Removed"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn delete_contact(
    State(state): State<ApiState>,
    caller: Caller<ContactsWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.delete_contact(&caller.0, name.id("contact")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a consent on record
#[utoipa::path(post, path = "/v1/consents", tag = "contacts", security(("api_key" = ["contacts:write"])),
    request_body = RecordConsent,
    responses(
        (status = 201, description = "On record", body = Consent),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn record_consent(
    State(state): State<ApiState>,
    caller: Caller<ContactsWrite>,
    Json(body): Json<RecordConsent>,
) -> Result<(StatusCode, axum::Json<Consent>), Problem> {
    let new = NewConsent {
        number: body.number,
        basis: body.basis,
        source: body.source,
        given_at: body.given_at,
        expires_at: body.expires_at,
    };
    Ok((StatusCode::CREATED, axum::Json(state.platform.record_consent(&caller.0, new).await?.into())))
}

/// Read the consents of a number
///
/// Withdrawn and lapsed ones, too, newest first.
#[utoipa::path(get, path = "/v1/consents", tag = "contacts", security(("api_key" = ["contacts:read"])),
    params(ListConsents),
    responses(
        (status = 200, description = "All of them", body = Listing<Consent>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_consents(
    State(state): State<ApiState>,
    caller: Caller<ContactsRead>,
    Query(query): Query<ListConsents>,
) -> Result<axum::Json<Listing<Consent>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_consents(&caller.0, &query.number).await.map_err(in_query)?)))
}

/// Withdraw a consent
///
/// It stays on record as withdrawn.
#[utoipa::path(delete, path = "/v1/consents/{consent}", tag = "contacts", security(("api_key" = ["contacts:write"])),
    params(("consent" = String, Path, description = "Id")),
    responses(
        (status = 204, description = "Withdrawn"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn withdraw_consent(
    State(state): State<ApiState>,
    caller: Caller<ContactsWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.withdraw_consent(&caller.0, name.id("consent")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
