//! Somebody who follows the call takes a hand in it: has the agent say something, tells it something, hands over.
//!
//! Law: what a person has the agent say takes the way of all speech, through voice, playout and interruption, and is a
//! turn of its own. What was heard of it goes into the dialog's memory when it was heard, as all speech does.

use app::ports::live::{Steer, Steered};
use domain::call_event::CallFact;

use super::Talk;
use crate::conversation::Report;
use crate::dialog::DialogInput;

impl Talk {
    pub(in crate::conversation) fn steer(&mut self, steer: Steer) -> Steered {
        if !self.converses() {
            return Steered::NotTalking;
        }
        match steer {
            Steer::Say { text, interrupt } => self.say_for_person(text, interrupt),
            Steer::Note { text } => {
                self.report(Report::Fact(CallFact::Note { text: text.clone() }));
                self.tell_dialog(DialogInput::Note(text));
            }
            Steer::Transfer { .. } if self.transfer.is_some() => return Steered::Transferring,
            Steer::Transfer { to } => self.transfer(to, true),
        }
        Steered::Taken
    }

    fn say_for_person(&mut self, text: String, interrupt: bool) {
        if interrupt && self.speaks() {
            self.heard.clear();
            self.stop_agent();
            self.speaking.forget_unsaid();
            self.for_person.push((text, true));
        } else {
            self.for_person.push((text, false));
        }
        self.say_what_waits();
    }

    /// Says what a person wants said, once the mark of what it cut short has come: the dialog is to know how much of its
    /// own was heard before it goes on.
    pub(super) fn say_what_waits(&mut self) {
        if self.speaking.awaits_cut() {
            return;
        }
        for (text, interrupted) in std::mem::take(&mut self.for_person) {
            if interrupted {
                let heard = std::mem::take(&mut self.heard);
                self.tell_dialog(DialogInput::Interrupted { heard });
            }
            self.speaking.open_floor();
            if !self.speaking.say_for_person(text) {
                self.too_much_to_say();
            }
        }
    }
}
