//! Why a number was not called: one row for every refusal by policy, and every call that it stopped or put off.

use crate::callee::Callee;
use crate::ids::{AgentId, ApiKeyId, CallId, OrganizationId, PolicyDecisionId};
use crate::time::Timestamp;

/// A decision against a call, or against a call now.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyDecision {
    /// Its id.
    pub id: PolicyDecisionId,
    /// Tenant that wanted to call.
    pub organization: OrganizationId,
    /// Agent that would have held the call, where there was one.
    pub agent: Option<AgentId>,
    /// Number that was not called.
    pub number: Callee,
    /// When.
    pub at: Timestamp,
    /// Where on a call's way.
    pub stage: PolicyStage,
    /// Stable word for programs, the same as a refusal's code.
    pub code: String,
    /// Which rule, such as `hours`.
    pub rule: String,
    /// One sentence for a person, which names the remedy.
    pub detail: String,
    /// From when on a call would be allowed, where that is known.
    pub allowed_at: Option<Timestamp>,
    /// The call; `None` where none was made.
    pub call: Option<CallId>,
    /// Key that asked for it; `None` for the operator.
    pub key: Option<ApiKeyId>,
}

/// Where on a call's way policy was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyStage {
    /// The request was refused; nothing of a call was stored.
    Create,
    /// The request was accepted, to be dialed later.
    Deferred,
    /// The call's turn had come and it was ended or put back.
    Dial,
    /// In the very commit that says "about to dial".
    Commit,
}

impl PolicyStage {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Create, Self::Deferred, Self::Dial, Self::Commit];

    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Deferred => "deferred",
            Self::Dial => "dial",
            Self::Commit => "commit",
        }
    }

    /// Reads the lower-case name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|stage| stage.as_str() == text)
    }
}
