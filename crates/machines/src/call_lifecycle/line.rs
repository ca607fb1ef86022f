//! What the line does: responses, BYEs, and a leg that is gone.

use domain::call_event::CallFact;
use domain::outcome::{Blame, EndReason, LineLoss};
use domain::time::Mono;

use super::machine::{CallLifecycle, Part, State};
use super::verdict::{of_line_loss, of_our_end, of_refusal, of_remote_bye};
use super::{Effect, LineCounters, RefusedInvite};

/// Provisional responses that are kept as evidence; a far end that repeats 183 for minutes says nothing new.
const MAX_SIP_CODES: usize = 32;

impl CallLifecycle {
    pub(super) fn provisional(&mut self, now: Mono, code: u16, early_media: bool) {
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

    pub(super) fn answered(&mut self, now: Mono, codec: String) {
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

    pub(super) fn refused(&mut self, now: Mono, refused: RefusedInvite, reason: String) {
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

    pub(super) fn remote_bye(&mut self, now: Mono, q850: Option<u16>) {
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

    pub(super) fn line_lost(&mut self, now: Mono, loss: LineLoss) {
        let verdict = match self.state {
            State::InProgress => of_line_loss(loss, true),
            State::Dialing | State::Ringing => of_line_loss(loss, false),
            // The end was decided before; the leg closes in a moment.
            _ => return,
        };
        self.seen.evidence.line_lost = Some(loss);
        self.end(now, verdict);
    }

    pub(super) fn leg_closed(&mut self, now: Mono, line: LineCounters) {
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

    pub(super) fn invite_sent(&mut self, now: Mono, sip_call_id: String) {
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
}
