//! The processes of the installation, and draining them.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, NodesRead, NodesWrite};
use crate::extract::Name;
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::nodes::Node;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_nodes)).routes(routes!(drain_node)).routes(routes!(resume_node))
}

/// List the nodes
///
/// Oldest first. A node that was lost is shown for a day.
#[utoipa::path(get, path = "/v1/nodes", tag = "nodes", security(("api_key" = ["nodes:read"])),
    responses(
        (status = 200, description = "The nodes", body = Listing<Node>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_nodes(
    State(state): State<ApiState>,
    caller: Caller<NodesRead>,
) -> Result<axum::Json<Listing<Node>>, Problem> {
    Ok(axum::Json(Listing::of(state.platform.list_nodes(&caller.0).await?)))
}

/// Drain a node
///
/// It claims no more calls, and those that it holds go on to their end. It serves HTTP as before. Asked of a node that
/// drains already, nothing changes.
#[utoipa::path(post, path = "/v1/nodes/{node}/drain", tag = "nodes", security(("api_key" = ["nodes:write"])),
    params(("node" = String, Path, description = "Id, or a name that only one living node has")),
    responses(
        (status = 200, description = "The node as it last showed itself", body = Node),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn drain_node(
    State(state): State<ApiState>,
    caller: Caller<NodesWrite>,
    name: Name,
) -> Result<axum::Json<Node>, Problem> {
    Ok(axum::Json(state.platform.drain_node(&caller.0, &name.0).await?.into()))
}

/// Let a drained node claim calls again
#[utoipa::path(post, path = "/v1/nodes/{node}/resume", tag = "nodes", security(("api_key" = ["nodes:write"])),
    params(("node" = String, Path, description = "Id, or a name that only one living node has")),
    responses(
        (status = 200, description = "The node as it last showed itself", body = Node),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn resume_node(
    State(state): State<ApiState>,
    caller: Caller<NodesWrite>,
    name: Name,
) -> Result<axum::Json<Node>, Problem> {
    Ok(axum::Json(state.platform.resume_node(&caller.0, &name.0).await?.into()))
}
