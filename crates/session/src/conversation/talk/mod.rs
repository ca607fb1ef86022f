//! State of one conversation. What each wake-up does to it lies in the files beside this one, by who woke it.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use app::ports::speech_to_text::SttInput;
use app::ports::telephone::LegCommand;
use domain::call_event::CallFact;
use domain::outcome::{EndReason, Outcome};
use domain::time::{CallMs, Mono, soonest};
use domain::transcript::{Speaker, Turn};
use machines::Machine;
use machines::answer_detection::{self, AnswerDetection};
use machines::turn_taking::{self, CommittedTurn, TurnTaking};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::ending::Ending;
use super::latency::ReplyTiming;
use super::listening::Listening;
use super::machine_answered::MachineAnswered;
use super::speaking::{Said, Speaking};
use super::{Held, Report, Subject};
use crate::SessionContext;
use crate::dialog::DialogInput;
use crate::voice::Text;

mod acts;
mod floor;
mod hearing;
mod steering;
mod who;

/// Keys pressed within this belong together.
const DIGIT_PAUSE: Duration = Duration::from_millis(1_500);

/// Work that ran beside the conversation.
pub(in crate::conversation) enum Finished {
    Hint { segment: u32, score: f32 },
    Suppressed(Result<(), String>),
    Nothing,
    Broken,
}

/// What a deadline is for.
enum Due {
    Turns,
    Detection,
    Machine,
    Ending,
    Digits,
}

/// A transfer under way.
struct Handover {
    to: String,
    /// Asked for by somebody who follows the call, not by the dialog.
    by_person: bool,
}

pub(in crate::conversation) struct Talk {
    context: Arc<SessionContext>,
    held: Held,
    turns: TurnTaking,
    detection: AnswerDetection,
    machine: MachineAnswered,
    speaking: Speaking,
    listening: Listening,
    dialog: mpsc::Sender<(u64, DialogInput)>,
    /// Number of the last input to the dialog.
    input: u64,
    /// Words that answer an older input are void.
    valid_from: u64,
    reports: mpsc::Sender<Report>,
    pub(in crate::conversation) work: JoinSet<Finished>,
    outcome: Outcome,
    turn_number: u32,
    timing: Option<ReplyTiming>,
    /// A turn that waits for the mark of what it cut short.
    deferred: Option<(CommittedTurn, Instant)>,
    digits: Option<(String, Mono)>,
    ending: Ending,
    transfer: Option<Handover>,
    /// What a person wants said and waits for a cut mark; whether it cut the dialog short.
    for_person: Vec<(String, bool)>,
    first_audio: bool,
    /// Words of the agent's last reply that were heard.
    heard: String,
    /// Latest position on the media clock that is known.
    position: CallMs,
    /// Nothing of what is said is masked.
    may_be_read_along: bool,
    broken: bool,
}

impl Talk {
    pub(in crate::conversation) fn new(
        context: Arc<SessionContext>,
        subject: Subject,
        stt: mpsc::Sender<SttInput>,
        dialog: mpsc::Sender<(u64, DialogInput)>,
        voice: (mpsc::Sender<Text>, Arc<AtomicU32>),
        reports: mpsc::Sender<Report>,
    ) -> Self {
        let Subject { held, definition } = subject;
        let settings = turn_taking::Settings::new(&definition.turn_taking, &definition.limits);
        Self {
            turns: TurnTaking::new(settings),
            detection: AnswerDetection::new(),
            machine: MachineAnswered::new(definition.machine.clone()),
            speaking: Speaking::new(voice.0, voice.1),
            listening: Listening::new(stt),
            held,
            context,
            dialog,
            input: 0,
            valid_from: 0,
            reports,
            work: JoinSet::new(),
            outcome: Outcome::default(),
            turn_number: 0,
            timing: None,
            deferred: None,
            digits: None,
            ending: Ending::default(),
            transfer: None,
            for_person: Vec::new(),
            first_audio: false,
            heard: String::new(),
            position: CallMs::default(),
            may_be_read_along: definition.redaction.is_empty(),
            broken: false,
        }
    }

    fn now(&self) -> Mono {
        self.context.clock.mono()
    }

    /// The opening words are wanted, long before anybody answers.
    pub(in crate::conversation) fn begin(&mut self) {
        self.tell_dialog(DialogInput::Start);
    }

    pub(in crate::conversation) fn opened(&mut self, commands: mpsc::Sender<LegCommand>) {
        self.speaking.connect(commands);
    }

    pub(in crate::conversation) fn answered(&mut self, _at: Instant) {
        self.turns(turn_taking::Input::Answered);
        self.detect(answer_detection::Input::Answered);
    }

    /// Whether something of the agent's is on the line, or on its way to it.
    pub(in crate::conversation) fn speaks(&self) -> bool {
        !self.speaking.is_idle()
    }

    pub(in crate::conversation) fn is_broken(&self) -> bool {
        self.broken
    }

