//! Voicing AI: outbound calls by `x-api-key`, reads by one path for one and for many, errors as FastAPI writes them.

use axum::response::{IntoResponse, Response};
use domain::dialect::Dialect;

use crate::serve::Vendor;

mod chat;
pub mod errors;
pub mod from_wire;
mod routes;
pub mod to_wire;
mod webhooks;
pub mod wire;

#[cfg(test)]
mod tests;

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    dialect: Dialect::Voicing,
    name: "Outdial: Voicing AI calls",
    about: "The calls API of Voicing AI, spoken by Outdial.",
    lacks: "nothing that their documents describe",
    paths: &["/api/v1/campaigns", "/api/v1/voicing"],
    routes: routes::routes,
    webhooks: Some(webhooks::WEBHOOKS),
    allowance: None,
    unknown,
    method_not_allowed,
};

fn unknown() -> Response {
    errors::VoicingError::not_found().into_response()
}

fn method_not_allowed() -> Response {
    errors::VoicingError::method_not_allowed().into_response()
}
