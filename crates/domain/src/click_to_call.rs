//! Credentials by which a website or CRM asks one agent to call somebody (VoiceB's click-to-call).

use crate::ids::{AgentId, OrganizationId};

/// Token and secret of one agent. Both can be shown again: the secret verifies signatures, so it is kept, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct ClickToCall {
    /// Tenant of the agent.
    pub organization: OrganizationId,
    /// Agent that calls.
    pub agent: AgentId,
    /// Sent along as `api-key`; unique over the installation.
    pub token: String,
    /// Key of the signature.
    pub secret: String,
    /// Whether a signature is asked for; some senders cannot sign.
    pub verify_signature: bool,
}

impl std::fmt::Debug for ClickToCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClickToCall").field("agent", &self.agent).finish_non_exhaustive()
    }
}
