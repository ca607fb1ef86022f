//! Use cases and the ports they stand on: one file per use case, one trait per port.
//!
//! Law: no socket, no SQL, no vendor's name. Every dialect, the dashboard and the command line come in through
//! these use cases, and everything outside comes in through these traits.

pub mod ports;
