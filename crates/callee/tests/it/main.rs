//! The far end over real sockets, against a caller of a few lines of text and against sipp.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod caller;
mod calls;
mod media_path;
mod scenarios;
mod sipp;
mod talk;
