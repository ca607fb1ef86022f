//! Numbers that agents call from.

use app::manage_numbers::{NewNumber, NumberChange};
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, TelephonyRead, TelephonyWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::telephony::{CreateNumber, Number, UpdateNumber};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(create_number, list_numbers)).routes(routes!(
        get_number,
        update_number,
        delete_number
    ))
}

/// Add a number
#[utoipa::path(post, path = "/v1/numbers", tag = "numbers", security(("api_key" = ["telephony:write"])),
    request_body = CreateNumber,
    responses(
        (status = 201, description = "Stored", body = Number),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn create_number(
    State(state): State<ApiState>,
    caller: Caller<TelephonyWrite>,
    Json(body): Json<CreateNumber>,
) -> Result<(StatusCode, axum::Json<Number>), Problem> {
    let CreateNumber { number, trunk, calls_per_second, live_calls } = body;
    let new = NewNumber { number, trunk, calls_per_second, live_calls };
    let number = state.platform.create_number(&caller.0, new).await?;
    Ok((StatusCode::CREATED, axum::Json(number.into())))
}

/// List numbers
#[utoipa::path(get, path = "/v1/numbers", tag = "numbers", security(("api_key" = ["telephony:read"])),
    responses(
        (status = 200, description = "All numbers", body = Listing<Number>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_numbers(
    State(state): State<ApiState>,
    caller: Caller<TelephonyRead>,
) -> Result<axum::Json<Listing<Number>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_numbers(&caller.0).await?)))
}

/// Read a number
#[utoipa::path(get, path = "/v1/numbers/{number}", tag = "numbers", security(("api_key" = ["telephony:read"])),
    params(("number" = String, Path, description = "Id or E.164")),
    responses(
        (status = 200, description = "The number", body = Number),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_number(
    State(state): State<ApiState>,
    caller: Caller<TelephonyRead>,
    name: Name,
) -> Result<axum::Json<Number>, Problem> {
    Ok(axum::Json(state.platform.get_number(&caller.0, &name.0).await?.into()))
}

/// Change the trunk or limits of a number
#[utoipa::path(patch, path = "/v1/numbers/{number}", tag = "numbers", security(("api_key" = ["telephony:write"])),
    params(("number" = String, Path, description = "Id or E.164")),
    request_body = UpdateNumber,
    responses(
        (status = 200, description = "The number as it is now", body = Number),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn update_number(
    State(state): State<ApiState>,
    caller: Caller<TelephonyWrite>,
    name: Name,
    Json(body): Json<UpdateNumber>,
) -> Result<axum::Json<Number>, Problem> {
    let UpdateNumber { trunk, calls_per_second, live_calls } = body;
    let change = NumberChange { trunk, calls_per_second, live_calls };
    Ok(axum::Json(state.platform.update_number(&caller.0, &name.0, change).await?.into()))
}

/// Remove a number
#[utoipa::path(delete, path = "/v1/numbers/{number}", tag = "numbers", security(("api_key" = ["telephony:write"])),
    params(("number" = String, Path, description = "Id or E.164")),
    responses(
        (status = 204, description = "Removed"),
        (status = "4XX", description = "Refused; 409 while an agent calls from it", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn delete_number(
    State(state): State<ApiState>,
    caller: Caller<TelephonyWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.delete_number(&caller.0, &name.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
