//! Klen AI: calls, agents and contacts by Bearer key, permissions by name, errors with twelve documented codes.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use domain::dialect::Dialect;

use crate::rates::Allowance;
use crate::serve::Vendor;

mod agents;
mod contacts;
mod context;
pub mod errors;
pub mod from_wire;
mod people;
mod routes;
pub mod to_wire;
mod webhooks;
pub mod wire;

#[cfg(test)]
mod tests;

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    dialect: Dialect::Klen,
    name: "Outdial: Klen AI",
    about: "Calls, agents, contacts and context variables of Klen AI, spoken by Outdial.",
    lacks: "calendar",
    paths: &[
        "/api/v1/calls",
        "/api/v1/agents",
        "/api/v1/contacts",
        "/api/v1/context-variables",
        "/api/v1/business",
        "/api/webhooks",
    ],
    routes: routes::routes,
    webhooks: Some(webhooks::WEBHOOKS),
    allowance: Some(Allowance { window: Duration::from_mins(1), shown: false, refused: too_many }),
    unknown,
    method_not_allowed,
};

fn too_many(wait: Duration) -> Response {
    errors::KlenError::too_many(wait).into_response()
}

fn unknown() -> Response {
    errors::KlenError::not_found("Resource").into_response()
}

fn method_not_allowed() -> Response {
    errors::KlenError::method_not_allowed().into_response()
}
