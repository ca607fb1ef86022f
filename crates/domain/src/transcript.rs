//! What was said and what was heard, on the call's media clock.

use serde::{Deserialize, Serialize};

use crate::time::CallMs;

/// Who spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// Our agent.
    Agent,
    /// Whoever answered.
    Callee,
}

/// One turn of the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Counts up from 1 within the call.
    pub number: u32,
    /// Who spoke.
    pub speaker: Speaker,
    /// What was heard: for the agent only what left before an interruption.
    pub text: String,
    /// The agent's whole text where an interruption cut it short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intended: Option<String>,
    /// First sample.
    pub start_ms: CallMs,
    /// Last sample.
    pub end_ms: CallMs,
    /// Whether the other party cut it short.
    #[serde(default)]
    pub interrupted: bool,
    /// Whether somebody who follows the call had the agent say it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_person: bool,
    /// Where the time before the agent's first sound went; on agent turns that answer a callee turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<TurnLatency>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Latency waterfall of one reply, in milliseconds. The stages follow each other and add up to `total_ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TurnLatency {
    /// End of the callee's speech to the decision that the turn is over.
    pub endpoint_ms: f32,
    /// Waiting for the text beyond the endpoint.
    pub stt_ms: f32,
    /// Intent, flow, language model up to the first clause.
    pub dialog_ms: f32,
    /// First clause to its first audio.
    pub tts_ms: f32,
    /// First audio to its first packet on the wire.
    pub egress_ms: f32,
    /// End of the callee's speech to the first packet of the reply.
    pub total_ms: f32,
}
