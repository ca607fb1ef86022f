//! Trunks: the ways out to the telephone network.

use app::manage_trunks::{NewTrunk, TrunkChange};
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, TelephonyRead, TelephonyWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::telephony::{CreateTrunk, Trunk, TrunkTest, UpdateTrunk, credentials};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create_trunk, list_trunks))
        .routes(routes!(get_trunk, update_trunk, delete_trunk))
        .routes(routes!(test_trunk))
}

fn with_health((trunk, health): (domain::trunk::Trunk, app::trunk_health::TrunkHealth)) -> Trunk {
    Trunk { health: Some(health.into()), ..trunk.into() }
}

/// Test a trunk
///
/// Sends an OPTIONS request and tells the answer; nobody's telephone rings.
#[utoipa::path(post, path = "/v1/trunks/{trunk}/test", tag = "trunks", security(("api_key" = ["telephony:write"])),
    params(("trunk" = String, Path, description = "Name or id")),
    responses(
        (status = 200, description = "What came of it", body = TrunkTest),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn test_trunk(
    State(state): State<ApiState>,
    caller: Caller<TelephonyWrite>,
    name: Name,
) -> Result<axum::Json<TrunkTest>, Problem> {
    let told = state.platform.test_trunk(&caller.0, &name.0).await?;
    let remedy = app::trunk_health::remedy(&told).map(str::to_owned);
    let told = match told {
        Ok(answer) => TrunkTest {
            ok: true,
            answer: Some(format!("{} {}", answer.code, answer.phrase)),
            rtt_ms: Some(u64::try_from(answer.after.as_millis()).unwrap_or(u64::MAX)),
            error: None,
            remedy,
        },
        Err(error) => TrunkTest { ok: false, answer: None, rtt_ms: None, error: Some(error.to_string()), remedy },
    };
    Ok(axum::Json(told))
}

fn together(pointer: &str) -> Problem {
    Problem::field(pointer, "username and password belong together")
}

/// Create a trunk
#[utoipa::path(post, path = "/v1/trunks", tag = "trunks", security(("api_key" = ["telephony:write"])),
    request_body = CreateTrunk,
    responses(
        (status = 201, description = "Stored", body = Trunk),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn create_trunk(
    State(state): State<ApiState>,
    caller: Caller<TelephonyWrite>,
    Json(body): Json<CreateTrunk>,
) -> Result<(StatusCode, axum::Json<Trunk>), Problem> {
    let CreateTrunk { name, address, transport, username, password, calls_per_second, channels } = body;
    let credentials = credentials(username, password).map_err(together)?;
    let new = NewTrunk { name, address, transport: transport.into(), credentials, calls_per_second, channels };
    let trunk = state.platform.create_trunk(&caller.0, new).await?;
    Ok((StatusCode::CREATED, axum::Json(trunk.into())))
}

/// List trunks
#[utoipa::path(get, path = "/v1/trunks", tag = "trunks", security(("api_key" = ["telephony:read"])),
    responses(
        (status = 200, description = "All trunks by name", body = Listing<Trunk>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_trunks(
    State(state): State<ApiState>,
    caller: Caller<TelephonyRead>,
) -> Result<axum::Json<Listing<Trunk>>, Problem> {
    let trunks = state.platform.list_trunks(&caller.0).await?;
    let trunks = state.platform.trunk_health(&caller.0, trunks).await?;
    Ok(axum::Json(Listing::of(trunks.into_iter().map(with_health).collect::<Vec<Trunk>>())))
}

/// Read a trunk
#[utoipa::path(get, path = "/v1/trunks/{trunk}", tag = "trunks", security(("api_key" = ["telephony:read"])),
    params(("trunk" = String, Path, description = "Name or id")),
    responses(
        (status = 200, description = "The trunk, without its password", body = Trunk),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_trunk(
    State(state): State<ApiState>,
    caller: Caller<TelephonyRead>,
    name: Name,
) -> Result<axum::Json<Trunk>, Problem> {
    let trunk = state.platform.get_trunk(&caller.0, &name.0).await?;
    let known = state.platform.trunk_health(&caller.0, vec![trunk.clone()]).await?.pop();
    Ok(axum::Json(known.map_or_else(|| trunk.into(), with_health)))
}

/// Change a trunk
///
/// Calls that are up keep what they were dialed with.
#[utoipa::path(patch, path = "/v1/trunks/{trunk}", tag = "trunks", security(("api_key" = ["telephony:write"])),
    params(("trunk" = String, Path, description = "Name or id")),
    request_body = UpdateTrunk,
    responses(
        (status = 200, description = "The trunk as it is now", body = Trunk),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn update_trunk(
    State(state): State<ApiState>,
    caller: Caller<TelephonyWrite>,
    name: Name,
    Json(body): Json<UpdateTrunk>,
) -> Result<axum::Json<Trunk>, Problem> {
    let credentials = match (body.username, body.password) {
        (Some(None), None) => Some(None),
        (Some(None), Some(_)) => return Err(together("/password")),
        (username, password) => credentials(username.flatten(), password).map_err(together)?.map(Some),
    };
    let change = TrunkChange {
        name: body.name,
        address: body.address,
        transport: body.transport.map(Into::into),
        credentials,
        calls_per_second: body.calls_per_second,
        channels: body.channels,
    };
    Ok(axum::Json(state.platform.update_trunk(&caller.0, &name.0, change).await?.into()))
}

/// Remove a trunk
#[utoipa::path(delete, path = "/v1/trunks/{trunk}", tag = "trunks", security(("api_key" = ["telephony:write"])),
    params(("trunk" = String, Path, description = "Name or id")),
    responses(
        (status = 204, description = "Removed"),
        (status = "4XX", description = "Refused; 409 while numbers hang on it", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn delete_trunk(
    State(state): State<ApiState>,
    caller: Caller<TelephonyWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.delete_trunk(&caller.0, &name.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
