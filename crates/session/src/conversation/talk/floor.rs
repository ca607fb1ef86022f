//! What turn taking wants: open, stop, resume, answer, prompt.

use std::time::Instant;

use domain::outcome::EndReason;
use domain::time::CallMs;
use machines::Machine;
use machines::answer_detection;
use machines::turn_taking::{self, CommittedTurn};

use super::Talk;
use crate::conversation::latency::ReplyTiming;
use crate::conversation::speaking::Said;
use crate::dialog::DialogInput;

/// Said when the reply is overdue.
const OVERDUE: &str = "One moment, please.";

impl Talk {
    pub(super) fn turns(&mut self, input: turn_taking::Input) {
        let now = self.now();
        self.turns.handle(now, input);
        self.after_turns();
    }

    pub(super) fn after_turns(&mut self) {
        while let Some(output) = self.turns.poll() {
            match output {
                turn_taking::Output::Open => self.speaking.open_floor(),
                turn_taking::Output::RequestText { segment, request, interim } => {
                    self.listening.request(segment, request, interim);
                    if !interim {
                        self.hint(segment);
                    }
                }
                turn_taking::Output::StopAgent { .. } => self.stop_agent(),
                turn_taking::Output::Resume { .. } => self.resume(),
                turn_taking::Output::CommitTurn(turn) => self.commit(turn),
                turn_taking::Output::Aside { segment, text, start, end } => {
                    self.listening.forget(segment);
                    self.callee_turn(text, start, end);
                }
                turn_taking::Output::Discard { segment } => self.listening.forget(segment),
                turn_taking::Output::MaxTurn { .. } => {}
                turn_taking::Output::SilencePrompt { .. } => self.silence(),
                turn_taking::Output::SilenceTimeout => self.ask_end(EndReason::SilenceTimeout),
                turn_taking::Output::ReplyOverdue => {
                    if self.converses() {
                        self.speaking.say(OVERDUE.into(), true);
                    } else {
                        self.turns(turn_taking::Input::NoReply);
                    }
                }
            }
        }
    }

    /// Whether a person is being talked to and nobody has asked for the end.
    pub(super) fn converses(&self) -> bool {
        self.machine.is_talking() && !self.ending.is_asked()
    }

    pub(super) fn stop_agent(&mut self) {
        if let Some(said) = self.speaking.flush() {
            let at = said.end;
            self.cut(said, at);
        }
    }

    pub(super) fn cut(&mut self, said: Said, at: CallMs) {
        self.said(said);
        self.detect(answer_detection::Input::AgentFinished { at });
        self.turns(turn_taking::Input::AgentCut { at });
    }

    pub(super) fn resume(&mut self) {
        for unsaid in self.speaking.take_unsaid() {
            self.speaking.say_again(unsaid);
        }
        if self.speaking.is_idle() {
            self.turns(turn_taking::Input::NoReply);
        }
    }

    pub(super) fn silence(&mut self) {
        if self.converses() {
            self.tell_dialog(DialogInput::Silence);
        } else {
            self.turns(turn_taking::Input::NoReply);
        }
    }

    /// A turn of the callee is complete. What it cut short comes before it in transcript and history, so it waits for
    /// the cut mark, which is one media slot away.
    pub(super) fn commit(&mut self, turn: CommittedTurn) {
        self.listening.forget(turn.segment);
        let committed = Instant::now();
        if self.speaking.awaits_cut() {
            self.deferred = Some((turn, committed));
        } else {
            self.take_turn(turn, committed);
        }
    }

    /// The cut mark came.
    pub(super) fn take_deferred_turn(&mut self) {
        if !self.speaking.awaits_cut()
            && let Some((turn, committed)) = self.deferred.take()
        {
            self.take_turn(turn, committed);
        }
        self.say_what_waits();
    }

    fn take_turn(&mut self, turn: CommittedTurn, committed: Instant) {
        if turn.continues
            && let Some(said) = self.speaking.flush()
        {
            self.said(said);
        }
        let for_person = self.speaking.forget_unsaid();
        self.callee_turn(turn.text.clone(), turn.start, turn.end);
        if turn.before_opening {
            self.speaking.open_floor();
            return;
        }
        if !self.converses() {
            self.turns(turn_taking::Input::NoReply);
            return;
        }
        // What a person wanted said and the callee did not let begin comes next, before the answer.
        self.for_person.extend(for_person.into_iter().map(|text| (text, false)));
        self.say_what_waits();
        self.timing = Some(ReplyTiming::begin(&turn, committed));
        if turn.interrupted || turn.continues {
            let heard = std::mem::take(&mut self.heard);
            self.tell_dialog(DialogInput::Interrupted { heard });
        }
        self.answer(DialogInput::Heard { text: turn.text });
    }
}
