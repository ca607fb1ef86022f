//! The binary as a person starts it: what it says when it cannot start, and the commands against a running server.

#![expect(clippy::unwrap_used, reason = "a test may panic; the lint knows test functions but not their helpers")]

mod commands;
mod full_disk;
mod process;
mod starts;
