//! Taking a hand in a live call: say, note, transfer.

use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, CallsWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::calls::Call;
use crate::wire::steer::{NoteInCall, SayInCall, TransferCall};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(say_in_call)).routes(routes!(note_in_call)).routes(routes!(transfer_call))
}

/// Have the agent say something
///
/// Exactly this text, next, in the agent's voice: after what it is saying, or in its place with `interrupt`. The callee can
/// interrupt it as anything the agent says; where they do before it begins, it comes before the answer. What was heard of
/// it is a turn of its own with `by_person`, and in the agent's memory.
#[utoipa::path(post, path = "/v1/calls/{call}/say", tag = "calls", security(("api_key" = ["calls:write"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    request_body = SayInCall,
    responses(
        (status = 202, description = "The agent says it next", body = Call),
        (status = 409, description = "The call is not talking", body = Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call is changing hands; repeat", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn say_in_call(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    name: Name,
    Json(body): Json<SayInCall>,
) -> Result<(StatusCode, axum::Json<Call>), Problem> {
    let call = state.platform.say_in_call(&caller.0, &name.0, &body.text, body.interrupt).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(call.into())))
}

/// Tell the agent something
///
/// An instruction to the agent's language model for its turns from now on; it is not said. `call.note` keeps it. An agent
/// that is a flow alone goes by its steps and makes nothing of it.
#[utoipa::path(post, path = "/v1/calls/{call}/note", tag = "calls", security(("api_key" = ["calls:write"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    request_body = NoteInCall,
    responses(
        (status = 202, description = "The agent was told", body = Call),
        (status = 409, description = "The call is not talking", body = Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call is changing hands; repeat", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn note_in_call(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    name: Name,
    Json(body): Json<NoteInCall>,
) -> Result<(StatusCode, axum::Json<Call>), Problem> {
    let call = state.platform.note_in_call(&caller.0, &name.0, &body.text).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(call.into())))
}

/// Hand the callee over
///
/// To a number or a SIP address, by SIP REFER, as a flow's transfer does. Policy is asked as before any dial; a number that
/// could only be called later is refused. `call.transfer` says how it went; where it fails, the talk goes on.
#[utoipa::path(post, path = "/v1/calls/{call}/transfer", tag = "calls", security(("api_key" = ["calls:write"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    request_body = TransferCall,
    responses(
        (status = 202, description = "The callee is being handed over", body = Call),
        (status = 409, description = "The call is not talking, or is being handed over already", body = Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "Refused, by policy too", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The call is changing hands; repeat", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn transfer_call(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    name: Name,
    Json(body): Json<TransferCall>,
) -> Result<(StatusCode, axum::Json<Call>), Problem> {
    let call = state.platform.transfer_call(&caller.0, &name.0, &body.to).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(call.into())))
}
