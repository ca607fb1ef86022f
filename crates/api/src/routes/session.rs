//! Signing in and out: what the dashboard's first page works with. Programs use keys.

use app::sign_in::{NewUser, SignedIn as Opened};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::OrganizationId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::browser::{OurPage, SignedIn, forgotten, kept, token};
use crate::extract::Json;
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::members::{Acceptance, Credentials, FirstOwner, Join, LookAt, Session, SetUp};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, get_session, sign_out))
        .routes(routes!(look_at))
        .routes(routes!(accept_invitation))
        .routes(routes!(join))
        .routes(routes!(get_set_up, set_up))
}

/// Sign in
///
/// The answer sets the cookie `__Host-outdial`, which opens all routes of this API within the role's permissions.
/// Requests under it that change something carry the header `Outdial-Request: dashboard`.
#[utoipa::path(post, path = "/v1/session", tag = "session", request_body = Credentials,
    responses(
        (status = 201, description = "Signed in", body = Session),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn sign_in(
    State(state): State<ApiState>,
    _: OurPage,
    parts: Parts,
    Json(body): Json<Credentials>,
) -> Result<Response, Problem> {
    let origin = state.proxies.origin(&parts);
    let (who, email) = (body.email.to_lowercase(), body.email);
    let opened = state.platform.sign_in(&email, body.password);
    signed_in(state.gate.person(&state.platform, &who, &origin, opened).await?)
}

/// Read who is signed in
#[utoipa::path(get, path = "/v1/session", tag = "session", security(("browser" = [])),
    responses(
        (status = 200, description = "Who is signed in, and what they may do", body = Session),
        (status = "4XX", description = "Nobody is", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_session(State(state): State<ApiState>, session: SignedIn) -> Result<axum::Json<Session>, Problem> {
    Ok(axum::Json(state.platform.with_places(session.0).await?.into()))
}

/// Sign out
///
/// Idempotent; the cookie is taken back.
#[utoipa::path(delete, path = "/v1/session", tag = "session",
    responses(
        (status = 204, description = "Signed out"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn sign_out(State(state): State<ApiState>, _: OurPage, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = token(&headers) {
        state.platform.sign_out(token).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, forgotten())]).into_response())
}

/// Show another organization
#[utoipa::path(put, path = "/v1/session/organization", tag = "session", security(("browser" = [])),
    request_body = LookAt,
    responses(
        (status = 200, description = "The session as it is now", body = Session),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn look_at(
    State(state): State<ApiState>,
    session: SignedIn,
    Json(body): Json<LookAt>,
) -> Result<axum::Json<Session>, Problem> {
    let wrong = |_| Problem::field("/organization", "must be the id of an organization of yours");
    let organization: OrganizationId = body.organization.parse().map_err(wrong)?;
    Ok(axum::Json(state.platform.look_at(session.0, organization).await?.into()))
}

/// Accept an invitation
///
/// Sets name and password of an account that was invited, or whose password is set anew, and signs it in.
#[utoipa::path(post, path = "/v1/session/accept", tag = "session", request_body = Acceptance,
    responses(
        (status = 201, description = "Signed in", body = Session),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn accept_invitation(
    State(state): State<ApiState>,
    _: OurPage,
    parts: Parts,
    Json(body): Json<Acceptance>,
) -> Result<Response, Problem> {
    let origin = state.proxies.origin(&parts);
    let opened = state.platform.accept_invitation(&body.code, body.name, body.password, origin.clone());
    signed_in(state.gate.person(&state.platform, &body.code, &origin, opened).await?)
}

/// Join another organization
///
/// By an invitation to an account that exists.
#[utoipa::path(post, path = "/v1/session/join", tag = "session", security(("browser" = [])), request_body = Join,
    responses(
        (status = 200, description = "The session, which shows that organization now", body = Session),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn join(
    State(state): State<ApiState>,
    session: SignedIn,
    parts: Parts,
    Json(body): Json<Join>,
) -> Result<axum::Json<Session>, Problem> {
    Ok(axum::Json(state.platform.join(session.0, &body.code, state.proxies.origin(&parts)).await?.into()))
}

/// Read whether a first owner is waited for
#[utoipa::path(get, path = "/v1/setup", tag = "session",
    responses((status = 200, description = "Whether nobody has an account yet", body = SetUp)))]
async fn get_set_up(State(state): State<ApiState>) -> Result<axum::Json<SetUp>, Problem> {
    Ok(axum::Json(SetUp { needed: state.platform.needs_set_up().await? }))
}

/// Make the first owner
///
/// By the code that `outdial serve` shows while nobody has an account.
#[utoipa::path(post, path = "/v1/setup", tag = "session", request_body = FirstOwner,
    responses(
        (status = 201, description = "Signed in", body = Session),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn set_up(
    State(state): State<ApiState>,
    _: OurPage,
    parts: Parts,
    Json(body): Json<FirstOwner>,
) -> Result<Response, Problem> {
    let origin = state.proxies.origin(&parts);
    let new = NewUser { email: body.email, name: body.name, password: body.password };
    let opened = state.platform.set_up(&body.code, new, origin.clone());
    signed_in(state.gate.person(&state.platform, &body.code, &origin, opened).await?)
}

fn signed_in(opened: Opened) -> Result<Response, Problem> {
    let cookie = kept(&opened.token, opened.lasts)?;
    let session = axum::Json(Session::from(opened.session));
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], session).into_response())
}
