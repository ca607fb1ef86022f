//! `/api/v1/credits`: what is in the wallet, as far as there is one. Clients also ask it whether their key is good, so every
//! key may.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::refusal::RefusalCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::errors::VoxpriaError;
use super::routes::asker;
use super::wire::{Credits, Failed, Success};
use crate::content::amount;
use crate::door::Door;
use crate::raw::Raw;
use crate::times;

pub(super) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::new().routes(routes!(get_credits))
}

/// Read the balance
#[utoipa::path(get, path = "/api/v1/credits", tag = "credits",
    params(("Authorization" = Option<String>, Header, description = "`Bearer agl_sk_…`; or X-API-Key")),
    responses(
        (status = 200, description = "The balance; null where calls are not billed", body = Success<Credits>),
        (status = "4XX", description = "Refused", body = Failed),
        (status = 500, description = "server_error", body = Failed),
    ))]
async fn get_credits(State(door): State<Door>, raw: Raw) -> Result<Response, VoxpriaError> {
    let principal = asker(&door, &raw, &[]).await?;
    let credits = match door.platform.get_wallet(&principal).await {
        Ok(wallet) => Credits {
            balance: Some(amount(wallet.available)),
            currency: wallet.settings.currency,
            last_updated: Some(times::seconds(wallet.updated_at)),
        },
        Err(refusal) if refusal.code == RefusalCode::NotFound => {
            Credits { balance: None, currency: "credits".to_owned(), last_updated: None }
        }
        Err(refusal) => return Err(VoxpriaError::from(&refusal)),
    };
    Ok(Json(Success::of(credits)).into_response())
}
