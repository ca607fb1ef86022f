//! Telephony against real far ends over loopback.

mod signalling;
mod sipp;
