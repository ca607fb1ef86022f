//! Tells the outside what happened: works off the outbox, signs, sends through the guarded client, and tries again
//! until it arrives or is given up.
//!
//! Law: at least once, in order per call, under an id that stays the same; an endpoint that is slow delays nobody else.
//! Any node does it, under leases; what a node held when it died, another sends when the lease is over.
//!
//! On a call's way this stands behind every committed fact, and nothing waits for it.

mod deliverer;
pub mod dialect;
pub mod signature;
mod try_once;

pub use deliverer::{Deliverer, DelivererContext, DelivererSettings};
pub use dialect::Dialects;
