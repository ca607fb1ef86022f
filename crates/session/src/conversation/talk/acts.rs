//! What the dialog and the voice want: words, digits, transfer, opt-out, the end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::ports::store::{Store, StoreError};
use app::ports::telephone::LegCommand;
use domain::SuppressionId;
use domain::call_event::CallFact;
use domain::suppression::{Suppression, SuppressionSource};
use machines::turn_taking;

use super::{Finished, Handover, Talk};
use crate::conversation::{Held, Report};
use crate::dialog::{DialogAct, DialogInput};
use crate::voice::Sound;

/// An entry is tried to be written for five seconds before the call's record says that it was not.
const LISTING_TRIES: u32 = 20;
const LISTING_RETRY: Duration = Duration::from_millis(250);

impl Talk {
    /// An input whose answer makes older words void.
    pub(super) fn answer(&mut self, input: DialogInput) {
        self.valid_from = self.input + 1;
        self.tell_dialog(input);
    }

    pub(super) fn tell_dialog(&mut self, input: DialogInput) {
        self.input += 1;
        if self.dialog.try_send((self.input, input)).is_err() {
            self.broken("dialog");
        }
    }

    pub(in crate::conversation) fn act(&mut self, input: u64, act: DialogAct) {
        let void = input < self.valid_from;
        match act {
            DialogAct::Say { .. }
            | DialogAct::Listen { .. }
            | DialogAct::HangUp { .. }
            | DialogAct::Transfer { .. }
                if void => {}
            DialogAct::Say { text, interruptible } => self.say(text, interruptible),
            DialogAct::Listen { dictation } => {
                self.turns(turn_taking::Input::ExpectDictation(dictation));
                if self.speaking.is_idle() {
                    self.turns(turn_taking::Input::NoReply);
                }
            }
            DialogAct::SendDigits(digits) => {
                let at_ms = self.position;
                if self.speaking.command(LegCommand::SendDigits(digits.clone())) {
                    self.report(Report::Fact(CallFact::Digits { sent: true, digits, at_ms }));
                }
            }
            DialogAct::Transfer { to } => self.transfer(to, false),
            DialogAct::OptOut => self.opt_out(),
            DialogAct::Slot { name, value } => {
                self.outcome.slots.insert(name.clone(), value.clone());
                self.outcome.evidence_turns.push(self.turn_number);
                self.report(Report::Fact(CallFact::Slot { name, value }));
            }
            DialogAct::Tool { name, status, duration_ms, error } => {
                self.report(Report::Fact(CallFact::Tool { name, status, duration_ms, error }));
            }
            DialogAct::Intent { .. } => {}
            DialogAct::Outcome { name } => {
                self.outcome.name = name;
                self.outcome.evidence_turns.push(self.turn_number);
            }
            DialogAct::HangUp { reason } => self.ask_end(reason),
            DialogAct::Trouble { detail } => {
                self.report(Report::Fact(CallFact::Trouble { part: "dialog".into(), detail }));
            }
        }
    }

    pub(super) fn say(&mut self, text: String, interruptible: bool) {
        if let Some(timing) = &mut self.timing {
            timing.said(Instant::now());
        }
        if !self.speaking.say(text, interruptible && !self.machine.is_leaving()) {
            self.too_much_to_say();
        }
    }

    pub(super) fn too_much_to_say(&mut self) {
        let detail = "too much to say at once".into();
        self.report(Report::Fact(CallFact::Trouble { part: "voice".into(), detail }));
    }

    pub(in crate::conversation) fn sound(&mut self, sound: Sound) {
        if let (Sound::Chunk { utterance, .. }, Some(timing)) = (&sound, &mut self.timing)
            && !self.speaking.is_for_person(*utterance)
        {
            timing.sounded(Instant::now());
        }
        if let Err((_, error)) = self.speaking.sound(sound) {
            self.report(Report::Fact(CallFact::Trouble { part: "text to speech".into(), detail: error.to_string() }));
            if self.speaking.is_idle() {
                self.spoken();
            }
        }
    }

    /// Everything queued has been said.
    pub(super) fn spoken(&mut self) {
        let now = self.now();
        self.ending.spoken(now);
        if self.converses() {
            self.tell_dialog(DialogInput::Spoken);
        } else if self.machine.is_leaving() && !self.ending.is_asked() {
            // A flow hangs up once its message has been said.
            self.tell_dialog(DialogInput::Spoken);
        }
    }

    pub(super) fn transfer(&mut self, to: String, by_person: bool) {
        self.transfer = Some(Handover { to: to.clone(), by_person });
        if self.speaking.command(LegCommand::Transfer { to: to.clone() }) {
            self.report(Report::Fact(CallFact::Transfer { to, state: "started".into() }));
        }
    }

    pub(in crate::conversation) fn transfer_progress(&mut self, code: u16, done: bool) {
        // That the far end has taken the request up is not yet the end of it.
        if !done {
            return;
        }
        let Some(Handover { to, by_person }) = self.transfer.take() else { return };
        let state = if code < 300 { "completed" } else { "failed" };
        self.report(Report::Fact(CallFact::Transfer { to: to.clone(), state: state.into() }));
        if code < 300 {
            self.report(Report::Transferred);
        } else if by_person {
            // The dialog asked for nothing and owes the callee no answer to it; it only goes on knowing.
            let told = format!("The operator tried to hand the callee over to {to} and could not (SIP {code}). Go on.");
            self.tell_dialog(DialogInput::Note(told));
        } else {
            self.tell_dialog(DialogInput::TransferFailed { detail: format!("SIP {code}") });
        }
    }

    /// Said in the call, on the list at once; the dialog goes on meanwhile.
    pub(super) fn opt_out(&mut self) {
        let Held::Call(call) = &self.held else {
            return self.report(Report::Fact(CallFact::OptedOut));
        };
        let entry = Suppression {
            id: SuppressionId(self.context.clock.uuid()),
            organization: call.organization,
            number: call.to.clone(),
            reason: "opt_out".into(),
            source: SuppressionSource::Call,
            call: Some(call.id),
            note: None,
            created_at: self.context.clock.now(),
            expires_at: None,
        };
        let store = Arc::clone(&self.context.store);
        self.work.spawn(async move { Finished::Suppressed(listed(&*store, &entry).await.map_err(|e| e.to_string())) });
    }
}

/// A person's word is not lost because the database was busy: it is asked again for as long as a call's end can wait.
async fn listed(store: &dyn Store, entry: &Suppression) -> Result<(), StoreError> {
    for _ in 0..LISTING_TRIES {
        match store.suppress(entry).await {
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(LISTING_RETRY).await,
            answer => return answer,
        }
    }
    store.suppress(entry).await
}
