//! The do-not-call list.

use app::manage_suppressions::NewSuppression;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, SuppressionsRead, SuppressionsWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::suppressions::{CreateSuppression, Suppression};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(suppress_number, list_suppressions)).routes(routes!(unsuppress_number))
}

/// Put a number on the list
///
/// A number that is on it already stays as it was and comes back so.
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
    let call = body.call_id.map(|id| id.parse().map_err(|_| Problem::field("/call_id", "is not the id of a call")));
    let new = NewSuppression { number: body.number, reason: body.reason, call: call.transpose()? };
    let entry = state.platform.suppress_number(&caller.0, new).await?;
    Ok((StatusCode::CREATED, axum::Json(entry.into())))
}

/// Read the list
#[utoipa::path(get, path = "/v1/suppressions", tag = "suppressions", security(("api_key" = ["suppressions:read"])),
    responses(
        (status = 200, description = "All entries, newest first", body = Listing<Suppression>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_suppressions(
    State(state): State<ApiState>,
    caller: Caller<SuppressionsRead>,
) -> Result<axum::Json<Listing<Suppression>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_suppressions(&caller.0).await?)))
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
