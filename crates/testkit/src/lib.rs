//! The harness of the end-to-end tests: the whole platform and its far ends on this machine.
//!
//! Law: nothing is faked. Calls go in by HTTP, out by SIP and RTP, through the real models; what is asserted was seen
//! at the API, on the wire or by the far end's own ears. Every wait ends at a deadline, and none is a sleep.

pub mod agents;
pub mod many_calls;
pub mod recording;
mod world;

pub use agents::Variant;
pub use recording::Recording;
pub use world::{Ended, World};

use std::path::PathBuf;

/// The project's root.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
