//! What a segment was: a turn, an aside, noise; and whether it takes the floor from the agent.

use std::time::Duration;

use domain::agent_definition::Opening;
use domain::time::Mono;

use super::completeness::{has_words, is_affirmative_sound, is_backchannel, is_greeting};
use super::machine::{Agent, TurnTaking, interim_at};
use super::segment::{Segment, Stopped};
use super::{CommittedTurn, Output};

/// Speech that began this soon after the answer is taken for the callee's "Hello?".
const PICK_UP: Duration = Duration::from_millis(1_400);
/// Somebody who spoke for this long said something, even if speech recognition broke down over it.
const SPOKE: Duration = Duration::from_millis(1_000);

impl TurnTaking {
    /// The text of something said into the agent's speech decides whether it takes the floor.
    pub(super) fn verify_over_agent(&mut self) {
        let Some(segment) = &self.segment else { return };
        let decidable = segment.known.is_some() && (!segment.is_speaking() || segment.forced);
        if !decidable || !self.is_over_agent(segment) {
            return;
        }
        let nothing = !has_words(&segment.text) && !segment.failed;
        if nothing || is_backchannel(&segment.text) || (self.is_pick_up(segment) && is_greeting(&segment.text)) {
            let segment = self.segment.take().expect("looked at above");
            self.set_aside(segment);
        } else if self.interruptible {
            self.stop_agent();
        }
    }

    /// Not a turn. Text that was said is kept for the transcript.
    pub(super) fn set_aside(&mut self, segment: Segment) {
        let Segment { id: segment, text, start, end, .. } = segment;
        self.say(if has_words(&text) {
            Output::Aside { segment, text, start, end }
        } else {
            Output::Discard { segment }
        });
    }

    /// The silence is long enough, or the turn too long: decide what it was.
    pub(super) fn close(&mut self, now: Mono) {
        let Some(mut segment) = self.segment.take() else { return };
        let still_speaking = segment.is_speaking();
        if still_speaking {
            segment.end = self.clock.at(now).max(segment.start);
        }
        let silent = !has_words(&segment.text);
        let understood_nothing = silent && !(segment.failed && segment.length() >= SPOKE);
        let filler =
            is_backchannel(&segment.text) && (segment.stopped.is_some() || !is_affirmative_sound(&segment.text));
        let hello = segment.stopped.is_some() && self.is_pick_up(&segment) && is_greeting(&segment.text);
        if understood_nothing || filler || hello {
            let forced = segment.forced;
            self.false_alarm(now, segment, silent);
            if forced && self.agent == Agent::Quiet {
                // Endless sound without a word (hold music, a fan) is no conversation either.
                self.prompt(now);
            }
        } else {
            self.commit(now, segment);
        }
        if still_speaking {
            let at = self.clock.at(now);
            let segment = self.new_segment(now, at);
            let next_interim = interim_at(&self.settings, now);
            self.segment = Some(Segment { carried_over: true, next_interim, ..segment });
        }
    }

    pub(super) fn false_alarm(&mut self, now: Mono, segment: Segment, silent: bool) {
        let (id, stopped) = (segment.id, segment.stopped);
        let to_turn = segment.continues;
        self.set_aside(segment);
        if !silent {
            self.prompts = 0;
            self.quiet_since = now;
        }
        if stopped.is_some() {
            self.say(Output::Resume { segment: id });
            self.reply_is_due(now, to_turn);
        }
    }

    pub(super) fn commit(&mut self, now: Mono, segment: Segment) {
        let ended = segment.ended.unwrap_or(now);
        let waited = now.since(ended);
        let endpoint = segment.endpoint(&self.settings.turn_taking, self.dictation);
        let waited_for_text = segment.known.map_or(Duration::ZERO, |known| known.since(ended + endpoint).min(waited));
        let turn = CommittedTurn {
            segment: segment.id,
            text: segment.text,
            start: segment.start,
            end: segment.end,
            waited,
            waited_for_text,
            interrupted: segment.stopped == Some(Stopped::Speaking),
            continues: segment.continues && segment.stopped == Some(Stopped::Replying),
            before_opening: !self.opened,
        };
        self.opened = true;
        self.prompts = 0;
        self.hold_until = None;
        self.reply_is_due(now, true);
        self.say(Output::CommitTurn(turn));
    }

    pub(super) fn prompt(&mut self, now: Mono) {
        self.prompts += 1;
        if self.prompts > self.settings.max_silence_prompts {
            self.gave_up = true;
            self.say(Output::SilenceTimeout);
        } else {
            self.reply_is_due(now, false);
            self.say(Output::SilencePrompt { count: self.prompts });
        }
    }

    pub(super) fn stop_agent(&mut self) {
        let stopped = match self.agent {
            Agent::Speaking => Stopped::Speaking,
            Agent::Replying { .. } => Stopped::Replying,
            Agent::Quiet => return,
        };
        let Some(segment) = &mut self.segment else { return };
        segment.stopped = Some(stopped);
        let segment = Some(segment.id);
        self.agent = Agent::Quiet;
        self.say(Output::StopAgent { segment });
    }

    /// Whether this is what the callee says while picking up, into the agent's first words.
    pub(super) fn is_pick_up(&self, segment: &Segment) -> bool {
        self.settings.turn_taking.opening == Opening::SpeakFirst
            && self.answered.is_some_and(|at| segment.started <= at + PICK_UP)
    }

    /// The agent speaks, or is about to, and this segment has not stopped it.
    pub(super) fn is_over_agent(&self, segment: &Segment) -> bool {
        self.agent != Agent::Quiet && segment.stopped.is_none()
    }
}
