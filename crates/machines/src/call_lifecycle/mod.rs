//! The sole author of call state: from the claim to exactly one `Ended`.
//!
//! `queued → committing → inviting → dialing → ringing → in progress → ending → ended`, with `cancelling` on the way
//! out of an unanswered INVITE.
//!
//! Law: "about to dial" is durable before the INVITE leaves; every state but the last has a deadline; `Ended` comes
//! once and nothing comes after it; hanging up is idempotent. All facts of a call pass through here, so that none can
//! slip behind the end. A machine whose lease is lost falls silent: somebody else writes the end.
//!
//! On a call's way: between the dialer's claim and the event log, beside the leg and the conversation.

use std::time::Duration;

use domain::AttemptId;
use domain::agent_definition::Limits;
use domain::call_event::CallFact;
use domain::outcome::{AnswerEvidence, AnsweredBy, EndReason, LineLoss, Outcome};
use domain::time::CallMs;

mod ending;
mod line;
mod machine;
#[cfg(test)]
mod tests;
pub mod verdict;

pub use machine::CallLifecycle;
pub use verdict::{RefusedInvite, Verdict};

/// What can happen to a call that a session holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Agent, providers and greeting are ready and policy said yes: dial.
    Claimed {
        /// The attempt that begins.
        attempt: AttemptId,
    },
    /// Policy or preparation said no before the INVITE.
    Blocked {
        /// Why, such as `Suppressed` or `ProviderError`.
        reason: EndReason,
    },
    /// The fact of `Effect::CommitDial` is durable.
    DialCommitted,
    /// The lease is gone: another node writes this call from now on.
    LeaseLost,
    /// The INVITE left.
    InviteSent {
        /// SIP Call-ID.
        sip_call_id: String,
    },
    /// The INVITE could not be sent.
    DialFailed(DialFailure),
    /// 100 or 18x came.
    Provisional {
        /// 100 to 199.
        code: u16,
        /// It brought SDP.
        early_media: bool,
    },
    /// 2xx came; media flows.
    Answered {
        /// Codec, such as `PCMU`.
        codec: String,
    },
    /// A final refusal came, or our signalling gave up waiting (`local`).
    Refused {
        /// 300 to 699.
        code: u16,
        /// Reason phrase.
        reason: String,
        /// Q.850 cause of a Reason header.
        q850: Option<u16>,
        /// Made up by us because nothing came.
        local: bool,
    },
    /// The far end sent BYE.
    RemoteBye {
        /// Q.850 cause of a Reason header.
        q850: Option<u16>,
    },
    /// The line is gone and nobody hung up; `LegClosed` follows.
    LineLost(LineLoss),
    /// Nothing came from the far end for the media timeout.
    MediaLost,
    /// The leg is gone and its counters are final.
    LegClosed(LineCounters),
    /// A new or better idea of who picked up.
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
    /// The agent's first audio left.
    FirstAudio {
        /// Milliseconds since the answer.
        after_answer_ms: f32,
    },
    /// The agent said what it had to say and hangs up; its last audio has left.
    AgentHangup {
        /// `AgentHangup`, `VoicemailMessageLeft`, `MachineHangup`, `SilenceTimeout`, `AgentError`, …
        reason: EndReason,
    },
    /// A request ends the call.
    ApiHangup,
    /// The far end of a transfer took over.
    Transferred,
    /// The conversation and its recording are closed; no more facts come from it.
    SessionEnded {
        /// What the conversation came to.
        outcome: Option<Outcome>,
    },
    /// A fact of the conversation (turns, digits, slots, tools, transfers, recording, trouble). Facts about the call's
    /// state are not the reporter's to write and are ignored.
    Reported(CallFact),
}

/// Why an INVITE could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialFailure {
    /// The trunk's address does not resolve or its transport cannot be had.
    TrunkUnreachable,
    /// This node has no room for another leg.
    NoResources,
}

/// Final counters of a leg.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LineCounters {
    /// RTP packets sent.
    pub packets_sent: u64,
    /// RTP packets received.
    pub packets_received: u64,
    /// RTP packets that never came.
    pub packets_lost: u64,
    /// Interarrival jitter (RFC 3550, 6.4.1) in milliseconds.
    pub jitter_ms: f32,
}

/// What the machine wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Append this fact, in this order.
    Note(CallFact),
    /// Do this.
    Do(Effect),
}

/// An effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make the attempt and this fact durable in one transaction, then say `DialCommitted` (or `LeaseLost`).
    CommitDial {
        /// The attempt.
        attempt: AttemptId,
        /// `CallFact::Dialing`; the store appends it, so it is not noted again.
        fact: CallFact,
    },
    /// Send the one INVITE of this attempt, then say `InviteSent` or `DialFailed`.
    SendInvite,
    /// Give the INVITE up. The signalling holds the CANCEL back until a provisional came (RFC 3261, 9.1).
    SendCancel,
    /// End the dialog.
    SendBye,
    /// Stop talking, close the recording, then say `SessionEnded`.
    StopSession,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Preparation or policy takes too long.
    Claim,
    /// The store does not answer.
    Commit,
    /// The INVITE does not leave.
    Invite,
    /// Nothing alerts.
    SetUp,
    /// Nobody picks up.
    Ring,
    /// The agent's maximum duration.
    MaxDuration,
    /// The talk that the call's money covers.
    MoneyCap,
    /// The far end does not answer the CANCEL.
    Cancel,
    /// Leg or session do not close.
    Ending,
}

/// Bounds of every state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Birth to `Claimed`.
    pub claim: Duration,
    /// `CommitDial` to `DialCommitted`.
    pub commit: Duration,
    /// `SendInvite` to `InviteSent`.
    pub invite: Duration,
    /// `InviteSent` to the first 18x; 64*T1 as RFC 3261 gives a transaction.
    pub set_up: Duration,
    /// First 18x to answer.
    pub ring: Duration,
    /// Answer to end; holds whatever the conversation does.
    pub max_duration: Duration,
    /// Answer to end that the money held back for the call covers; `None` where it sets no bound.
    pub affords: Option<Duration>,
    /// CANCEL to final response; 64*T1 (RFC 3261, 9.1).
    pub cancel: Duration,
    /// BYE to closed leg and closed session, recording included.
    pub ending: Duration,
}

impl Timeouts {
    /// An agent's limits, and the platform's own bounds for the rest.
    pub fn from_limits(limits: &Limits) -> Self {
        Self {
            claim: Duration::from_secs(60),
            commit: Duration::from_secs(30),
            invite: Duration::from_secs(10),
            set_up: Duration::from_secs(32),
            ring: Duration::from_secs(limits.ring_timeout_s),
            max_duration: Duration::from_secs(limits.max_duration_s),
            affords: None,
            cancel: Duration::from_secs(32),
            ending: Duration::from_secs(15),
        }
    }
}
