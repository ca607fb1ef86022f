//! Speech without a cloud.
mod hibari;
mod minilm;
mod models;
mod moonshine;
mod phonemes;
mod resample;
mod smart_turn;
mod wordpiece;

#[cfg(test)]
mod tests;
pub use models::{LoadError, ModelDirectory};
