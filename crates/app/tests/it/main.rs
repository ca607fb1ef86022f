//! Use cases over the real store in memory and the bus of one process.

mod calls;
mod keys;
mod provision;
mod world;
