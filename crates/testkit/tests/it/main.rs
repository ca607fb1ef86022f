//! The whole platform from an HTTP request to the far end's ears, on loopback.

#![expect(clippy::unwrap_used, reason = "a test may panic; the lint knows test functions but not their helpers")]

mod chat;
mod conversation;
mod dashboard;
mod drain;
mod hang_up;
mod live;
mod opt_out;
mod personas;
mod pjsip;
mod redaction;
mod retention;
mod scenarios;
mod sipp;
mod two_nodes;
mod vendor_clients;
mod voice;
mod wire;
