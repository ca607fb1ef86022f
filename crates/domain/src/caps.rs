//! Bounds on what an organization or a key may use up: rate, money, calls at once.

use serde::{Deserialize, Serialize};

/// Bounds; absent means none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Caps {}
