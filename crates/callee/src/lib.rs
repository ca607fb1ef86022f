//! Simulated far ends with ears and a voice: real SIP and RTP endpoints for demos, `outdial simulate`, tests and
//! load.
//!
//! Law: this is an independent peer of our telephony. It shares neither its signalling nor its description code
//! with it, so that one's mistake is not forgiven by the other.
//!
//! A call's way: `server` hears the INVITE → a [`persona`] decides → `line` plays and hears → `ears` understand →
//! the persona decides again; everything is written down in [`record`].

mod ears;
mod line;
pub mod persona;
pub mod record;
pub mod scenario;
mod server;
mod voice;

pub use persona::Persona;
pub use record::{CallView, Counts, FarEnd, HeardSegment, SaidSegment};
pub use server::{Callee, CalleeConfig, Credentials, LOG_DIRECTIVE, StartError};
