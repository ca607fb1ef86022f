//! Bounds on what an organization or a key may use up: rate, money, calls at once.

use serde::{Deserialize, Serialize};

/// Bounds; absent means none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Caps {
    /// Calls started a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_second: Option<f64>,
    /// Calls at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_calls: Option<u32>,
}
