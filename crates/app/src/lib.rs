//! Use cases and the ports they stand on: one file per use case, one trait per port.
//!
//! Law: no socket, no SQL, no vendor's name. Every dialect, the dashboard and the command line come in through
//! these use cases, and everything outside comes in through these traits.

use std::sync::Arc;

use ports::store::Store;
use ports::{CallControl, Clock, LiveBus};

pub mod agent_names;
pub mod audit;
mod bounds;
pub mod click_to_call;
pub mod deliveries;
pub mod forget_call;
pub mod gate;
pub mod hang_up_call;
pub mod idempotency;
pub mod listen_in;
pub mod look_at_providers;
pub mod manage_agents;
pub mod manage_caps;
pub mod manage_contacts;
pub mod manage_context;
pub mod manage_keys;
pub mod manage_members;
pub mod manage_nodes;
pub mod manage_numbers;
pub mod manage_organizations;
pub mod manage_policy;
pub mod manage_retention;
pub mod manage_suppressions;
pub mod manage_trunks;
pub mod manage_wallet;
pub mod manage_webhooks;
pub mod open_chat;
pub mod open_voice;
mod passwords;
pub mod place_call;
pub mod policy_gate;
pub mod ports;
pub mod principal;
pub mod provision;
pub mod read_calls;
pub mod read_statistics;
pub mod recording_links;
mod refusals;
pub mod sign_in;
pub mod steer_call;
pub mod tools;
pub mod trunk_health;
mod webhooks;

pub use look_at_providers::ProviderTrials;
pub use open_chat::ChatRoom;
pub use principal::Principal;
pub use recording_links::RecordingLinks;
pub use trunk_health::TrunkProbes;
pub use webhooks::{DeliveryCounts, Webhooks};

/// The platform as its doors see it: the use cases are its methods, one file each.
#[derive(Clone)]
pub struct Platform {
    /// What must survive.
    pub store: Arc<dyn Store>,
    /// What need not.
    pub bus: Arc<dyn LiveBus>,
    /// Sessions of live calls, wherever they run.
    pub control: Arc<dyn CallControl>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// The way to places that events are sent to.
    pub webhooks: Webhooks,
    /// Dialogs without a line.
    pub chats: ChatRoom,
    /// The way to trunks, to ask whether they are there.
    pub trunks: TrunkProbes,
    /// What calls hear, speak and think with, to be tried.
    pub providers: ProviderTrials,
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Platform")
    }
}
