//! VoiceB click-to-call: one route, credentials per agent, a signature over the raw body.

pub mod errors;
pub mod from_wire;
pub mod signature;
pub mod wire;

#[cfg(test)]
mod tests;
