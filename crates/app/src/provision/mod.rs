//! A set-up as one document that people keep in git: organizations with their trunks, numbers, agents, keys and
//! do-not-call entries, brought about at start.
//!
//! Law: applying a document twice is the same as applying it once; an unknown key is an error; what this release
//! cannot do yet is accepted and reported, never dropped in silence. What the document does not mention stays as
//! it is.

mod apply;
mod caps;
mod contacts;
mod document;
mod keys;
mod names;
mod retention;
mod webhooks;

pub use apply::{ProvisionReport, Resolve, apply};
pub use document::{
    AgentEntry, AgentIds, AgentStateEntry, ContactEntry, Dialect, KeyEntry, NumberEntry, OrganizationEntry, Provision,
    SuppressionEntry, TransportEntry, TrunkEntry, TrunkKind, VoiceBSettings, WalletEntry, WebhookEntry,
};

/// Why a document cannot be read or applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {detail}")]
pub struct ProvisionError {
    /// Keys from the root, such as `organizations[0].trunks[1].address`; `.` for the whole document.
    pub path: String,
    /// What is wrong there, as a sentence for the author.
    pub detail: String,
}

impl ProvisionError {
    fn new(path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { path: path.into(), detail: detail.into() }
    }
}
