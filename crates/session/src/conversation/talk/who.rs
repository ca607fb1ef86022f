//! What answer detection finds out, and what it means for a call that a machine answered.

use domain::outcome::{AnsweredBy, EndReason};
use machines::Machine;
use machines::answer_detection::{self, ACT_ON_MACHINE};
use machines::turn_taking;

use super::Talk;
use crate::conversation::Report;
use crate::conversation::machine_answered::Todo;
use crate::dialog::DialogInput;

impl Talk {
    pub(super) fn detect(&mut self, input: answer_detection::Input) {
        let now = self.now();
        self.detection.handle(now, input);
        self.after_detection();
    }

    pub(super) fn after_detection(&mut self) {
        while let Some(output) = self.detection.poll() {
            let now = self.now();
            match output {
                answer_detection::Output::Decided { answered_by, confidence, at: at_ms, evidence } => {
                    self.report(Report::AnsweredBy { answered_by, confidence, at_ms, evidence });
                    match answered_by {
                        AnsweredBy::Machine if confidence >= ACT_ON_MACHINE => {
                            let todo = self.machine.recognised(now, self.turns.segment().is_some());
                            self.about_machine(todo);
                        }
                        AnsweredBy::Human => self.person_after_all(),
                        _ => {}
                    }
                }
                answer_detection::Output::BeepHeard { .. } => self.machine.beep(now),
            }
        }
    }

    /// Somebody picked up while we waited for the beep: the dialog takes up again.
    fn person_after_all(&mut self) {
        if self.machine.human_after_all() {
            self.tell_dialog(DialogInput::Silence);
        }
    }

    pub(super) fn about_machine(&mut self, todo: Todo) {
        match todo {
            Todo::Nothing => {}
            Todo::FallSilent => self.fall_silent(),
            Todo::HangUp => {
                self.fall_silent();
                self.ask_end(EndReason::MachineHangup);
            }
            Todo::LeaveMessage => {
                self.turns(turn_taking::Input::Interruptible(false));
                self.answer(DialogInput::MachineAnswered);
            }
        }
    }

    /// Words for a person are not for a machine.
    pub(super) fn fall_silent(&mut self) {
        self.valid_from = self.input + 1;
        self.timing = None;
        self.stop_agent();
        drop(self.speaking.forget_unsaid());
    }
}
