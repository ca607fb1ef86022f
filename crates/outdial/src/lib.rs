//! The binary: commands, configuration, wiring, shutdown.
//!
//! Law: this crate names every part and holds no rule of the platform; what it decides is how a process starts, what it
//! says to a person, and how it ends.

pub mod cli;
pub mod client;
pub mod commands;
pub mod config;
pub mod doctor;
pub mod output;
pub mod provision;
pub mod serve;
pub mod signals;
pub mod stage;
pub mod telemetry;
pub mod wiring;

/// A create allocates some hundred times, on threads that hand their memory to each other; the system's allocator cost a
/// tenth of it (docs/benchmarks.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
