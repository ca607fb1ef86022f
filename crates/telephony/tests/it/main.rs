//! Telephony against real far ends over loopback.

mod calls;
mod signalling;
mod sipp;
