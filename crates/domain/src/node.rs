//! The processes that make up an installation, as they show themselves in the database.
//!
//! Law: what a node does is written by that node alone; what is asked of it (to drain) by whoever asks. Neither is
//! derived from the other, so that "draining, with no live call" is a node's own word.

use crate::ids::NodeId;
use crate::time::Timestamp;

/// A node as it last showed itself. A process has a new id at every start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// What people call it; several may share a name, one after the other at least.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it last extended its leases.
    pub beat_at: Timestamp,
    /// Until when the leases that it extended then hold; lost after that.
    pub alive_until: Timestamp,
    /// What it does.
    pub state: NodeState,
    /// Calls that it holds.
    pub live_calls: u32,
    /// It is asked to claim nothing.
    pub drain_wanted: bool,
}

impl Node {
    /// Whether it still held its leases at `now`, on the clock that leases go by.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.alive_until
    }
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// It claims calls.
    Running,
    /// It claims nothing, since it was asked to drain.
    Draining,
    /// It claims nothing and goes when its last call has ended.
    Stopping,
}

impl NodeState {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Running, Self::Draining, Self::Stopping];

    /// Text form, stable in the API and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Draining => "draining",
            Self::Stopping => "stopping",
        }
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text)
    }
}
