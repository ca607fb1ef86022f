//! The do-not-call list.

use app::manage_suppressions::NewSuppression;
use app::ports::store::SuppressionFilter;
use axum::extract::State;
use axum::http::StatusCode;
use domain::suppression::SuppressionSource;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, SuppressionsRead, SuppressionsWrite};
use crate::extract::{Json, Name, Query};
use crate::problem::{Problem, in_query};
use crate::router::ApiState;
use crate::wire::suppressions::{
    CreateSuppression, CreateSuppressions, ListSuppressions, SuppressedMany, Suppression, SuppressionPage,
};

/// Entries a page where the client does not say.
const PAGE: u32 = 200;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(suppress_number, list_suppressions))
        .routes(routes!(unsuppress_number))
        .routes(routes!(suppress_numbers))
}

/// Put a number on the list
///
/// A number that is on it already stays as it was and comes back so, unless the new entry lasts longer or the old one has
/// lapsed.
#[utoipa::path(post, path = "/v1/suppressions", tag = "suppressions", security(("api_key" = ["suppressions:write"])),
    request_body = CreateSuppression,
    responses(
        (status = 201, description = "The number is on the list", body = Suppression),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn suppress_number(
    State(state): State<ApiState>,
    caller: Caller<SuppressionsWrite>,
    Json(body): Json<CreateSuppression>,
) -> Result<(StatusCode, axum::Json<Suppression>), Problem> {
    let new = new(body, SuppressionSource::Api, "")?;
    let entry = state.platform.suppress_number(&caller.0, new).await?;
    Ok((StatusCode::CREATED, axum::Json(entry.into())))
}

fn new(body: CreateSuppression, source: SuppressionSource, at: &str) -> Result<NewSuppression, Problem> {
    let wrong = |_| Problem::field(format!("{at}/call_id"), "is not the id of a call");
    Ok(NewSuppression {
        number: body.number,
        reason: body.reason,
        source,
        note: body.note,
        expires_at: body.expires_at,
        call: body.call_id.map(|id| id.parse().map_err(wrong)).transpose()?,
    })
}

/// Put many numbers on the list
///
/// All of them, or none when one cannot be read; up to 1,000 at once.
#[utoipa::path(post, path = "/v1/suppressions/import", tag = "suppressions",
    security(("api_key" = ["suppressions:write"])),
    request_body = CreateSuppressions,
    responses(
        (status = 201, description = "All of them are on the list", body = SuppressedMany),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn suppress_numbers(
    State(state): State<ApiState>,
    caller: Caller<SuppressionsWrite>,
    Json(body): Json<CreateSuppressions>,
) -> Result<(StatusCode, axum::Json<SuppressedMany>), Problem> {
    let items = body.items.into_iter().enumerate();
    let items = items.map(|(at, item)| new(item, SuppressionSource::Import, &format!("/items/{at}")));
    let listed = state.platform.suppress_numbers(&caller.0, items.collect::<Result<_, _>>()?).await?;
    Ok((StatusCode::CREATED, axum::Json(SuppressedMany { listed })))
}

/// Read the list
#[utoipa::path(get, path = "/v1/suppressions", tag = "suppressions", security(("api_key" = ["suppressions:read"])),
    params(ListSuppressions),
    responses(
        (status = 200, description = "One page, newest first", body = SuppressionPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_suppressions(
    State(state): State<ApiState>,
    caller: Caller<SuppressionsRead>,
    Query(query): Query<ListSuppressions>,
) -> Result<axum::Json<SuppressionPage>, Problem> {
    let unknown = |_: &str| Problem::field("?source", "is not one of call, api, import, provisioning and contact");
    let source = query.source.as_deref().map(|word| SuppressionSource::parse(word).ok_or_else(|| unknown(word)));
    let filter = SuppressionFilter {
        number: state.platform.number_asked(&caller.0, query.number.as_deref()).await.map_err(in_query)?,
        source: source.transpose()?,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(PAGE),
    };
    let page = state.platform.find_suppressions(&caller.0, &filter).await.map_err(in_query)?;
    Ok(axum::Json(SuppressionPage {
        items: page.items.into_iter().map(Suppression::from).collect(),
        next_cursor: page.next,
    }))
}

/// Take a number off the list
#[utoipa::path(delete, path = "/v1/suppressions/{suppression}", tag = "suppressions",
    security(("api_key" = ["suppressions:write"])),
    params(("suppression" = String, Path, description = "Id")),
    responses(
        (status = 204, description = "Taken off"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn unsuppress_number(
    State(state): State<ApiState>,
    caller: Caller<SuppressionsWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.unsuppress_number(&caller.0, name.id("suppression")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
