//! Voxpria: calls, agents, contacts and credits by Bearer key, `in_progress` with an underscore, two webhook signatures.

pub mod errors;
pub mod from_wire;
pub mod signature;
pub mod to_wire;
pub mod wire;

#[cfg(test)]
mod tests;
