//! The wallet: what is there, what it costs, how it came and went, what was used.

use app::manage_wallet::TopUp;
use app::ports::store::LedgerFilter;
use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::authenticate::{Caller, WalletRead, WalletWrite};
use crate::extract::{Json, Query};
use crate::idempotency::{KeyedJson, created, respond};
use crate::problem::Problem;
use crate::router::ApiState;
use crate::wire::Listing;
use crate::wire::wallet::{CreateTopUp, LedgerEntry, LedgerPage, ListLedger, ReadUsage, SetWallet, Usage, Wallet};

/// Entries a page where the client does not say.
const DEFAULT_PAGE: u32 = 50;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get_wallet, set_wallet))
        .routes(routes!(top_up))
        .routes(routes!(list_ledger))
        .routes(routes!(read_usage))
}

/// Read the wallet
#[utoipa::path(get, path = "/v1/wallet", tag = "wallet", security(("api_key" = ["wallet:read"])),
    responses(
        (status = 200, description = "The wallet", body = Wallet),
        (status = "4XX", description = "Refused; 404 where the organization is not billed", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn get_wallet(State(state): State<ApiState>, caller: Caller<WalletRead>) -> Result<axum::Json<Wallet>, Problem> {
    Ok(axum::Json(state.platform.get_wallet(&caller.0).await?.into()))
}

/// Set prices and limits
///
/// Opens the wallet if there is none; from then on the organization's calls are billed. Calls that were accepted keep
/// the price that they were accepted at.
#[utoipa::path(put, path = "/v1/wallet", tag = "wallet", security(("api_key" = ["wallet:write"])),
    request_body = SetWallet,
    responses(
        (status = 200, description = "The wallet as it is now", body = Wallet),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn set_wallet(
    State(state): State<ApiState>,
    caller: Caller<WalletWrite>,
    Json(body): Json<SetWallet>,
) -> Result<axum::Json<Wallet>, Problem> {
    let (settings, frozen, opening) = body.parts();
    Ok(axum::Json(state.platform.set_wallet(&caller.0, settings, frozen, opening).await?.into()))
}

/// Bring money in
///
/// Send an `Idempotency-Key`: a repeat then brings nothing in.
#[utoipa::path(post, path = "/v1/wallet/top-ups", tag = "wallet", security(("api_key" = ["wallet:write"])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Your own name for this request")),
    request_body = CreateTopUp,
    responses(
        (status = 201, description = "The entry in the ledger", body = LedgerEntry),
        (status = "4XX", description = "Refused; 402 where an adjustment takes out too much", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn top_up(
    State(state): State<ApiState>,
    caller: Caller<WalletWrite>,
    request: KeyedJson<CreateTopUp>,
) -> Result<Response, Problem> {
    let keyed = request.keyed(&caller.0)?;
    let CreateTopUp { amount, adjustment, note } = request.body;
    let top_up = TopUp { amount, adjustment, note };
    let write = |entry: &domain::wallet::LedgerEntry| created(None, &LedgerEntry::from(entry.clone()));
    let answered = match keyed {
        Some(asked) => state.platform.top_up_once(&caller.0, top_up, &asked, std::sync::Arc::new(write)).await?,
        None => {
            let answer = write(&state.platform.top_up(&caller.0, top_up).await?);
            app::idempotency::KeptOrNew { answer, replayed: false }
        }
    };
    Ok(respond(answered))
}

/// List the ledger
///
/// Every move of money with what was there after it; the entries always sum to the wallet.
#[utoipa::path(get, path = "/v1/wallet/ledger", tag = "wallet", security(("api_key" = ["wallet:read"])),
    params(ListLedger),
    responses(
        (status = 200, description = "One page, newest first", body = LedgerPage),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn list_ledger(
    State(state): State<ApiState>,
    caller: Caller<WalletRead>,
    Query(query): Query<ListLedger>,
) -> Result<axum::Json<LedgerPage>, Problem> {
    let call = match query.call {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| Problem::field("?call", "not the id of a call"))?),
    };
    let filter = LedgerFilter { call, cursor: query.cursor, limit: query.limit.unwrap_or(DEFAULT_PAGE) };
    let page = state
        .platform
        .list_ledger(&caller.0, &filter)
        .await
        .map_err(|r| Problem::from(r).renamed("/limit", "?limit").renamed("/cursor", "?cursor"))?;
    Ok(axum::Json(LedgerPage { items: page.items.into_iter().map(Into::into).collect(), next_cursor: page.next }))
}

/// Read what was used
///
/// Per day (UTC), agent and key, for organizations with a wallet and without.
#[utoipa::path(get, path = "/v1/usage", tag = "wallet", security(("api_key" = ["wallet:read"])),
    params(ReadUsage),
    responses(
        (status = 200, description = "One row for each day, agent and key, in that order", body = Listing<Usage>),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
    ))]
async fn read_usage(
    State(state): State<ApiState>,
    caller: Caller<WalletRead>,
    Query(query): Query<ReadUsage>,
) -> Result<axum::Json<Listing<Usage>>, Problem> {
    let used = state.platform.usage(&caller.0, query.from, query.to).await;
    Ok(axum::Json(Listing::of(used.map_err(|r| Problem::from(r).renamed("/from", "?from"))?)))
}
