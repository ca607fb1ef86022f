//! An agent's credentials for click-to-call. They open calls of that agent alone, so whoever may change the agent may
//! see them as often as wanted.

use app::click_to_call::GivenCredentials;
use axum::extract::State;
use domain::click_to_call::ClickToCall;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{AgentsWrite, Caller};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::credentials::{Credentials, UpdateCredentials};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_credentials, update_credentials)).routes(routes!(rotate_credentials))
}

/// Read an agent's credentials
///
/// Token and secret of VoiceB's click-to-call, drawn when they are first asked for, and the agent's names in the other
/// vendors' APIs.
#[utoipa::path(get, path = "/v1/agents/{agent}/credentials", tag = "agents",
    security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "The credentials", body = Credentials),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_credentials(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
) -> Result<axum::Json<Credentials>, Problem> {
    let credentials = state.platform.click_credentials(&caller.0, &name.0).await?;
    shown(&state, &caller, credentials).await
}

/// Change an agent's credentials
///
/// Idempotent. A token that another agent has is refused.
#[utoipa::path(patch, path = "/v1/agents/{agent}/credentials", tag = "agents",
    security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    request_body = UpdateCredentials,
    responses(
        (status = 200, description = "The credentials as they are now", body = Credentials),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn update_credentials(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
    Json(body): Json<UpdateCredentials>,
) -> Result<axum::Json<Credentials>, Problem> {
    let known = state.platform.click_credentials(&caller.0, &name.0).await?;
    let given = GivenCredentials {
        token: body.token.unwrap_or(known.token),
        secret: body.secret.unwrap_or(known.secret),
        verify_signature: body.verify_signature.unwrap_or(known.verify_signature),
    };
    let credentials = state.platform.set_click_credentials(&caller.0, &name.0, given).await?;
    shown(&state, &caller, credentials).await
}

/// Draw an agent new credentials
///
/// The old ones open nothing from then on.
#[utoipa::path(post, path = "/v1/agents/{agent}/credentials/rotate", tag = "agents",
    security(("api_key" = ["agents:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "The new credentials", body = Credentials),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn rotate_credentials(
    State(state): State<ApiState>,
    caller: Caller<AgentsWrite>,
    name: Name,
) -> Result<axum::Json<Credentials>, Problem> {
    let credentials = state.platform.draw_click_credentials(&caller.0, &name.0).await?;
    shown(&state, &caller, credentials).await
}

async fn shown(
    state: &ApiState,
    caller: &Caller<AgentsWrite>,
    credentials: ClickToCall,
) -> Result<axum::Json<Credentials>, Problem> {
    let names = state.platform.names_of(&caller.0, credentials.agent).await?;
    Ok(axum::Json(Credentials::of(credentials, names)))
}
