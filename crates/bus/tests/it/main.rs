//! The bus as its users know it: one suite for both implementations, and NATS with its server coming and going.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking, its servers too")]

mod contract;
mod outage;
mod server;
mod world;