    /// A part of the conversation is gone.
    pub(in crate::conversation) fn broken(&mut self, part: &str) {
        self.broken = true;
        self.report(Report::Fact(CallFact::Trouble { part: part.into(), detail: "stopped working".into() }));
        self.report(Report::HangUp { reason: EndReason::AgentError });
    }

    pub(in crate::conversation) fn deadline(&self) -> Option<Mono> {
        self.next_due().map(|(at, _)| at)
    }

    fn next_due(&self) -> Option<(Mono, Due)> {
        let rows = [
            self.turns.deadline().map(|(at, _)| (at, Due::Turns)),
            self.detection.deadline().map(|(at, _)| (at, Due::Detection)),
            self.machine.deadline().map(|at| (at, Due::Machine)),
            self.ending.deadline().map(|at| (at, Due::Ending)),
            self.digits.as_ref().map(|(_, last)| (*last + DIGIT_PAUSE, Due::Digits)),
        ];
        rows.into_iter().fold(None, soonest)
    }

    pub(in crate::conversation) fn on_deadline(&mut self) {
        let now = self.now();
        let Some((at, due)) = self.next_due() else { return };
        if now < at {
            return;
        }
        match due {
            Due::Turns => {
                self.turns.on_deadline(now);
                self.after_turns();
            }
            Due::Detection => {
                self.detection.on_deadline(now);
                self.after_detection();
            }
            Due::Machine => {
                let todo = self.machine.on_deadline(now);
                self.about_machine(todo);
            }
            Due::Ending => {
                if let Some(reason) = self.ending.due(now) {
                    self.hang_up_now(reason);
                }
            }
            Due::Digits => self.digits_complete(),
        }
    }

    fn ask_end(&mut self, reason: EndReason) {
        let now = self.now();
        self.ending.ask(reason, now);
        self.turns(turn_taking::Input::Interruptible(false));
        if self.speaking.is_idle() {
            self.ending.spoken(now);
        }
    }

    fn hang_up_now(&mut self, reason: EndReason) {
        if reason == EndReason::VoicemailMessageLeft {
            self.report(Report::Fact(CallFact::VoicemailMessageLeft));
        }
        self.report(Report::HangUp { reason });
    }

    /// The leg is gone. The mark of what it cut short comes after this.
    pub(in crate::conversation) fn leg_closed(&mut self) {
        if let Some(said) = self.speaking.flush() {
            self.said(said);
        }
    }

    /// The call is over: what was said until now is said.
    pub(in crate::conversation) async fn finish(mut self) -> Option<Outcome> {
        if let Some(said) = self.speaking.close() {
            self.said(said);
        }
        if self.listening.dropped() > 0 {
            let detail = format!("too slow for {} messages", self.listening.dropped());
            self.report(Report::Fact(CallFact::Trouble { part: "speech to text".into(), detail }));
        }
        // An opt-out that was said must be on the list before the call is over.
        while let Some(done) = self.work.join_next().await {
            if let Ok(done @ Finished::Suppressed(_)) = done {
                self.finished(done);
            }
        }
        let Self { mut outcome, .. } = self;
        outcome.evidence_turns.dedup();
        (!outcome.name.is_empty() || !outcome.slots.is_empty()).then_some(outcome)
    }

    fn callee_turn(&mut self, text: String, start_ms: CallMs, end_ms: CallMs) {
        if text.is_empty() {
            return;
        }
        self.turn(Turn {
            number: 0,
            speaker: Speaker::Callee,
            text,
            intended: None,
            start_ms,
            end_ms,
            interrupted: false,
            by_person: false,
            latency: None,
        });
    }

    fn said(&mut self, said: Said) {
        let interrupted = said.heard != said.intended;
        if let (true, Held::Talk(_)) = (interrupted, &self.held) {
            self.report(Report::Cut { heard: said.heard.clone() });
        }
        if said.heard.is_empty() {
            return;
        }
        if said.by_person {
            // Of the dialog's own, nothing of what was cut just now was heard.
            self.heard.clear();
            self.tell_dialog(DialogInput::SaidForPerson { heard: said.heard.clone() });
        } else {
            self.heard.clone_from(&said.heard);
        }
        let latency = if said.by_person { None } else { self.timing.take().and_then(ReplyTiming::latency) };
        let intended = interrupted.then_some(said.intended);
        self.turn(Turn {
            number: 0,
            speaker: Speaker::Agent,
            text: said.heard,
            intended,
            start_ms: said.start,
            end_ms: said.end,
            interrupted,
            by_person: said.by_person,
            latency,
        });
    }

    fn turn(&mut self, turn: Turn) {
        self.turn_number += 1;
        self.report(Report::Fact(CallFact::Turn(Turn { number: self.turn_number, ..turn })));
    }

    fn report(&mut self, report: Report) {
        // Full means that the call's task has waited for the database for minutes; the fact is lost and counted, the
        // talk goes on.
        if let Err(error) = self.reports.try_send(report) {
            tracing::error!(call.id = %self.held.id(), %error, "a report of the conversation was lost");
        }
    }
}
