//! The machine itself: one state, what was seen on the line, and the outputs that wait to be drained.

use std::collections::VecDeque;

use domain::call_event::CallFact;
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence, Outcome};
use domain::time::Mono;

use super::verdict::of_our_end;
use super::{DialFailure, Effect, Input, Output, RefusedInvite, Timeouts, Verdict, Why};
use crate::Machine;

/// Lifecycle of one attempt of one call.
#[derive(Debug)]
pub struct CallLifecycle {
    pub(super) timeouts: Timeouts,
    pub(super) state: State,
    /// When the state was entered.
    pub(super) since: Mono,
    pub(super) seen: Seen,
    pub(super) outbox: VecDeque<Output>,
    pub(super) ignored: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Queued,
    /// The dial is being made durable; `end` if it was called off meanwhile.
    Committing {
        end: Option<Verdict>,
    },
    /// The INVITE is on its way out; `end` if it was called off meanwhile.
    Inviting {
        end: Option<Verdict>,
    },
    Dialing,
    Ringing,
    InProgress,
    /// CANCEL is out. `ours` is what the end will be called unless the far end's answer says better.
    Cancelling {
        ours: Verdict,
        by_request: bool,
    },
    Ending {
        verdict: Verdict,
        leg: Part,
        session: Part,
    },
    Ended,
    /// The lease was lost: nothing is ours to write any more.
    Silent,
}

/// A thing that must close before the call can end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Open,
    Closed,
}

#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) evidence: Evidence,
    pub(super) answered_by: Option<AnsweredBy>,
    pub(super) outcome: Option<Outcome>,
    pub(super) answered_at: Option<Mono>,
    pub(super) over_at: Option<Mono>,
    pub(super) rang: bool,
    pub(super) leg_open: bool,
    pub(super) session_closed: bool,
}

impl CallLifecycle {
    /// A call that was just claimed by this node.
    pub fn new(timeouts: Timeouts, now: Mono) -> Self {
        Self { timeouts, state: State::Queued, since: now, seen: Seen::default(), outbox: VecDeque::new(), ignored: 0 }
    }

    /// Where the call stands for the outside; a call that is ending still reads as before. `None` once ended.
    pub fn status(&self) -> Option<CallStatus> {
        match self.state {
            State::Queued | State::Committing { .. } => Some(CallStatus::Queued),
            State::Inviting { .. } | State::Dialing => Some(CallStatus::Dialing),
            State::Ringing => Some(CallStatus::Ringing),
            State::InProgress => Some(CallStatus::InProgress),
            State::Cancelling { .. } if self.seen.rang => Some(CallStatus::Ringing),
            State::Cancelling { .. } => Some(CallStatus::Dialing),
            State::Ending { .. } if self.seen.answered_at.is_some() => Some(CallStatus::InProgress),
            State::Ending { .. } if self.seen.rang => Some(CallStatus::Ringing),
            State::Ending { .. } => Some(CallStatus::Dialing),
            State::Ended | State::Silent => None,
        }
    }

    /// Whether the machine is done: `Ended` was noted, or the lease was lost.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Ended | State::Silent)
    }

    /// Inputs that the state did not allow.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    pub(super) fn enter(&mut self, now: Mono, state: State) {
        self.state = state;
        self.since = now;
    }

    pub(super) fn act(&mut self, effect: Effect) {
        self.outbox.push_back(Output::Do(effect));
    }

    pub(super) fn note(&mut self, fact: CallFact) {
        self.outbox.push_back(Output::Note(fact));
    }

    fn reported(&mut self, fact: CallFact) {
        match fact {
            CallFact::Turn(_)
            | CallFact::Digits { .. }
            | CallFact::Slot { .. }
            | CallFact::Tool { .. }
            | CallFact::OptedOut
            | CallFact::VoicemailMessageLeft
            | CallFact::Transfer { .. }
            | CallFact::Note { .. }
            | CallFact::Trouble { .. }
            | CallFact::RecordingReady { .. } => self.note(fact),
            CallFact::Queued
            | CallFact::Dialing { .. }
            | CallFact::Ringing { .. }
            | CallFact::Answered { .. }
            | CallFact::AnsweredBy { .. }
            | CallFact::Ended(_) => self.ignored += 1,
        }
    }

    /// Inputs before the INVITE is out.
    fn before_dial(&mut self, now: Mono, input: Input) {
        match (input, self.state) {
            (Input::Claimed { attempt }, State::Queued) => {
                self.act(Effect::CommitDial { attempt, fact: CallFact::Dialing { attempt } });
                self.enter(now, State::Committing { end: None });
            }
            (Input::Blocked { reason }, State::Queued) => {
                self.finish(now, of_our_end(reason, false));
            }
            // The commit itself found that policy forbids the dial, and wrote nothing.
            (Input::Blocked { reason }, State::Committing { end }) => {
                self.end(now, end.unwrap_or_else(|| of_our_end(reason, false)));
            }
            (Input::DialCommitted, State::Committing { end: None }) => {
                self.act(Effect::SendInvite);
                self.enter(now, State::Inviting { end: None });
            }
            (Input::DialCommitted, State::Committing { end: Some(ours) }) => self.end(now, ours),
            (Input::DialFailed(failure), State::Inviting { end }) => {
                self.end(now, end.unwrap_or_else(|| of_dial_failure(failure)));
            }
            _ => self.ignored += 1,
        }
    }
}

