//! Use cases over the real store in memory and the bus of one process.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking, its builders too")]

mod calls;
mod keys;
mod policy;
mod provision;
mod tools;
mod world;
