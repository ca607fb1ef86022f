//! From the domain's events to the wire's.

use domain::call_event::CallFact;

use super::events::{CallEvent, Ending, Fact, Turn, TurnLatency};

impl From<domain::call_event::CallEvent> for CallEvent {
    fn from(event: domain::call_event::CallEvent) -> Self {
        Self {
            id: event.id.to_string(),
            call_id: event.call.to_string(),
            sequence: event.sequence,
            position: event.position,
            at: event.at,
            fact: Fact::of(event.call, event.fact),
        }
    }
}

impl From<domain::transcript::Turn> for Turn {
    fn from(turn: domain::transcript::Turn) -> Self {
        Self {
            number: turn.number,
            speaker: turn.speaker.into(),
            text: turn.text,
            intended: turn.intended,
            start_ms: turn.start_ms.0,
            end_ms: turn.end_ms.0,
            interrupted: turn.interrupted,
            by_person: turn.by_person,
            latency: turn.latency.map(Into::into),
        }
    }
}

impl From<domain::transcript::TurnLatency> for TurnLatency {
    fn from(latency: domain::transcript::TurnLatency) -> Self {
        Self {
            endpoint_ms: latency.endpoint_ms,
            stt_ms: latency.stt_ms,
            dialog_ms: latency.dialog_ms,
            tts_ms: latency.tts_ms,
            egress_ms: latency.egress_ms,
            total_ms: latency.total_ms,
        }
    }
}

impl From<domain::call_event::Ending> for Ending {
    fn from(ending: domain::call_event::Ending) -> Self {
        Self {
            status: ending.status.into(),
            end_reason: ending.end_reason.into(),
            blame: ending.blame.into(),
            answered_by: ending.answered_by.into(),
            duration_ms: ending.duration_ms,
            outcome: ending.outcome.map(Into::into),
            evidence: ending.evidence.into(),
        }
    }
}

impl Fact {
    /// Translates a fact of `call`.
    pub fn of(call: domain::CallId, fact: CallFact) -> Self {
        match fact {
            CallFact::Queued => Self::Queued,
            CallFact::Dialing { attempt } => Self::Dialing { attempt: attempt.to_string() },
            CallFact::Ringing { sip_code, early_media } => Self::Ringing { sip_code, early_media },
            CallFact::Answered { codec } => Self::Answered { codec },
            CallFact::AnsweredBy { answered_by, confidence, at_ms, evidence } => Self::AnsweredBy {
                answered_by: answered_by.into(),
                confidence,
                at_ms: at_ms.0,
                evidence: evidence.into(),
            },
            CallFact::Turn(turn) => Self::Turn(turn.into()),
            CallFact::Digits { sent, digits, at_ms } => Self::Digits { sent, digits, at_ms: at_ms.0 },
            CallFact::Slot { name, value } => Self::Slot { name, value },
            CallFact::Tool { name, status, duration_ms, error } => Self::Tool { name, status, duration_ms, error },
            CallFact::OptedOut => Self::OptedOut,
            CallFact::VoicemailMessageLeft => Self::VoicemailMessageLeft,
            CallFact::Transfer { to, state } => Self::Transfer { to, state },
            CallFact::Note { text } => Self::Note { text },
            CallFact::Trouble { part, detail } => Self::Trouble { part, detail },
            CallFact::RecordingReady { path, duration_ms, bytes, .. } => {
                let recording_url = format!("/v1/calls/{call}/recording");
                Self::RecordingReady { recording_url, path, duration_ms, bytes }
            }
            CallFact::Ended(ending) => Self::Ended(Box::new((*ending).into())),
        }
    }
}
