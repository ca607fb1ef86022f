//! VoiceB click-to-call: one route, credentials per agent, a signature over the raw body.

use axum::response::{IntoResponse, Response};
use domain::dialect::Dialect;

use crate::serve::Vendor;

pub mod errors;
pub mod from_wire;
mod routes;
pub mod signature;
pub mod wire;

#[cfg(test)]
mod tests;

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    dialect: Dialect::VoiceB,
    name: "Outdial: VoiceB click-to-call",
    about: "The click-to-call API of VoiceB, spoken by Outdial.",
    lacks: "nothing that is documented",
    paths: &["/api/click-to-call"],
    routes: routes::routes,
    webhooks: None,
    allowance: None,
    unknown,
    method_not_allowed,
};

fn unknown() -> Response {
    errors::ClickToCallError::NotFound.into_response()
}

fn method_not_allowed() -> Response {
    errors::ClickToCallError::MethodNotAllowed.into_response()
}
