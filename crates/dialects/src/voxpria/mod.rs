//! Voxpria: calls, agents, contacts and credits by Bearer key, `in_progress` with an underscore, two webhook signatures.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use domain::dialect::Dialect;

use crate::rates::Allowance;
use crate::serve::Vendor;

mod agents;
mod contacts;
mod credits;
pub mod errors;
pub mod from_wire;
mod routes;
pub mod signature;
pub mod to_wire;
mod webhooks;
pub mod wire;

#[cfg(test)]
mod tests;

/// The vendor.
pub(crate) const VENDOR: Vendor = Vendor {
    dialect: Dialect::Voxpria,
    name: "Outdial: Voxpria",
    about: "Calls, agents, contacts, webhooks and credits of Voxpria, spoken by Outdial.",
    lacks: "campaigns, trunks",
    paths: &["/api/v1/calls", "/api/v1/agents", "/api/v1/contacts", "/api/v1/webhooks", "/api/v1/credits"],
    routes: routes::routes,
    webhooks: Some(webhooks::WEBHOOKS),
    allowance: Some(Allowance { window: Duration::from_hours(1), shown: true, refused: too_many }),
    unknown,
    method_not_allowed,
};

fn too_many(wait: Duration) -> Response {
    errors::VoxpriaError::too_many(wait).into_response()
}

fn unknown() -> Response {
    errors::VoxpriaError::not_found("Resource").into_response()
}

fn method_not_allowed() -> Response {
    errors::VoxpriaError::method_not_allowed().into_response()
}
