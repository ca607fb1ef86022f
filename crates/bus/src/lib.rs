//! What need not survive: live events to whoever looks, wake-ups of dialers, and the way to the sessions of live
//! calls; within one process, or between nodes over NATS.
//!
//! Law: nothing here is the truth. A reader that lags is told how much it missed and catches up from the event log; a
//! wake-up that is lost costs the dialer one polling interval. What happens within a process never waits for another.

mod bell;
mod call_registry;
mod local_bus;
mod nats;

pub use call_registry::CallRegistry;
pub use local_bus::LocalBus;
pub use nats::{NatsBus, NatsCredentials, NatsSettings, NatsUnusable, probe};
