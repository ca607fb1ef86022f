//! What an organization or an agent allows of calls: hours, people, consent. Rules are judged in `machines::policy`.

use serde::{Deserialize, Serialize};

/// Rules beside those that always hold (do-not-call list, number kinds, countries). Absent means not set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallPolicy {}
