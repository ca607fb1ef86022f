//! Events and transcripts on the wire.

use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::calls::{AnswerEvidence, Evidence, Outcome};
use super::words::{AnsweredBy, Blame, CallStatus, EndReason, Speaker};

/// One event of a call. Consumers tell repeats apart by `id`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallEvent {
    /// Stable id.
    pub id: String,
    /// Call it belongs to.
    pub call_id: String,
    /// Counts up from 1 within the call, without gaps.
    pub sequence: u32,
    /// Position in the log of all calls; resume `/v1/events` after it.
    pub position: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", content = "data")]
pub enum Fact {
    /// Accepted and stored.
    #[serde(rename = "call.queued")]
    Queued,
    /// About to dial: committed before the INVITE leaves.
    #[serde(rename = "call.dialing")]
    Dialing {
        /// The attempt that is about to begin.
        attempt: String,
    },
    /// The far end is alerting.
    #[serde(rename = "call.ringing")]
    Ringing {
        /// 180, 181, 182 or 183.
        sip_code: u16,
        /// Audio comes with it.
        early_media: bool,
    },
    /// Answered by somebody or something.
    #[serde(rename = "call.answered")]
    Answered {
        /// Codec of the leg.
        codec: String,
    },
    /// A new or better idea of who picked up.
    #[serde(rename = "call.answered_by")]
    AnsweredBy {
        /// Who.
        answered_by: AnsweredBy,
        /// 0 to 1.
        confidence: f32,
        /// Milliseconds on the call's clock.
        at_ms: u64,
        /// What it was decided by.
        evidence: AnswerEvidence,
    },
    /// A turn is complete.
    #[serde(rename = "call.turn")]
    Turn(Turn),
    /// Digits were pressed or sent.
    #[serde(rename = "call.digits")]
    Digits {
        /// Whether we sent them.
        sent: bool,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digits: String,
        /// Milliseconds on the call's clock.
        at_ms: u64,
    },
    /// A value was learned.
    #[serde(rename = "call.slot")]
    Slot {
        /// Name in the flow.
        name: String,
        /// Normalised value.
        value: Value,
    },
    /// A tool was called.
    #[serde(rename = "call.tool")]
    Tool {
        /// Name in the definition.
        name: String,
        /// HTTP status, if an answer came.
        status: Option<u16>,
        /// How long it took.
        duration_ms: u64,
        /// Why it failed, if it did.
        error: Option<String>,
    },
    /// The callee does not want to be called again; the number is on the do-not-call list.
    #[serde(rename = "call.opted_out")]
    OptedOut,
    /// A message was left on a machine.
    #[serde(rename = "call.voicemail_message_left")]
    VoicemailMessageLeft,
    /// A transfer was asked for or came to an end.
    #[serde(rename = "call.transfer")]
    Transfer {
        /// Number or SIP address.
        to: String,
        /// `started`, `completed` or `failed`.
        state: String,
    },
    /// Somebody who follows the call told the agent something that is not said.
    #[serde(rename = "call.note")]
    Note {
        /// What.
        text: String,
    },
    /// Something went wrong that the call survived.
    #[serde(rename = "call.trouble")]
    Trouble {
        /// Part of the platform or provider.
        part: String,
        /// One sentence.
        detail: String,
    },
    /// The recording is complete.
    #[serde(rename = "call.recording_ready")]
    RecordingReady {
        /// Path of the recording on this server.
        recording_url: String,
        /// Path of the file below the recordings folder, for whoever has the disk.
        path: String,
        /// Length.
        duration_ms: u64,
        /// Size of the file in bytes.
        bytes: u64,
    },
    /// Over. Exactly one per call, and nothing after it.
    #[serde(rename = "call.ended")]
    Ended(Box<Ending>),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Ending {
    /// A terminal status.
    pub status: CallStatus,
    /// Why.
    pub end_reason: EndReason,
    /// Whose doing.
    pub blame: Blame,
    /// Who picked up.
    pub answered_by: AnsweredBy,
    /// Answer to end; zero when never answered.
    pub duration_ms: u64,
    /// What the conversation came to.
    pub outcome: Option<Outcome>,
    /// What was seen on the line.
    pub evidence: Evidence,
}

/// One turn of the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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
    /// First sample, in milliseconds on the call's clock; the recording counts on the same clock.
    pub start_ms: u64,
    /// Last sample.
    pub end_ms: u64,
    /// Whether the other party cut it short.
    pub interrupted: bool,
    /// Whether somebody who follows the call had the agent say it.
    #[serde(default)]
    pub by_person: bool,
    /// Where the time before the agent's first sound went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<TurnLatency>,
}

/// Latency waterfall of one reply in milliseconds. The stages follow each other and add up to `total_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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

/// What was said and heard in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transcript {
    /// The call.
    pub call_id: String,
    /// Whether the call is over, so that nothing can be added.
    pub complete: bool,
    /// The turns in order.
    pub turns: Vec<Turn>,
}

/// Words while they are being spoken: the data of the SSE event `words`, which is not stored and has no id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Words {
    /// The call.
    pub call_id: String,
    /// Who speaks.
    pub speaker: Speaker,
    /// Text so far.
    pub text: String,
    /// Milliseconds on the call's clock.
    pub at_ms: u64,
}

/// From where to read a call's events.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadEvents {
    /// Only events after this `sequence`.
    pub after: Option<u32>,
    /// Most events of one answer, 1 to 1000; 1000 when absent. A stream has no limit.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// From where to read the log of all calls.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReadLog {
    /// Only events after this `position`; from now on when absent. The header `Last-Event-ID` goes before it.
    pub after: Option<i64>,
}
