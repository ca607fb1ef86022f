//! Everything that can happen to a call: the one closed list. Events are append-only and numbered per call;
//! status, webhooks, live views and audit are all read from them.

use serde::{Deserialize, Serialize};

use crate::ids::{AttemptId, CallId, EventId, OrganizationId, RecordingFolderId};
use crate::outcome::{AnswerEvidence, AnsweredBy, Blame, CallStatus, EndReason, Evidence, Outcome};
use crate::time::{CallMs, Timestamp};
use crate::transcript::Turn;

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEvent {
    /// Stable id; consumers tell repeats apart by it.
    pub id: EventId,
    /// Call it belongs to.
    pub call: CallId,
    /// Tenant of the call.
    pub organization: OrganizationId,
    /// Counts up from 1 within the call, without gaps.
    pub sequence: u32,
    /// Position in the log of all calls; given by the store.
    pub position: i64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub fact: CallFact,
}

/// What happened. The `type` in JSON is the event's public name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum CallFact {
    /// Accepted and stored.
    #[serde(rename = "call.queued")]
    Queued,
    /// About to dial: committed before the INVITE leaves.
    #[serde(rename = "call.dialing")]
    Dialing {
        /// The attempt that is about to begin.
        attempt: AttemptId,
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
        /// On the call's clock.
        at_ms: CallMs,
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
        /// On the call's clock.
        at_ms: CallMs,
    },
    /// A slot was filled (and confirmed where the flow asks for it).
    #[serde(rename = "call.slot")]
    Slot {
        /// Name in the flow.
        name: String,
        /// Normalised value.
        value: serde_json::Value,
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
    /// The recording is complete on disk.
    #[serde(rename = "call.recording_ready")]
    RecordingReady {
        /// Path below the recordings folder.
        path: String,
        /// Which folder that is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        folder: Option<RecordingFolderId>,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What was seen on the line.
    pub evidence: Evidence,
}

impl CallFact {
    /// Public name of every event of the list, in the order of a call.
    pub const NAMES: &'static [&'static str] = &[
        "call.queued",
        "call.dialing",
        "call.ringing",
        "call.answered",
        "call.answered_by",
        "call.turn",
        "call.digits",
        "call.slot",
        "call.tool",
        "call.opted_out",
        "call.voicemail_message_left",
        "call.transfer",
        "call.note",
        "call.trouble",
        "call.recording_ready",
        "call.ended",
    ];

    /// Public name, such as `call.answered`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued => "call.queued",
            Self::Dialing { .. } => "call.dialing",
            Self::Ringing { .. } => "call.ringing",
            Self::Answered { .. } => "call.answered",
            Self::AnsweredBy { .. } => "call.answered_by",
            Self::Turn(_) => "call.turn",
            Self::Digits { .. } => "call.digits",
            Self::Slot { .. } => "call.slot",
            Self::Tool { .. } => "call.tool",
            Self::OptedOut => "call.opted_out",
            Self::VoicemailMessageLeft => "call.voicemail_message_left",
            Self::Transfer { .. } => "call.transfer",
            Self::Note { .. } => "call.note",
            Self::Trouble { .. } => "call.trouble",
            Self::RecordingReady { .. } => "call.recording_ready",
            Self::Ended(_) => "call.ended",
        }
    }

    /// The same fact without what was said in it: what happened and when stays, speech, digits and values go.
    #[must_use]
    pub fn emptied(self) -> Self {
        match self {
            Self::Turn(turn) => {
                let intended = turn.intended.map(|_| String::new());
                Self::Turn(Turn { text: String::new(), intended, ..turn })
            }
            Self::Digits { sent, at_ms, .. } => Self::Digits { sent, digits: String::new(), at_ms },
            Self::Slot { name, .. } => Self::Slot { name, value: serde_json::Value::Null },
            Self::Tool { name, status, duration_ms, error } => {
                Self::Tool { name, status, duration_ms, error: error.map(|_| String::new()) }
            }
            Self::Transfer { state, .. } => Self::Transfer { to: String::new(), state },
            Self::Note { .. } => Self::Note { text: String::new() },
            Self::Trouble { part, .. } => Self::Trouble { part, detail: String::new() },
            Self::Ended(mut ending) => {
                if let Some(outcome) = &mut ending.outcome {
                    outcome.slots.clear();
                }
                Self::Ended(ending)
            }
            other => other,
        }
    }

    /// Whether nothing may follow.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}
