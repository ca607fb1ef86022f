//! Rounds on a real database with real files, in virtual time.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking, its builders too")]

mod files;
mod rounds;
mod world;
