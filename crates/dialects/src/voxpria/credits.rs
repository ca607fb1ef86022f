//! `/api/v1/credits`: what is in the wallet and what was used of it, as far as there is one. Clients also ask for the
//! balance to see whether their key is good, so every key may.

use std::collections::BTreeMap;

use app::Principal;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::money::Money;
use domain::refusal::RefusalCode;
use domain::wallet::Wallet;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::VoxpriaError;
use super::from_wire;
use super::routes::asker;
use super::wire::{Credits, CreditsUsed, DayUsed, Failed, Success, Used};
use crate::content::amount;
use crate::door::Door;
use crate::raw::Raw;
use crate::times;

/// What the wallet is kept in, where there is none.
const CREDITS: &str = "credits";

type Answer = Result<Response, VoxpriaError>;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(get_credits)).routes(routes!(get_usage))
}

/// Read the balance
#[utoipa::path(get, path = "/api/v1/credits", tag = "credits",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    responses(
        (status = 200, description = "The balance; null where calls are not billed", body = Success<Credits>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_credits(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, &[]).await?;
    let wallet = wallet(&door, &principal).await?;
    let credits = Credits {
        balance: wallet.as_ref().map(|wallet| amount(wallet.available)),
        last_updated: wallet.as_ref().map(|wallet| times::seconds(wallet.updated_at)),
        currency: wallet.map_or_else(|| CREDITS.to_owned(), |wallet| wallet.settings.currency),
    };
    Ok(Json(Success::of(credits)).into_response())
}

/// Read what was used, a day
#[utoipa::path(get, path = "/api/v1/credits/usage", tag = "credits",
    params(
        ("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key"),
        ("startDate" = Option<String>, Query, description = "First day (UTC), `2025-02-01`; 30 days before the end where nothing is said"),
        ("endDate" = Option<String>, Query, description = "Last day (UTC); today where nothing is said"),
    ),
    responses(
        (status = 200, description = "Days on which there were calls, and their sum", body = Success<CreditsUsed>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_usage(State(door): State<Door>, raw: Raw) -> Answer {
    let principal = asker(&door, &raw, &[]).await?;
    let (from, to) = from_wire::days(&raw)?;
    let currency = wallet(&door, &principal).await?.map_or_else(|| CREDITS.to_owned(), |w| w.settings.currency);
    let mut days: BTreeMap<_, (u64, Money)> = BTreeMap::new();
    for row in door.platform.usage(&principal, from, to).await? {
        let day = days.entry(row.day).or_insert((0, Money::ZERO));
        *day = (day.0 + row.calls, day.1 + row.cost);
    }
    let used = |calls: u64, cost: Money| Used { calls, credits_used: amount(cost), cost: format!("{cost} {currency}") };
    let (calls, cost) = days.values().fold((0, Money::ZERO), |sum, day| (sum.0 + day.0, sum.1 + day.1));
    let usage = days.iter().map(|(day, (calls, cost))| {
        let date = times::seconds(*day).chars().take(10).collect();
        DayUsed { date, used: used(*calls, *cost) }
    });
    Ok(Json(Success::of(CreditsUsed { usage: usage.collect(), total: used(calls, cost) })).into_response())
}

/// `None` where calls are not billed.
async fn wallet(door: &Door, principal: &Principal) -> Result<Option<Wallet>, VoxpriaError> {
    match door.platform.get_wallet(principal).await {
        Ok(wallet) => Ok(Some(wallet)),
        Err(refusal) if refusal.code == RefusalCode::NotFound => Ok(None),
        Err(refusal) => Err(VoxpriaError::from(&refusal)),
    }
}
