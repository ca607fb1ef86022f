//! Bounds on what an organization or a key may use up: rate, money, calls at once, and the brakes against toll fraud.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::Timestamp;

/// Bounds; absent means none. Windows are those of the UTC clock: the minute, the hour, the day, the month.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Calls started a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_second: Option<f64>,
    /// Calls at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_calls: Option<u32>,
    /// Calls accepted in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_minute: Option<u32>,
    /// Calls accepted in an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_hour: Option<u32>,
    /// Calls accepted in a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_day: Option<u32>,
    /// Money in a day: estimated when a call is accepted, corrected when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money_per_day: Option<Money>,
    /// Money in a month, counted likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money_per_month: Option<Money>,
    /// Calls to any one country in an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_country_per_hour: Option<u32>,
    /// Different countries called in an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub countries_per_hour: Option<u32>,
    /// Calls that wait or are up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued_calls: Option<u32>,
    /// Brakes against toll fraud.
    #[serde(skip_serializing_if = "Brakes::is_usual")]
    pub brakes: Brakes,
}

/// Brakes against toll fraud. They count calls that leave the country of the number called from, and nothing else: that
/// is where stolen keys are turned into money. One that trips refuses such calls for `pause_s`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brakes {
    /// Whether they are on.
    pub on: bool,
    /// Countries in an hour that were not called in the 30 days before.
    pub new_countries_per_hour: u32,
    /// Calls in an hour to one range of a thousand numbers.
    pub range_calls_per_hour: u32,
    /// Calls in an hour that are no burst, however little is usual.
    pub burst_floor: u32,
    /// Times the usual hour (mean of the last seven days) that are no burst.
    pub burst_factor: u32,
    /// How long a tripped brake holds, in seconds, unless an operator releases it.
    pub pause_s: u32,
}

impl Default for Brakes {
    fn default() -> Self {
        Self {
            on: true,
            new_countries_per_hour: 10,
            range_calls_per_hour: 60,
            burst_floor: 200,
            burst_factor: 10,
            pause_s: 3_600,
        }
    }
}

impl Brakes {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// One use of a cap over a window of time, such as calls a day of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapUse {
    /// What is bounded, with whose it is, such as `key_…/calls_per_day`: names the row.
    pub scope: String,
    /// Begin of the window.
    pub window: Timestamp,
    /// End of it: worth trying again then.
    pub until: Timestamp,
    /// What this call adds (1, or micro-units of money).
    pub amount: i64,
    /// Most that the window may hold.
    pub most: i64,
    /// What becomes of it when the call is over.
    pub at_end: AtEnd,
    /// Counts only if this mark is not set, and sets it.
    pub mark: Option<CapMark>,
    /// Whether reaching it trips a brake.
    pub brake: bool,
}

/// Makes a use count once: the country's first call in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapMark {
    /// Names the mark.
    pub scope: String,
    /// Begin of the window that it is set for.
    pub window: Timestamp,
    /// Forgotten then.
    pub until: Timestamp,
}

/// What becomes of a use when its call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// It stays: the call was made.
    Stays,
    /// It is given back: the call no longer waits.
    Returns,
    /// It becomes what the call did cost.
    Corrected,
}

impl CapUse {
    /// Name of the cap for the one who ran into it, such as `key.calls_per_minute`.
    pub fn name(&self) -> String {
        let (owner, rest) = self.scope.split_once('/').unwrap_or((&self.scope, ""));
        let owner = if owner.starts_with("key_") { "key" } else { "organization" };
        let cap = rest.split('/').next().unwrap_or_default();
        format!("{owner}.{cap}")
    }

    /// Whose it is: `key_…` or `org_…`.
    pub fn owner(&self) -> &str {
        self.scope.split('/').next().unwrap_or_default()
    }
}
