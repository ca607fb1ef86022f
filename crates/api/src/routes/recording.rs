//! The recording of a call: a stereo WAV (agent left, callee right), whole or by ranges (RFC 9110, 14).

use app::forget_call::lies_below;
use app::recording_links::PLAYS_FOR;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::call::Call;
use domain::refusal::{Refusal, RefusalCode};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::authenticate::{Caller, CallsRead, CallsWrite};
use crate::extract::Name;
use crate::problem::{HttpFault, Problem};
use crate::router::ApiState;
use crate::wire::calls::RecordingLink;

/// Download the recording
///
/// Answers `Range`, `If-Range`, `If-None-Match` and `HEAD`.
#[utoipa::path(get, path = "/v1/calls/{call}/recording", tag = "calls", security(("api_key" = ["calls:read"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 200, description = "The whole recording: agent left, callee right", content_type = "audio/wav"),
        (status = 206, description = "The range that was asked for", content_type = "audio/wav"),
        (status = 304, description = "Unchanged since the ETag that was sent"),
        (status = 410, description = "The recording was deleted, by age or on request", body = Problem,
            content_type = "application/problem+json"),
        (status = 416, description = "The range lies outside the recording", body = Problem,
            content_type = "application/problem+json"),
        (status = "4XX", description = "Refused, or not recorded (yet)", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn get_recording(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    name: Name,
    request: Request,
) -> Result<Response, Problem> {
    let call = state.platform.get_call(&caller.0, &name.0).await?;
    play(&state, &call, request).await
}

/// Get an address that plays the recording
///
/// The address needs no key, so that it can be given to a player or a person; it plays for seven days.
#[utoipa::path(get, path = "/v1/calls/{call}/recording/link", tag = "calls", security(("api_key" = ["calls:read"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 200, description = "The address", body = RecordingLink),
        (status = "4XX", description = "Refused, or not recorded (yet)", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn get_recording_link(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    name: Name,
) -> Result<axum::Json<RecordingLink>, Problem> {
    let call = state.platform.get_call(&caller.0, &name.0).await?;
    let now = state.platform.clock.now();
    let url = state.links.url(&call, now);
    let url = url.ok_or_else(|| Refusal::new(RefusalCode::NotFound, "this call has no recording, or not yet"))?;
    let expires_at = now.saturating_add(PLAYS_FOR).unwrap_or(now);
    Ok(axum::Json(RecordingLink { url, expires_at }))
}

/// Play a recording by its address
///
/// What `/v1/calls/{call}/recording/link` and the vendors' APIs hand out. Needs no key.
#[utoipa::path(get, path = "/recordings/{token}", tag = "calls",
    params(("token" = String, Path, description = "As it stands in the address")),
    responses(
        (status = 200, description = "The whole recording: agent left, callee right", content_type = "audio/wav"),
        (status = 206, description = "The range that was asked for", content_type = "audio/wav"),
        (status = "4XX", description = "Unknown, over, or deleted", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn play_recording(
    State(state): State<ApiState>,
    token: Name,
    request: Request,
) -> Result<Response, Problem> {
    let unknown = || Problem::from(Refusal::new(RefusalCode::NotFound, "this address plays nothing, or no longer"));
    let (organization, call) = state.links.read(&token.0, state.platform.clock.now()).ok_or_else(unknown)?;
    let call = state.platform.recorded_call(organization, call).await?.ok_or_else(unknown)?;
    play(&state, &call, request).await
}

/// Path of the recording below the folder of recordings, or why there is none.
pub(super) fn recorded_path(call: &Call) -> Result<&str, Problem> {
    let missing = |detail: &str| Problem::from(Refusal::new(RefusalCode::NotFound, detail));
    if call.recording.is_none() && call.recording_purged_at.is_some() {
        return Err(Problem::http(
            HttpFault::Deleted,
            "the recording of this call was deleted; recording_purged_at says when",
        ));
    }
    let recorded = call.recording.as_deref().filter(|path| lies_below(path));
    recorded.ok_or_else(|| match call.status.is_terminal() {
        true => missing("this call was not recorded"),
        false => missing("the recording is complete only after the call; wait for call.recording_ready"),
    })
}

async fn play(state: &ApiState, call: &Call, mut request: Request) -> Result<Response, Problem> {
    let missing = |detail: &str| Problem::from(Refusal::new(RefusalCode::NotFound, detail));
    let file = ServeFile::new(state.recordings.join(recorded_path(call)?));
    if let Some(known) = request.headers().get(header::IF_RANGE).cloned() {
        // A range of another recording than the client has would be spliced into it (RFC 9110, 13.1.5). The file
        // service does not look at this header.
        if etag(file.clone()).await.as_ref() != Some(&known) {
            request.headers_mut().remove(header::RANGE);
        }
    }
    let response = file.oneshot(request).await.unwrap_or_else(|never| match never {});
    let mut response = response.map(Body::new);
    match response.status() {
        StatusCode::NOT_FOUND => return Err(missing("the recording is no longer on disk")),
        StatusCode::RANGE_NOT_SATISFIABLE => {
            let range = response.headers().get(header::CONTENT_RANGE).cloned();
            let detail = "ask for a range below the size in Content-Range";
            let mut problem = Problem::http(HttpFault::RangeNotSatisfiable, detail).into_response();
            if let Some(range) = range {
                problem.headers_mut().insert(header::CONTENT_RANGE, range);
            }
            return Ok(problem);
        }
        status if status.is_server_error() => {
            tracing::error!(call.id = %call.id, "the recording could not be read");
            return Err(Problem::http(HttpFault::Internal, "the recording could not be read"));
        }
        _ => {}
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(name) = HeaderValue::try_from(format!("inline; filename=\"{}.wav\"", call.id)) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Delete the recording
///
/// The file is deleted for good, within the hour where it lies on another node than the one that is asked; the call stays.
/// Audited.
#[utoipa::path(delete, path = "/v1/calls/{call}/recording", tag = "calls", security(("api_key" = ["calls:write"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 204, description = "Deleted"),
        (status = "4XX", description = "Refused, not over, or not recorded", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn delete_recording(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    let remove = async |path: &str| {
        if !lies_below(path) {
            return Err(std::io::Error::other("the path lies outside the recordings folder"));
        }
        match tokio::fs::remove_file(state.recordings.join(path)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    };
    state.platform.delete_recording(&caller.0, &name.0, remove).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete what was said
///
/// Turns, digits, slots, variables and metadata are emptied, in the call's events too. What happened and when, the
/// evidence and, unless numbers are masked, the numbers stay. Audited.
#[utoipa::path(delete, path = "/v1/calls/{call}/content", tag = "calls", security(("api_key" = ["calls:write"])),
    params(("call" = String, Path, description = "Id, sequence or SIP Call-ID")),
    responses(
        (status = 204, description = "Deleted"),
        (status = "4XX", description = "Refused, or not over", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(super) async fn delete_content(
    State(state): State<ApiState>,
    caller: Caller<CallsWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.delete_content(&caller.0, &name.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn etag(file: ServeFile) -> Option<HeaderValue> {
    let head = axum::http::Request::head("/").body(Body::empty()).ok()?;
    let answer = file.oneshot(head).await.unwrap_or_else(|never| match never {});
    answer.headers().get(header::ETAG).cloned()
}
