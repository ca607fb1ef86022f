//! Caps and brakes on the wire.

use domain::money::Money;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Bounds; absent means none. Windows are those of the UTC clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Caps {
    /// Calls started a second; more wait in the queue.
    pub calls_per_second: Option<f64>,
    /// Calls at once; more wait in the queue.
    pub live_calls: Option<u32>,
    /// Calls accepted in a minute.
    pub calls_per_minute: Option<u32>,
    /// Calls accepted in an hour.
    pub calls_per_hour: Option<u32>,
    /// Calls accepted in a day.
    pub calls_per_day: Option<u32>,
    /// Money in a day: estimated when a call is accepted, corrected when it is over.
    #[schema(value_type = Option<String>)]
    pub money_per_day: Option<Money>,
    /// Money in a month.
    #[schema(value_type = Option<String>)]
    pub money_per_month: Option<Money>,
    /// Calls to any one country in an hour.
    pub calls_per_country_per_hour: Option<u32>,
    /// Different countries called in an hour.
    pub countries_per_hour: Option<u32>,
    /// Calls that wait or are up.
    pub queued_calls: Option<u32>,
    /// Brakes against toll fraud; on with usual values when absent.
    pub brakes: Brakes,
}

/// Brakes against toll fraud: they count only calls that leave the country of the number called from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    /// Times the usual hour of the last seven days that are no burst.
    pub burst_factor: u32,
    /// How long a tripped brake holds, in seconds.
    pub pause_s: u32,
}

impl Default for Brakes {
    fn default() -> Self {
        domain::caps::Brakes::default().into()
    }
}

impl From<domain::caps::Brakes> for Brakes {
    fn from(brakes: domain::caps::Brakes) -> Self {
        let domain::caps::Brakes {
            on,
            new_countries_per_hour,
            range_calls_per_hour,
            burst_floor,
            burst_factor,
            pause_s,
        } = brakes;
        Self { on, new_countries_per_hour, range_calls_per_hour, burst_floor, burst_factor, pause_s }
    }
}

impl From<Brakes> for domain::caps::Brakes {
    fn from(wire: Brakes) -> Self {
        let Brakes { on, new_countries_per_hour, range_calls_per_hour, burst_floor, burst_factor, pause_s } = wire;
        Self { on, new_countries_per_hour, range_calls_per_hour, burst_floor, burst_factor, pause_s }
    }
}

impl From<domain::caps::Caps> for Caps {
    fn from(caps: domain::caps::Caps) -> Self {
        Self {
            calls_per_second: caps.calls_per_second,
            live_calls: caps.live_calls,
            calls_per_minute: caps.calls_per_minute,
            calls_per_hour: caps.calls_per_hour,
            calls_per_day: caps.calls_per_day,
            money_per_day: caps.money_per_day,
            money_per_month: caps.money_per_month,
            calls_per_country_per_hour: caps.calls_per_country_per_hour,
            countries_per_hour: caps.countries_per_hour,
            queued_calls: caps.queued_calls,
            brakes: caps.brakes.into(),
        }
    }
}

impl From<Caps> for domain::caps::Caps {
    fn from(wire: Caps) -> Self {
        Self {
            calls_per_second: wire.calls_per_second,
            live_calls: wire.live_calls,
            calls_per_minute: wire.calls_per_minute,
            calls_per_hour: wire.calls_per_hour,
            calls_per_day: wire.calls_per_day,
            money_per_day: wire.money_per_day,
            money_per_month: wire.money_per_month,
            calls_per_country_per_hour: wire.calls_per_country_per_hour,
            countries_per_hour: wire.countries_per_hour,
            queued_calls: wire.queued_calls,
            brakes: wire.brakes.into(),
        }
    }
}

/// A brake that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Brake {
    /// Whom it holds: `key_…` or `org_…`; name it to release the brake.
    pub scope: String,
    /// The cap that tripped it.
    #[schema(example = "key.range_calls_per_hour")]
    pub cap: String,
    /// When.
    pub tripped_at: Timestamp,
    /// Holds until then.
    pub until: Timestamp,
}

impl From<app::ports::store::Brake> for Brake {
    fn from(brake: app::ports::store::Brake) -> Self {
        Self { scope: brake.scope, cap: brake.cap, tripped_at: brake.tripped_at, until: brake.until }
    }
}
