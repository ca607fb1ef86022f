//! Deliveries over real sockets and a real SQLite store: order, retries, isolation, nodes that die, signatures that
//! others verify.

#![expect(clippy::unwrap_used, reason = "a test may panic; the lint knows test functions but not their helpers")]

mod delivering;
mod nodes;
mod sink;
mod verifiers;
mod world;
