//! The people of the organization.

use app::manage_members::NewMember;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, MembersRead, MembersWrite};
use crate::extract::{Json, Name};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::members::{ChangeMember, InviteMember, Invited, Member};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_members, invite_member))
        .routes(routes!(change_member, remove_member))
        .routes(routes!(invite_again))
}

/// List the members
///
/// Oldest first.
#[utoipa::path(get, path = "/v1/members", tag = "members", security(("api_key" = ["members:read"])),
    responses(
        (status = 200, description = "Everybody in the organization", body = Listing<Member>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_members(
    State(state): State<ApiState>,
    caller: Caller<MembersRead>,
) -> Result<axum::Json<Listing<Member>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_members(&caller.0).await?)))
}

/// Invite a person
///
/// Hand them the code: it opens `/app/join#CODE`. Who has an account elsewhere joins with it when they use the code.
#[utoipa::path(post, path = "/v1/members", tag = "members", security(("api_key" = ["members:write"])),
    request_body = InviteMember,
    responses(
        (status = 201, description = "The member with the code, which is not to be had again", body = Invited),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn invite_member(
    State(state): State<ApiState>,
    caller: Caller<MembersWrite>,
    Json(body): Json<InviteMember>,
) -> Result<(StatusCode, axum::Json<Invited>), Problem> {
    let new = NewMember { email: body.email, name: body.name, role: body.role.0 };
    let invited = state.platform.invite_member(&caller.0, new).await?;
    Ok((StatusCode::CREATED, axum::Json(invited.into())))
}

/// Give a member another role
///
/// Idempotent. An organization keeps one owner.
#[utoipa::path(patch, path = "/v1/members/{member}", tag = "members", security(("api_key" = ["members:write"])),
    params(("member" = String, Path, description = "Id of the person")),
    request_body = ChangeMember,
    responses(
        (status = 200, description = "The member as it is now", body = Member),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn change_member(
    State(state): State<ApiState>,
    caller: Caller<MembersWrite>,
    name: Name,
    Json(body): Json<ChangeMember>,
) -> Result<axum::Json<Member>, Problem> {
    let changed = state.platform.change_role(&caller.0, name.id("member")?, body.role.0).await?;
    Ok(axum::Json(changed.into()))
}

/// Take a member out
///
/// Its browsers are signed out of the organization. An organization keeps one owner.
#[utoipa::path(delete, path = "/v1/members/{member}", tag = "members", security(("api_key" = ["members:write"])),
    params(("member" = String, Path, description = "Id of the person")),
    responses(
        (status = 204, description = "Taken out"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn remove_member(
    State(state): State<ApiState>,
    caller: Caller<MembersWrite>,
    name: Name,
) -> Result<StatusCode, Problem> {
    state.platform.remove_member(&caller.0, name.id("member")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Draw a new invitation
///
/// For a member who lost theirs, or forgot the password. Older codes are void.
#[utoipa::path(post, path = "/v1/members/{member}/invitation", tag = "members",
    security(("api_key" = ["members:write"])),
    params(("member" = String, Path, description = "Id of the person")),
    responses(
        (status = 201, description = "The member with the code, which is not to be had again", body = Invited),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn invite_again(
    State(state): State<ApiState>,
    caller: Caller<MembersWrite>,
    name: Name,
) -> Result<(StatusCode, axum::Json<Invited>), Problem> {
    let invited = state.platform.invite_again(&caller.0, name.id("member")?).await?;
    Ok((StatusCode::CREATED, axum::Json(invited.into())))
}
