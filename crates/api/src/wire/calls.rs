//! Calls on the wire.

use std::collections::BTreeMap;

use domain::money::Money;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::wallet::Price;
use super::words::{AnsweredBy, Blame, CallStatus, EndReason, LineLoss};

/// A request to phone somebody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCall {
    /// Agent that holds the call, by slug or id.
    #[schema(example = "lead-callback")]
    pub agent: String,
    /// Who is called: a number in E.164, a national one where the organization has a default region, or
    /// `sip:user@host` where the policy's `sip_hosts` name the host.
    #[schema(example = "+15550100001")]
    pub to: String,
    /// Values for the agent's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Free data of yours, handed back in reads.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// Told how the call ended, as a webhook of its own: `call.ended` is sent there, signed with the secret of the
    /// webhook `status_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://example.com/call-ended")]
    pub status_url: Option<String>,
    /// Where the callee is (IANA name), if you know; calling hours go by it unless a contact says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "America/New_York")]
    pub time_zone: Option<String>,
    /// Hang up at once when a machine answers, whatever the agent would do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hang_up_on_machine: bool,
}

impl From<CreateCall> for domain::call::CallRequest {
    fn from(wire: CreateCall) -> Self {
        Self {
            agent: wire.agent,
            to: wire.to,
            variables: wire.variables,
            metadata: wire.metadata,
            status_url: wire.status_url,
            time_zone: wire.time_zone,
            hang_up_on_machine: wire.hang_up_on_machine,
            ..Default::default()
        }
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Call {
    /// Its id.
    #[schema(example = "call_019addccb8787b1085f149f21342f947")]
    pub id: String,
    /// Counts up from 1 within the installation; also a name of the call.
    pub sequence: i64,
    /// Where it stands.
    pub status: CallStatus,
    /// Why it ended, once it did.
    pub end_reason: Option<EndReason>,
    /// Whose doing the end was.
    pub blame: Option<Blame>,
    /// Who or what picked up; may change during the call.
    pub answered_by: AnsweredBy,
    /// How sure that is, 0 to 1.
    pub answered_by_confidence: f32,
    /// Slug of the agent when the call was made.
    pub agent: String,
    /// Id of the agent.
    pub agent_id: String,
    /// Version of the agent that the call runs on.
    pub agent_version_id: String,
    /// Number that is called, E.164; all but its last two digits are stars where numbers are masked with what was said.
    pub to: String,
    /// Number it is called from, E.164.
    pub from: String,
    /// Values for the agent's variables.
    pub variables: BTreeMap<String, String>,
    /// Free data of yours.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// What the conversation came to.
    pub outcome: Option<Outcome>,
    /// What was seen on the line, so that a status can be checked.
    pub evidence: Evidence,
    /// What it is charged by, fixed when it was accepted; `null` when the organization is not billed.
    pub price: Option<Price>,
    /// What it did cost, once it is over.
    #[schema(value_type = Option<String>, example = "0.10")]
    pub cost: Option<Money>,
    /// Path of the recording on this server, once it is complete.
    pub recording_url: Option<String>,
    /// When the recording was deleted, by age or on request.
    pub recording_purged_at: Option<Timestamp>,
    /// When what was said was deleted, by age or on request.
    pub content_purged_at: Option<Timestamp>,
    /// Answer to end in milliseconds, once it ended.
    pub duration_ms: Option<u64>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When the INVITE left.
    pub dialed_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl From<domain::call::Call> for Call {
    fn from(call: domain::call::Call) -> Self {
        let duration_ms = call.ended_at.map(|end| {
            let spoken = call.answered_at.map_or(0, |answer| end.as_millisecond() - answer.as_millisecond());
            u64::try_from(spoken).unwrap_or(0)
        });
        Self {
            id: call.id.to_string(),
            sequence: call.sequence,
            status: call.status.into(),
            end_reason: call.end_reason.map(Into::into),
            blame: call.blame.map(Into::into),
            answered_by: call.answered_by.into(),
            answered_by_confidence: call.answered_by_confidence,
            agent: call.agent_slug,
            agent_id: call.agent.to_string(),
            agent_version_id: call.agent_version.to_string(),
            to: call.to.to_string(),
            from: call.from.to_string(),
            variables: call.variables,
            metadata: call.metadata,
            outcome: call.outcome.map(Into::into),
            evidence: call.evidence.into(),
            price: call.price.map(Into::into),
            cost: call.cost,
            recording_url: call.recording.map(|_| format!("/v1/calls/{}/recording", call.id)),
            recording_purged_at: call.recording_purged_at,
            content_purged_at: call.content_purged_at,
            duration_ms,
            created_at: call.created_at,
            dialed_at: call.dialed_at,
            answered_at: call.answered_at,
            ended_at: call.ended_at,
        }
    }
}

/// What the conversation came to, as the agent's flow names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// Name given by the agent's definition, such as `confirmed`.
    pub name: String,
    /// Values that were learned and confirmed.
    #[schema(value_type = Object)]
    pub slots: Map<String, Value>,
    /// Numbers of the transcript's turns that make us believe it.
    pub evidence_turns: Vec<u32>,
}

impl From<domain::outcome::Outcome> for Outcome {
    fn from(outcome: domain::outcome::Outcome) -> Self {
        Self { name: outcome.name, slots: outcome.slots, evidence_turns: outcome.evidence_turns }
    }
}

/// What was seen on the line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// SIP Call-ID of the last attempt; also a name of the call.
    pub sip_call_id: Option<String>,
    /// Every response code to the INVITE, in order.
    pub sip_codes: Vec<u16>,
    /// Reason phrase of the final response.
    pub sip_reason: Option<String>,
    /// Q.850 cause from a Reason header (RFC 3326).
    pub q850_cause: Option<u16>,
    /// Why the line was lost, where nobody hung up.
    pub line_lost: Option<LineLoss>,
    /// Audio before the answer.
    pub early_media: bool,
    /// Who sent the BYE.
    pub bye_from: Option<Blame>,
    /// RTP packets sent.
    pub packets_sent: u64,
    /// RTP packets received.
    pub packets_received: u64,
    /// RTP packets that never came.
    pub packets_lost: u64,
    /// Interarrival jitter (RFC 3550, 6.4.1) in milliseconds.
    pub jitter_ms: f32,
    /// Codec that was negotiated.
    pub codec: Option<String>,
    /// What answer detection went by.
    pub answer_detection: Option<AnswerEvidence>,
    /// Answer to first audio of the agent on the wire, in milliseconds.
    pub answer_to_first_audio_ms: Option<f32>,
}

impl From<domain::outcome::Evidence> for Evidence {
    fn from(seen: domain::outcome::Evidence) -> Self {
        Self {
            sip_call_id: seen.sip_call_id,
            sip_codes: seen.sip_codes,
            sip_reason: seen.sip_reason,
            q850_cause: seen.q850_cause,
            line_lost: seen.line_lost.map(Into::into),
            early_media: seen.early_media,
            bye_from: seen.bye_from.map(Into::into),
            packets_sent: seen.packets_sent,
            packets_received: seen.packets_received,
            packets_lost: seen.packets_lost,
            jitter_ms: seen.jitter_ms,
            codec: seen.codec,
            answer_detection: seen.answer_detection.map(Into::into),
            answer_to_first_audio_ms: seen.answer_to_first_audio_ms,
        }
    }
}

/// Features that answer detection decided by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnswerEvidence {
    /// Milliseconds from answer to the first speech.
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

impl From<domain::outcome::AnswerEvidence> for AnswerEvidence {
    fn from(seen: domain::outcome::AnswerEvidence) -> Self {
        Self {
            first_speech_ms: seen.first_speech_ms,
            greeting_ms: seen.greeting_ms,
            beep: seen.beep,
            words: seen.words,
            why: seen.why,
        }
    }
}

/// One page of calls, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallPage {
    /// The calls.
    pub items: Vec<Call>,
    /// Pass it as `cursor` to get the next page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// Which calls to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListCalls {
    /// Only these states, separated by commas.
    #[param(example = "completed,busy")]
    pub status: Option<String>,
    /// Only calls of this agent, by slug or id.
    pub agent: Option<String>,
    /// Only calls to this number, E.164.
    pub to: Option<String>,
    /// Accepted at or after (RFC 3339).
    pub created_from: Option<Timestamp>,
    /// Accepted before (RFC 3339).
    pub created_to: Option<Timestamp>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// Calls a page, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// An address that plays a recording without a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordingLink {
    /// The address.
    pub url: String,
    /// It plays until then.
    pub expires_at: Timestamp,
}
