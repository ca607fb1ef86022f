//! What need not survive, within one process: live events to whoever looks, wake-ups of the dialer, and the way to
//! the sessions of live calls.
//!
//! Law: nothing here is the truth. A reader that lags is told how much it missed and catches up from the event log; a
//! wake-up that is lost costs the dialer one polling interval.

mod call_registry;
mod local_bus;

pub use call_registry::CallRegistry;
pub use local_bus::LocalBus;
