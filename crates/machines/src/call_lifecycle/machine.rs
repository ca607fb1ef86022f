//! The machine itself: one state, what was seen on the line, and the outputs that wait to be drained.

use std::collections::VecDeque;

use domain::call_event::{CallFact, Ending};
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence, Outcome};
use domain::time::Mono;

use super::verdict::{of_our_end, of_refusal, of_remote_bye};
use super::{DialFailure, Effect, Input, LineCounters, Output, RefusedInvite, Timeouts, Verdict, Why};
use crate::Machine;

/// Provisional responses that are kept as evidence; a far end that repeats 183 for minutes says nothing new.
const MAX_SIP_CODES: usize = 32;

/// Lifecycle of one attempt of one call.
#[derive(Debug)]
pub struct CallLifecycle {
    timeouts: Timeouts,
    state: State,
    /// When the state was entered.
    since: Mono,
    seen: Seen,
    outbox: VecDeque<Output>,
    ignored: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
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
enum Part {
    Open,
    Closed,
}

#[derive(Debug, Default)]
struct Seen {
    evidence: Evidence,
    answered_by: Option<AnsweredBy>,
    outcome: Option<Outcome>,
    answered_at: Option<Mono>,
    over_at: Option<Mono>,
    rang: bool,
    leg_open: bool,
    session_closed: bool,
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

    fn enter(&mut self, now: Mono, state: State) {
        self.state = state;
        self.since = now;
    }

    fn act(&mut self, effect: Effect) {
        self.outbox.push_back(Output::Do(effect));
    }

    fn note(&mut self, fact: CallFact) {
        self.outbox.push_back(Output::Note(fact));
    }

    fn provisional(&mut self, now: Mono, code: u16, early_media: bool) {
        if !matches!(self.state, State::Inviting { .. } | State::Dialing | State::Ringing | State::Cancelling { .. }) {
            self.ignored += 1;
            return;
        }
        if self.seen.evidence.sip_codes.len() < MAX_SIP_CODES {
            self.seen.evidence.sip_codes.push(code);
        }
        self.seen.evidence.early_media |= early_media;
        self.seen.rang |= code == 180;
        // 100 only says that the next hop has it (RFC 3261, 21.1.1).
        if matches!(self.state, State::Dialing) && (180..=199).contains(&code) {
            self.note(CallFact::Ringing { sip_code: code, early_media });
            self.enter(now, State::Ringing);
        }
    }

    fn answered(&mut self, now: Mono, codec: String) {
        match self.state {
            State::Dialing | State::Ringing => {
                self.seen.evidence.sip_codes.push(200);
                self.seen.evidence.codec = Some(codec.clone());
                self.seen.answered_at = Some(now);
                self.note(CallFact::Answered { codec });
                self.enter(now, State::InProgress);
            }
            // The 200 crossed our CANCEL (RFC 3261, 9.1): the dialog exists and needs a BYE.
            State::Cancelling { ours, .. } => {
                self.seen.evidence.sip_codes.push(200);
                self.seen.evidence.codec = Some(codec);
                self.bye();
                self.end(now, ours);
            }
            // It came after we gave up waiting for it.
            State::Ending { leg: Part::Open, .. } if self.seen.answered_at.is_none() => {
                self.seen.evidence.sip_codes.push(200);
                self.bye();
            }
            _ => self.ignored += 1,
        }
    }

    fn refused(&mut self, now: Mono, refused: RefusedInvite, reason: String) {
        let verdict = match self.state {
            State::Dialing | State::Ringing => of_refusal(refused),
            // 487 is the CANCEL taking effect (RFC 3261, 9.1). Anything else was on its way before the CANCEL and is
            // the truer end, unless a request asked for this one.
            State::Cancelling { ours, by_request } if by_request || refused.code == 487 || refused.local => ours,
            State::Cancelling { .. } => of_refusal(refused),
            _ => {
                self.ignored += 1;
                return;
            }
        };
        if !refused.local {
            self.seen.evidence.sip_codes.push(refused.code);
            self.seen.evidence.sip_reason = Some(reason);
        }
        self.seen.evidence.q850_cause = refused.q850;
        self.end(now, verdict);
    }

    fn remote_bye(&mut self, now: Mono, q850: Option<u16>) {
        match self.state {
            State::InProgress => {
                self.seen.evidence.bye_from = Some(Blame::Callee);
                self.seen.evidence.q850_cause = q850;
                self.end(now, of_remote_bye(q850));
            }
            // BYEs that cross are no surprise.
            State::Ending { .. } | State::Cancelling { .. } => {}
            _ => self.ignored += 1,
        }
    }

    /// Our side wants the call over.
    fn hang_up(&mut self, now: Mono, reason: EndReason) {
        let ours = of_our_end(reason, matches!(self.state, State::InProgress));
        let by_request = reason == EndReason::ApiHangup;
        match self.state {
            State::Queued => self.finish(now, ours),
            State::Committing { end: None } => self.state = State::Committing { end: Some(ours) },
            State::Inviting { end: None } => self.state = State::Inviting { end: Some(ours) },
            State::Dialing | State::Ringing => self.cancel(now, ours, by_request),
            State::InProgress => {
                self.bye();
                self.end(now, ours);
            }
            State::Committing { .. }
            | State::Inviting { .. }
            | State::Cancelling { .. }
            | State::Ending { .. }
            | State::Ended
            | State::Silent => {}
        }
    }

