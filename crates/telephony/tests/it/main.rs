//! Telephony against real far ends over loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod calls;
mod logs;
mod peer;
mod rig;
mod signalling;
mod sipp;
