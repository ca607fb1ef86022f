//! Vonage AI Studio: sessions by `X-Vgai-Key`, numbers without `+`, a callback for calls that nobody answered.

pub mod errors;
pub mod from_wire;
pub mod to_wire;
pub mod wire;

#[cfg(test)]
mod tests;
