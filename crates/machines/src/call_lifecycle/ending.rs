//! Ways to the end: who hangs up, what has to close first, and the one terminal fact.

use domain::call_event::{CallFact, Ending};
use domain::outcome::{AnsweredBy, Blame, EndReason, Outcome};
use domain::time::Mono;

use super::machine::{CallLifecycle, Part, State};
use super::verdict::of_our_end;
use super::{Effect, Verdict};

impl CallLifecycle {
    /// Our side wants the call over.
    pub(super) fn hang_up(&mut self, now: Mono, reason: EndReason) {
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

    pub(super) fn cancel(&mut self, now: Mono, ours: Verdict, by_request: bool) {
        self.act(Effect::SendCancel);
        self.enter(now, State::Cancelling { ours, by_request });
    }

    pub(super) fn bye(&mut self) {
        self.act(Effect::SendBye);
        self.seen.evidence.bye_from = Some(Blame::Us);
    }

    /// The end is decided; leg and session may still report.
    pub(super) fn end(&mut self, now: Mono, verdict: Verdict) {
        self.seen.over_at = Some(now);
        let leg = if self.seen.leg_open { Part::Open } else { Part::Closed };
        let session = if self.seen.session_closed { Part::Closed } else { Part::Open };
        if session == Part::Open {
            self.act(Effect::StopSession);
        }
        self.enter(now, State::Ending { verdict, leg, session });
        self.finish_if_closed(now);
    }

    pub(super) fn finish_if_closed(&mut self, now: Mono) {
        if let State::Ending { verdict, leg: Part::Closed, session: Part::Closed } = self.state {
            self.finish(now, verdict);
        }
    }

    pub(super) fn finish(&mut self, now: Mono, verdict: Verdict) {
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

    pub(super) fn session_ended(&mut self, now: Mono, outcome: Option<Outcome>) {
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

    pub(super) fn lease_lost(&mut self, now: Mono) {
        match self.state {
            State::InProgress => self.act(Effect::SendBye),
            State::Inviting { .. } | State::Dialing | State::Ringing => self.act(Effect::SendCancel),
            _ => {}
        }
        self.act(Effect::StopSession);
        self.enter(now, State::Silent);
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("a call lasts less than 500 million years")
}
