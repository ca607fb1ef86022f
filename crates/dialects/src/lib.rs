//! The five vendors' APIs: a request in their words becomes a use case of ours, and what comes of it becomes an answer
//! in their words, byte for byte.
//!
//! Law: pure translation around the same use cases as the native API. No rule of the platform lives here, and no
//! vendor's word leaves its folder. First and last step of a call's way, beside `api`.

pub mod choose;
pub mod content;
mod credentials;
pub mod door;
#[cfg(test)]
mod fixtures;
pub mod klen;
pub mod rates;
pub mod raw;
mod serve;
pub mod talk;
mod times;
mod variables;
pub mod voiceb;
pub mod voicing;
pub mod vonage;
pub mod voxpria;
pub mod webhooks;

pub use door::Door;
pub use serve::{Vendor, router};

/// The list: one line a vendor.
pub const VENDORS: &[Vendor] = &[voiceb::VENDOR, voicing::VENDOR, klen::VENDOR, vonage::VENDOR, voxpria::VENDOR];
