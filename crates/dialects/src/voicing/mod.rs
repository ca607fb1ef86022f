//! Voicing AI: outbound calls by `x-api-key`, reads by one path for one and for many, errors as FastAPI writes them.

pub mod errors;
pub mod from_wire;
pub mod to_wire;
pub mod wire;

#[cfg(test)]
mod tests;
