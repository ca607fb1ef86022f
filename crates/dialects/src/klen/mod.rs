//! Klen AI: calls, agents and contacts by Bearer key, permissions by name, errors with twelve documented codes.

pub mod errors;
pub mod from_wire;
pub mod to_wire;
pub mod wire;

#[cfg(test)]
mod tests;
