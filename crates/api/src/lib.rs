//! The native HTTP API: translates requests into use cases and what they return into JSON, and nothing else.
//!
//! Law: a handler holds no rule of the platform. It authenticates, reads the wire type, calls one use case of
//! [`app::Platform`], writes the wire type; every error leaves as `application/problem+json` (RFC 9457) with a stable
//! `code`. First and last step of a call's way.

pub mod authenticate;
mod browser;
pub mod client_address;
mod dashboard;
pub mod extract;
pub mod idempotency;
pub mod metrics;
pub mod openapi;
mod overload;
pub mod problem;
pub mod router;
pub mod routes;
mod server;
pub mod webhook_events;
pub mod wire;

pub use client_address::TrustedProxies;
pub use dialects::rates::RequestLimits;
pub use metrics::Metrics;
pub use openapi::document;
pub use problem::Problem;
pub use router::{ApiState, router};
pub use server::{ServerLimits, serve};
pub use webhook_events::NativePayloads;
