//! Figures over many calls, and all of them as a table.

use std::fmt::Write as _;

use app::Principal;
use app::ports::store::CallFilter;
use app::read_calls::MAX_PAGE;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::call::Call;
use futures_util::{Stream, StreamExt as _, stream};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::calls::filter;
use crate::authenticate::{Caller, CallsRead};
use crate::extract::Query;
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::calls::ListCalls;
use crate::wire::statistics::{AskStatistics, Statistics};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_statistics)).routes(routes!(export_calls))
}

/// Read figures
///
/// Summed by the database over all calls of the span.
#[utoipa::path(get, path = "/v1/statistics", tag = "calls", security(("api_key" = ["calls:read"])),
    params(AskStatistics),
    responses(
        (status = 200, description = "Figures", body = Statistics),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn get_statistics(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    Query(query): Query<AskStatistics>,
) -> Result<axum::Json<Statistics>, Problem> {
    let asked = state.platform.statistics(&caller.0, query.from, query.to, query.agent.as_deref()).await;
    let (span, sums) = asked.map_err(|r| Problem::from(r).renamed("/from", "?from").renamed("/agent", "?agent"))?;
    Ok(axum::Json(Statistics::of(span, sums)))
}

/// Export calls
///
/// All calls that the filters let through as a table, newest first; `limit` and `cursor` are of no effect. RFC 4180, with a
/// quote before what a spreadsheet would take for a formula.
#[utoipa::path(get, path = "/v1/calls.csv", tag = "calls", security(("api_key" = ["calls:read"])),
    params(ListCalls),
    responses(
        (status = 200, description = "The table", body = String, content_type = "text/csv"),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn export_calls(
    State(state): State<ApiState>,
    caller: Caller<CallsRead>,
    Query(query): Query<ListCalls>,
) -> Result<Response, Problem> {
    let first = CallFilter { limit: MAX_PAGE, cursor: None, ..filter(&state, &caller, query).await? };
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"calls.csv\""),
    ];
    Ok((head, Body::from_stream(table(state, caller.0, first))).into_response())
}

/// A page at a time; one that cannot be read ends the answer before its end, so that nobody takes it for whole.
fn table(
    state: ApiState,
    principal: Principal,
    first: CallFilter,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let pages = stream::try_unfold(Some(first), move |next| {
        let (state, principal) = (state.clone(), principal.clone());
        async move {
            let Some(filter) = next else { return Ok(None) };
            let page = state.platform.list_calls(&principal, &filter).await;
            let page = page.map_err(|refusal| std::io::Error::other(refusal.detail))?;
            let mut text = String::new();
            for call in &page.items {
                row(&mut text, call);
            }
            let next = page.next.map(|cursor| CallFilter { cursor: Some(cursor), ..filter });
            Ok(Some((Bytes::from(text), next)))
        }
    });
    stream::once(async { Ok(Bytes::from_static(HEAD.as_bytes())) }).chain(pages)
}

const HEAD: &str = "id,created_at,agent,to,from,status,end_reason,answered_by,outcome,dialed_at,answered_at,ended_at,\
    talk_seconds,cost,currency\r\n";

fn row(text: &mut String, call: &Call) {
    let moment = |at: Option<domain::time::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let talk = call.answered_at.zip(call.ended_at).map(|(from, to)| to.duration_since(from).as_secs().to_string());
    let cells = [
        call.id.to_string(),
        call.created_at.to_string(),
        call.agent_slug.clone(),
        call.to.as_str().to_owned(),
        call.from.as_str().to_owned(),
        call.status.as_str().to_owned(),
        call.end_reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
        call.answered_by.as_str().to_owned(),
        call.outcome.as_ref().map(|outcome| outcome.name.clone()).unwrap_or_default(),
        moment(call.dialed_at),
        moment(call.answered_at),
        moment(call.ended_at),
        talk.unwrap_or_default(),
        call.cost.map(|cost| cost.to_string()).unwrap_or_default(),
        call.price.as_ref().map(|price| price.currency.clone()).unwrap_or_default(),
    ];
    for (n, cell) in cells.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}{}", written(cell));
    }
    text.push_str("\r\n");
}

/// A telephone number's plus is none of a formula: digits alone compute nothing.
fn written(cell: &str) -> String {
    let number =
        cell.strip_prefix(['+', '-']).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number;
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_compute_nothing() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"\nnow", "\"say \"\"hi\"\"\nnow\""),
            ("+15551234567", "+15551234567"),
            ("-0.25", "-0.25"),
            ("=1+1", "'=1+1"),
            ("+1+1", "'+1+1"),
            ("@sum,", "\"'@sum,\""),
            ("\t=1", "'\t=1"),
        ] {
            assert_eq!(written(cell), expected);
        }
    }
}
