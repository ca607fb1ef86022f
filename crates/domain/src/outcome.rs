//! How a call ended, whose doing it was, and what makes us believe it.
//!
//! Status is small, the end reason large, and neither is derived from the other. "Unknown" is a legal answer; a
//! wrong one is a bug.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Text form, stable in every API and in the store.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Reads the text form.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text)
            }
        }
    )*};
}

words! {
    /// Where a call stands.
    CallStatus {
        /// Accepted, waits for its turn.
        Queued = "queued",
        /// An attempt is under way; nothing heard from the far end yet.
        Dialing = "dialing",
        /// The far end is alerting.
        Ringing = "ringing",
        /// Answered by somebody or something.
        InProgress = "in_progress",
        /// Was answered and is over.
        Completed = "completed",
        /// The line was engaged.
        Busy = "busy",
        /// Rang, or might have, until we gave up.
        NoAnswer = "no_answer",
        /// Declined by the far end.
        Rejected = "rejected",
        /// Ended by the API before it was answered.
        Canceled = "canceled",
        /// Could not be placed, or broke down before it was answered.
        Failed = "failed",
    }

    /// Why a call ended.
    EndReason {
        /// The callee hung up.
        CalleeHangup = "callee_hangup",
        /// The agent said goodbye and hung up.
        AgentHangup = "agent_hangup",
        /// A request ended it.
        ApiHangup = "api_hangup",
        /// Handed over to another party.
        Transferred = "transferred",
        /// A message was left after the beep.
        VoicemailMessageLeft = "voicemail_message_left",
        /// A machine answered and the agent was told to hang up on machines.
        MachineHangup = "machine_hangup",
        /// A call screen did not let us through.
        ScreeningRefused = "screening_refused",
        /// Nobody spoke for longer than the agent waits.
        SilenceTimeout = "silence_timeout",
        /// The agent's maximum duration was reached.
        MaxDuration = "max_duration",
        /// The agent's money cap was reached.
        MoneyCap = "money_cap",
        /// 486 or 600.
        Busy = "busy",
        /// Nobody picked up before the ring timeout.
        NoAnswer = "no_answer",
        /// The callee or its network declined.
        Rejected = "rejected",
        /// A request ended it before the answer.
        Canceled = "canceled",
        /// The network says that there is no such number.
        InvalidNumber = "invalid_number",
        /// The trunk could not be reached or is out of order.
        CarrierUnavailable = "carrier_unavailable",
        /// The trunk refused us: credentials, balance or permission.
        CarrierDenied = "carrier_denied",
        /// No packets from the far end for too long.
        MediaLost = "media_lost",
        /// The agent's flow or a tool it cannot do without broke.
        AgentError = "agent_error",
        /// A speech or language provider broke.
        ProviderError = "provider_error",
        /// The number is on the do-not-call list.
        Suppressed = "suppressed",
        /// Outside the hours in which the callee may be called.
        OutsideHours = "outside_hours",
        /// A rule of the organization or the agent forbids it: frequency, consent, country.
        PolicyBlocked = "policy_blocked",
        /// The wallet does not cover the call.
        InsufficientFunds = "insufficient_funds",
        /// The process that held the call went away.
        NodeLost = "node_lost",
        /// We do not know.
        Unknown = "unknown",
    }

    /// Whose doing the end was.
    Blame {
        /// The person or machine that was called.
        Callee = "callee",
        /// Whoever sent the request.
        ApiClient = "api_client",
        /// This platform or the agent on it.
        Us = "us",
        /// The trunk or the network behind it.
        Carrier = "carrier",
        /// A speech or language provider.
        Provider = "provider",
        /// We do not know.
        Unknown = "unknown",
    }

    /// Why a line was lost that nobody hung up.
    LineLoss {
        /// The far end stopped refreshing the session, or no longer knew it (RFC 4028, 10).
        SessionExpired = "session_expired",
        /// Nothing could be sent to the trunk any more.
        TransportBroken = "transport_broken",
        /// Our own signalling stopped under the call.
        SignallingStopped = "signalling_stopped",
    }

    /// Who or what picked up.
    AnsweredBy {
        /// A person.
        Human = "human",
        /// Voicemail or an answering machine.
        Machine = "machine",
        /// An assistant that asks who is calling.
        CallScreen = "call_screen",
        /// A menu.
        Ivr = "ivr",
        /// A fax machine.
        Fax = "fax",
        /// Not decided.
        Unknown = "unknown",
    }
}

impl CallStatus {
    /// Whether nothing more can happen.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Queued | Self::Dialing | Self::Ringing | Self::InProgress)
    }
}

/// What was seen on the line, kept so that a status can be checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// SIP Call-ID of the attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sip_call_id: Option<String>,
    /// Every response code to the INVITE, in order.
    pub sip_codes: Vec<u16>,
    /// Reason phrase of the final response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sip_reason: Option<String>,
    /// Q.850 cause from a Reason header (RFC 3326).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q850_cause: Option<u16>,
    /// Audio before the answer (183 with SDP).
    pub early_media: bool,
    /// Who sent the BYE: `us`, `callee`, or nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bye_from: Option<Blame>,
    /// Why the line was lost, where nobody hung up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_lost: Option<LineLoss>,
    /// RTP packets sent.
    pub packets_sent: u64,
    /// RTP packets received.
    pub packets_received: u64,
    /// RTP packets that never came.
    pub packets_lost: u64,
    /// Interarrival jitter (RFC 3550, 6.4.1) in milliseconds.
    pub jitter_ms: f32,
    /// Codec that was negotiated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// What answer detection went by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_detection: Option<AnswerEvidence>,
    /// Answer to first audio of the agent on the wire, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_to_first_audio_ms: Option<f32>,
}

/// Features that answer detection decided by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnswerEvidence {
    /// Milliseconds from answer to the first speech.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_speech_ms: Option<u64>,
    /// Length of the first stretch of speech, pauses under a second included.
    pub greeting_ms: u64,
    /// A beep was heard.
    pub beep: bool,
    /// Words of the greeting that told.
    pub words: Vec<String>,
    /// Decision in one phrase.
    pub why: String,
}

/// What the conversation came to, as the agent's flow names it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// Name given by the agent's definition, such as `confirmed`.
    pub name: String,
    /// Slots that were filled and confirmed.
    pub slots: serde_json::Map<String, serde_json::Value>,
    /// What was said that makes us believe it: numbers of turns in the transcript.
    pub evidence_turns: Vec<u32>,
}
