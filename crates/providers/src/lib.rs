//! providers
pub mod embedded;
