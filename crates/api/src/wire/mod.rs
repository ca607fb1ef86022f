//! The wire types of the native API. They have OpenAPI schemas; domain types stay free of them.
//!
//! Law: a field that is here is a promise. Requests refuse what they do not know; responses may grow.

pub mod agents;
pub mod audit;
pub mod calls;
pub mod caps;
pub mod chat;
pub mod contacts;
pub mod credentials;
pub mod events;
mod events_from;
pub mod keys;
pub mod listen;
pub mod members;
pub mod nodes;
pub mod policy;
pub mod providers;
pub mod retention;
pub mod sip;
pub mod statistics;
pub mod steer;
pub mod suppressions;
pub mod telephony;
pub mod voice;
pub mod wallet;
pub mod webhooks;
pub mod words;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A whole listing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Listing<T> {
    /// The rows.
    pub items: Vec<T>,
}

impl<T> Listing<T> {
    /// Translates rows of the domain.
    pub fn of<D: Into<T>>(rows: Vec<D>) -> Self {
        Self { items: rows.into_iter().map(Into::into).collect() }
    }
}

/// Tells a field that is `null` (`Some(None)`) from one that is not there (`None`); use with `default`.
pub(crate) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}
