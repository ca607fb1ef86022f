//! Rules of calling, what they would say, and what they said.

use app::manage_policy::PolicyQuestion;
use app::ports::store::DecisionFilter;
use axum::extract::State;
use domain::call::CallOrigin;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, PolicyRead, PolicyWrite};
use crate::extract::{Json, Name, Query};
use crate::problem::{Problem, in_query};
use crate::router::ApiState;
use crate::wire::policy::{AgentPolicy, CheckPolicy, Decision, DecisionPage, ListDecisions, Policy, PolicyCheck};

/// Decisions a page where the client does not say.
const PAGE: u32 = 50;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get_policy, put_policy))
        .routes(routes!(get_agent_policy, put_agent_policy))
        .routes(routes!(check_policy))
        .routes(routes!(list_decisions))
}

/// Read the organization's rules
#[utoipa::path(get, path = "/v1/policy", tag = "policy", security(("api_key" = ["policy:read"])),
    responses(
        (status = 200, description = "The rules", body = Policy),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_policy(State(state): State<ApiState>, caller: Caller<PolicyRead>) -> Result<axum::Json<Policy>, Problem> {
    Ok(axum::Json(Policy(state.platform.organization_policy(&caller.0).await?)))
}

/// Replace the organization's rules
///
/// They hold for calls that wait already, too.
#[utoipa::path(put, path = "/v1/policy", tag = "policy", security(("api_key" = ["policy:write"])),
    request_body = Policy,
    responses(
        (status = 200, description = "The rules as they are now", body = Policy),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn put_policy(
    State(state): State<ApiState>,
    caller: Caller<PolicyWrite>,
    Json(body): Json<Policy>,
) -> Result<axum::Json<Policy>, Problem> {
    Ok(axum::Json(Policy(state.platform.set_organization_policy(&caller.0, body.0).await?)))
}

/// Read an agent's own rules
#[utoipa::path(get, path = "/v1/agents/{agent}/policy", tag = "policy", security(("api_key" = ["policy:read"])),
    params(("agent" = String, Path, description = "Slug or id")),
    responses(
        (status = 200, description = "The rules", body = AgentPolicy),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_agent_policy(
    State(state): State<ApiState>,
    caller: Caller<PolicyRead>,
    name: Name,
) -> Result<axum::Json<AgentPolicy>, Problem> {
    let policy = state.platform.agent_policy(&caller.0, &name.0).await?.map(Policy);
    Ok(axum::Json(AgentPolicy { policy }))
}

/// Replace an agent's own rules
#[utoipa::path(put, path = "/v1/agents/{agent}/policy", tag = "policy", security(("api_key" = ["policy:write"])),
    params(("agent" = String, Path, description = "Slug or id")),
    request_body = AgentPolicy,
    responses(
        (status = 200, description = "The rules as they are now", body = AgentPolicy),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn put_agent_policy(
    State(state): State<ApiState>,
    caller: Caller<PolicyWrite>,
    name: Name,
    Json(body): Json<AgentPolicy>,
) -> Result<axum::Json<AgentPolicy>, Problem> {
    let set = state.platform.set_agent_policy(&caller.0, &name.0, body.policy.map(|policy| policy.0)).await;
    let policy = set.map_err(|mut refusal| {
        for field in &mut refusal.fields {
            field.pointer.insert_str(0, "/policy");
        }
        refusal
    });
    Ok(axum::Json(AgentPolicy { policy: policy?.map(Policy) }))
}

/// Ask whether a number would be called
///
/// A dry run: nothing is kept of it.
#[utoipa::path(get, path = "/v1/policy/check", tag = "policy", security(("api_key" = ["policy:read"])),
    params(CheckPolicy),
    responses(
        (status = 200, description = "Yes, or why not and when", body = PolicyCheck),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn check_policy(
    State(state): State<ApiState>,
    caller: Caller<PolicyRead>,
    Query(query): Query<CheckPolicy>,
) -> Result<axum::Json<PolicyCheck>, Problem> {
    let unknown = || Problem::field("?origin", "is neither single nor list");
    let origin = query.origin.as_deref().map(|word| CallOrigin::parse(word).ok_or_else(unknown)).transpose()?;
    let question = PolicyQuestion {
        number: query.number,
        agent: query.agent,
        origin: origin.unwrap_or_default(),
        time_zone: query.time_zone,
        at: query.at,
    };
    Ok(axum::Json(state.platform.check_policy(&caller.0, question).await.map_err(in_query)?.into()))
}

/// Read why numbers were not called
///
/// One row for every refusal by policy, and for every call that it stopped or put off; kept for 90 days.
#[utoipa::path(get, path = "/v1/policy/decisions", tag = "policy", security(("api_key" = ["policy:read"])),
    params(ListDecisions),
    responses(
        (status = 200, description = "One page, newest first", body = DecisionPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_decisions(
    State(state): State<ApiState>,
    caller: Caller<PolicyRead>,
    Query(query): Query<ListDecisions>,
) -> Result<axum::Json<DecisionPage>, Problem> {
    let filter = DecisionFilter {
        number: state.platform.number_asked(&caller.0, query.number.as_deref()).await.map_err(in_query)?,
        code: query.code,
        from: query.from,
        to: query.to,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(PAGE),
    };
    let page = state.platform.policy_decisions(&caller.0, &filter).await.map_err(in_query)?;
    Ok(axum::Json(DecisionPage { items: page.items.into_iter().map(Decision::from).collect(), next_cursor: page.next }))
}
