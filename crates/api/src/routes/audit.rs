//! The log of administrative acts: read, never written.

use app::ports::store::AuditFilter;
use axum::extract::State;
use domain::audit::AuditAction;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{AuditRead, Caller};
use crate::extract::Query;
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::audit::{AuditEntry, AuditPage, ListAudit};

/// Entries a page where the client does not say.
const PAGE: u32 = 50;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_audit))
}

/// Read the audit log
///
/// Every act that changed the set-up, newest first. Entries are never changed and hold no secret.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", security(("api_key" = ["audit:read"])),
    params(ListAudit),
    responses(
        (status = 200, description = "One page, newest first", body = AuditPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_audit(
    State(state): State<ApiState>,
    caller: Caller<AuditRead>,
    Query(query): Query<ListAudit>,
) -> Result<axum::Json<AuditPage>, Problem> {
    let renamed = |r| Problem::from(r).renamed("/limit", "?limit").renamed("/cursor", "?cursor");
    let page = state.platform.list_audit(&caller.0, &filter(query)?).await.map_err(renamed)?;
    Ok(axum::Json(AuditPage { items: page.items.into_iter().map(AuditEntry::from).collect(), next_cursor: page.next }))
}

fn filter(query: ListAudit) -> Result<AuditFilter, Problem> {
    let actions = query.action.as_deref().unwrap_or_default();
    let actions = actions.split(',').map(str::trim).filter(|word| !word.is_empty()).map(|word| {
        let unknown = || Problem::field("?action", format!("`{word}` is not an act; the document lists them all"));
        AuditAction::parse(word).ok_or_else(unknown)
    });
    let key = query.key.map(|id| id.parse().map_err(|_| Problem::field("?key", "is not the id of a key")));
    Ok(AuditFilter {
        actions: actions.collect::<Result<_, _>>()?,
        resource: query.resource,
        key: key.transpose()?,
        from: query.from,
        to: query.to,
        cursor: query.cursor,
        limit: query.limit.unwrap_or(PAGE),
    })
}