impl Machine for CallLifecycle {
    type Input = Input;
    type Output = Output;
    type Why = Why;

    fn handle(&mut self, now: Mono, input: Input) {
        if self.is_over() {
            self.ignored += 1;
            return;
        }
        match input {
            Input::Claimed { .. } | Input::Blocked { .. } | Input::DialCommitted | Input::DialFailed(_) => {
                self.before_dial(now, input);
            }
            Input::LeaseLost => self.lease_lost(now),
            Input::InviteSent { sip_call_id } => self.invite_sent(now, sip_call_id),
            Input::Provisional { code, early_media } => self.provisional(now, code, early_media),
            Input::Answered { codec } => self.answered(now, codec),
            Input::Refused { code, reason, q850, local } => {
                let refused = RefusedInvite { code, q850, rang: self.seen.rang, local };
                self.refused(now, refused, reason);
            }
            Input::RemoteBye { q850 } => self.remote_bye(now, q850),
            Input::LineLost(loss) => self.line_lost(now, loss),
            Input::MediaLost if matches!(self.state, State::InProgress) => self.hang_up(now, EndReason::MediaLost),
            Input::Transferred if matches!(self.state, State::InProgress) => self.hang_up(now, EndReason::Transferred),
            Input::MediaLost | Input::Transferred => self.ignored += 1,
            Input::LegClosed(line) => self.leg_closed(now, line),
            Input::AnsweredBy { answered_by, confidence, at_ms, evidence } => {
                self.seen.answered_by = Some(answered_by);
                self.seen.evidence.answer_detection = Some(evidence.clone());
                self.note(CallFact::AnsweredBy { answered_by, confidence, at_ms, evidence });
            }
            Input::FirstAudio { after_answer_ms } => {
                self.seen.evidence.answer_to_first_audio_ms.get_or_insert(after_answer_ms);
            }
            Input::AgentHangup { reason } => self.hang_up(now, reason),
            Input::ApiHangup => self.hang_up(now, EndReason::ApiHangup),
            Input::SessionEnded { outcome } => self.session_ended(now, outcome),
            Input::Reported(fact) => self.reported(fact),
        }
    }

    fn poll(&mut self) -> Option<Output> {
        self.outbox.pop_front()
    }

    fn deadline(&self) -> Option<(Mono, Why)> {
        let t = &self.timeouts;
        let (after, why) = match self.state {
            State::Queued => (t.claim, Why::Claim),
            State::Committing { .. } => (t.commit, Why::Commit),
            State::Inviting { .. } => (t.invite, Why::Invite),
            State::Dialing => (t.set_up, Why::SetUp),
            State::Ringing => (t.ring, Why::Ring),
            State::InProgress => match t.affords.filter(|affords| *affords < t.max_duration) {
                Some(affords) => (affords, Why::MoneyCap),
                None => (t.max_duration, Why::MaxDuration),
            },
            State::Cancelling { .. } => (t.cancel, Why::Cancel),
            State::Ending { .. } => (t.ending, Why::Ending),
            State::Ended | State::Silent => return None,
        };
        Some((self.since + after, why))
    }

    fn on_deadline(&mut self, now: Mono) {
        let Some((at, why)) = self.deadline() else { return };
        if now < at {
            return;
        }
        let unreachable = Verdict::new(CallStatus::Failed, EndReason::CarrierUnavailable, Blame::Carrier);
        match self.state {
            State::Queued => self.finish(now, of_our_end(EndReason::AgentError, false)),
            State::Committing { end } => {
                let broken = Verdict::new(CallStatus::Failed, EndReason::Unknown, Blame::Us);
                self.end(now, end.unwrap_or(broken));
            }
            State::Inviting { end } => self.end(now, end.unwrap_or(unreachable)),
            State::Dialing => self.cancel(now, unreachable, false),
            State::Ringing => {
                let unanswered = Verdict::new(CallStatus::NoAnswer, EndReason::NoAnswer, Blame::Callee);
                self.cancel(now, unanswered, false);
            }
            State::InProgress if why == Why::MoneyCap => self.hang_up(now, EndReason::MoneyCap),
            State::InProgress => self.hang_up(now, EndReason::MaxDuration),
            State::Cancelling { ours, .. } => self.end(now, ours),
            State::Ending { verdict, .. } => self.finish(now, verdict),
            State::Ended | State::Silent => {}
        }
    }
}

fn of_dial_failure(failure: DialFailure) -> Verdict {
    let blame = match failure {
        DialFailure::TrunkUnreachable => Blame::Carrier,
        DialFailure::NoResources => Blame::Us,
    };
    Verdict::new(CallStatus::Failed, EndReason::CarrierUnavailable, blame)
}
