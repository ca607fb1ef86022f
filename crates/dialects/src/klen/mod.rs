//! Klen AI: calls, agents and contacts by Bearer key, permissions by name, errors with twelve documented codes.

use axum::response::{IntoResponse, Response};
use domain::dialect::Dialect;

use crate::serve::Vendor;

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
    dialect: Dialect::Klen,
    name: "Outdial: Klen AI calls",
    about: "The calls API of Klen AI, spoken by Outdial.",
    lacks: "contacts, context variables, calendar",
    paths: &["/api/v1/calls", "/api/webhooks"],
    routes: routes::routes,
    webhooks: Some(webhooks::WEBHOOKS),
    unknown,
    method_not_allowed,
};

fn unknown() -> Response {
    errors::KlenError::not_found("Resource").into_response()
}

fn method_not_allowed() -> Response {
    errors::KlenError::method_not_allowed().into_response()
}