    fn cancel(&mut self, now: Mono, ours: Verdict, by_request: bool) {
        self.act(Effect::SendCancel);
        self.enter(now, State::Cancelling { ours, by_request });
    }

    fn bye(&mut self) {
        self.act(Effect::SendBye);
        self.seen.evidence.bye_from = Some(Blame::Us);
    }

    /// The end is decided; leg and session may still report.
    fn end(&mut self, now: Mono, verdict: Verdict) {
        self.seen.over_at = Some(now);
        let leg = if self.seen.leg_open { Part::Open } else { Part::Closed };
        let session = if self.seen.session_closed { Part::Closed } else { Part::Open };
        if session == Part::Open {
            self.act(Effect::StopSession);
        }
        self.enter(now, State::Ending { verdict, leg, session });
        self.finish_if_closed(now);
    }

    fn finish_if_closed(&mut self, now: Mono) {
        if let State::Ending { verdict, leg: Part::Closed, session: Part::Closed } = self.state {
            self.finish(now, verdict);
        }
    }

    fn finish(&mut self, now: Mono, verdict: Verdict) {
        let seen = std::mem::take(&mut self.seen);
        let over_at = seen.over_at.unwrap_or(now);
        self.note(CallFact::Ended(Box::new(Ending {
            status: verdict.status,
            end_reason: verdict.end_reason,
            blame: verdict.blame,
            answered_by: seen.answered_by.unwrap_or(AnsweredBy::Unknown),
            duration_ms: seen.answered_at.map_or(0, |at| millis(over_at.since(at))),
            outcome: seen.outcome,
            evidence: seen.evidence,
        })));
        self.enter(now, State::Ended);
    }

    fn leg_closed(&mut self, now: Mono, line: LineCounters) {
        if !self.seen.leg_open {
            self.ignored += 1;
            return;
        }
        self.seen.leg_open = false;
        let evidence = &mut self.seen.evidence;
        evidence.packets_sent = line.packets_sent;
        evidence.packets_received = line.packets_received;
        evidence.packets_lost = line.packets_lost;
        evidence.jitter_ms = line.jitter_ms;
        match &mut self.state {
            State::Ending { leg, .. } => {
                *leg = Part::Closed;
                self.finish_if_closed(now);
            }
            State::Cancelling { ours, .. } => {
                let ours = *ours;
                self.end(now, ours);
            }
            // The leg went without BYE or refusal: we do not know why.
            State::InProgress => self.end(now, of_our_end(EndReason::Unknown, true)),
            _ => self.end(now, of_our_end(EndReason::Unknown, false)),
        }
    }

    fn session_ended(&mut self, now: Mono, outcome: Option<Outcome>) {
        if self.seen.session_closed {
            self.ignored += 1;
            return;
        }
        self.seen.session_closed = true;
        self.seen.outcome = outcome;
        if let State::Ending { session, .. } = &mut self.state {
            *session = Part::Closed;
            self.finish_if_closed(now);
        } else {
            // It gave up without saying why, which is our fault.
            self.hang_up(now, EndReason::AgentError);
        }
    }

    fn invite_sent(&mut self, now: Mono, sip_call_id: String) {
        match self.state {
            State::Inviting { end } => {
                self.seen.leg_open = true;
                self.seen.evidence.sip_call_id = Some(sip_call_id);
                match end {
                    Some(ours) => self.cancel(now, ours, ours.end_reason == EndReason::Canceled),
                    None => self.enter(now, State::Dialing),
                }
            }
            // It left after we stopped waiting for it.
            State::Ending { verdict, leg: Part::Closed, session } if self.seen.evidence.sip_call_id.is_none() => {
                self.seen.leg_open = true;
                self.seen.evidence.sip_call_id = Some(sip_call_id);
                self.act(Effect::SendCancel);
                self.state = State::Ending { verdict, leg: Part::Open, session };
            }
            _ => self.ignored += 1,
        }
    }

    fn lease_lost(&mut self, now: Mono) {
        match self.state {
            State::InProgress => self.act(Effect::SendBye),
            State::Inviting { .. } | State::Dialing | State::Ringing => self.act(Effect::SendCancel),
            _ => {}
        }
        self.act(Effect::StopSession);
        self.enter(now, State::Silent);
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
            State::InProgress => (t.max_duration, Why::MaxDuration),
            State::Cancelling { .. } => (t.cancel, Why::Cancel),
            State::Ending { .. } => (t.ending, Why::Ending),
            State::Ended | State::Silent => return None,
        };
        Some((self.since + after, why))
    }

    fn on_deadline(&mut self, now: Mono) {
        let Some((at, _)) = self.deadline() else { return };
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

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("a call lasts less than 500 million years")
}
