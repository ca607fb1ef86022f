//! Vonage AI Studio: sessions by `X-Vgai-Key`, numbers without `+`, a callback for calls that nobody answered.

use axum::response::{IntoResponse, Response};
use domain::dialect::Dialect;

use crate::serve::Vendor;

pub mod errors;
pub mod from_wire;
pub mod insights;
mod routes;
pub mod to_wire;
mod webhooks;
pub mod wire;

#[cfg(test)]
mod tests;

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    dialect: Dialect::Vonage,
    name: "Outdial: Vonage AI Studio",
    about: "Outbound calls and Insights of Vonage AI Studio, spoken by Outdial.",
    lacks: "text sessions, live agents",
    paths: &["/telephony", "/insights"],
    routes: routes::routes,
    webhooks: Some(webhooks::WEBHOOKS),
    allowance: None,
    unknown,
    method_not_allowed,
};

fn unknown() -> Response {
    errors::StudioError::not_found().into_response()
}

fn method_not_allowed() -> Response {
    errors::StudioError::method_not_allowed().into_response()
}
