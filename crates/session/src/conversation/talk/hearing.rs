//! What comes from the line and the recogniser: speech marks, sound, keys, playout marks, texts.

use std::time::{Duration, Instant};

use app::ports::live::LiveEvent;
use app::ports::speech_to_text::SttOutput;
use app::ports::telephone::MediaEvent;
use domain::call_event::CallFact;
use domain::time::CallMs;
use domain::transcript::Speaker;
use machines::{answer_detection, turn_taking};

use super::{Finished, Talk};
use crate::conversation::speaking::Started;
use crate::conversation::{Held, Report};
use crate::dialog::DialogInput;

/// A hint that comes later than this is of no use to the turn it is about.
const HINT_DEADLINE: Duration = Duration::from_millis(400);

impl Talk {
    pub(in crate::conversation) fn media(&mut self, event: MediaEvent) {
        self.position = self.position.max(position(&event));
        match event {
            MediaEvent::FirstPacket { .. } => {}
            MediaEvent::SpeechStarted { at_ms } => {
                self.machine.speech(self.now(), true);
                self.detect(answer_detection::Input::SpeechStarted { at: CallMs(at_ms) });
                self.turns(turn_taking::Input::SpeechStarted { at: CallMs(at_ms) });
            }
            MediaEvent::SpeechEnded { at_ms, noticed_ms } => {
                self.machine.speech(self.now(), false);
                let (at, noticed) = (CallMs(at_ms), CallMs(noticed_ms));
                self.detect(answer_detection::Input::SpeechEnded { at, noticed });
                self.turns(turn_taking::Input::SpeechEnded { at, noticed });
            }
            MediaEvent::Audio { samples, .. } => {
                if let Some(segment) = self.turns.segment() {
                    self.listening.audio(segment, samples);
                }
            }
            MediaEvent::Digit { digit, at_ms } => self.digit(digit, CallMs(at_ms)),
            MediaEvent::Beep { at_ms, hertz, duration_ms } => {
                self.detect(answer_detection::Input::Beep { at: CallMs(at_ms), hertz, duration_ms });
            }
            MediaEvent::PlayStarted { utterance, at_ms, sent } => self.play_started(utterance, CallMs(at_ms), sent),
            MediaEvent::PlayFinished { utterance, at_ms } => {
                if let Some(said) = self.speaking.finished(utterance, CallMs(at_ms)) {
                    self.said(said);
                    self.detect(answer_detection::Input::AgentFinished { at: CallMs(at_ms) });
                    self.turns(turn_taking::Input::AgentFinished { at: CallMs(at_ms) });
                    self.spoken();
                }
                self.take_deferred_turn();
            }
            MediaEvent::PlayCut { utterance, at_ms, samples_played } => {
                if let Some(said) = self.speaking.cut(utterance, CallMs(at_ms), samples_played) {
                    self.cut(said, CallMs(at_ms));
                }
                if self.speaking.is_idle() {
                    // An end that was asked for while the voice was being stopped need not wait any longer.
                    self.ending.spoken(self.now());
                }
                self.take_deferred_turn();
            }
            MediaEvent::Inactive { .. } => self.report(Report::MediaLost),
        }
    }

    pub(super) fn play_started(&mut self, utterance: u64, at: CallMs, sent: Instant) {
        if !self.first_audio {
            self.first_audio = true;
            self.report(Report::FirstAudio { sent });
        }
        let Started { interruptible, begins, by_person, text, before } = self.speaking.started(utterance, at);
        if let Held::Talk(_) = self.held {
            self.report(Report::Saying { text });
        }
        if let Some(said) = before {
            let own = !said.by_person;
            self.said(said);
            if own {
                self.tell_dialog(DialogInput::Spoken);
            }
        }
        let interruptible = interruptible && self.machine.is_talking() && !self.ending.is_asked();
        self.turns(turn_taking::Input::Interruptible(interruptible));
        if begins {
            self.turns(turn_taking::Input::AgentStarted { at });
            if let (Some(timing), false) = (&mut self.timing, by_person) {
                timing.left(sent);
            }
        }
    }

    pub(super) fn digit(&mut self, digit: char, at_ms: CallMs) {
        self.report(Report::Fact(CallFact::Digits { sent: false, digits: digit.to_string(), at_ms }));
        let now = self.now();
        let (mut digits, _) = self.digits.take().unwrap_or_default();
        digits.push(digit);
        self.digits = Some((digits, now));
        self.turns(turn_taking::Input::Digit);
        if digit == '#' {
            self.digits_complete();
        }
    }

    pub(in crate::conversation) fn pressed(&mut self, digits: &str) {
        digits.chars().for_each(|digit| self.digit(digit, self.position));
    }

    pub(super) fn digits_complete(&mut self) {
        if let Some((digits, _)) = self.digits.take() {
            self.answer(DialogInput::Digits(digits.trim_end_matches('#').to_owned()));
        }
    }

    pub(in crate::conversation) fn text(&mut self, output: SttOutput) {
        match output {
            SttOutput::Text { segment, request, interim, text, .. } => {
                self.detect(answer_detection::Input::Text { segment, text: text.clone() });
                // Half a number cannot be told from a number; where numbers are masked, nobody reads along.
                if interim && !text.is_empty() && self.may_be_read_along {
                    self.words(text.clone());
                }
                self.turns(turn_taking::Input::Text { segment, request, text });
            }
            SttOutput::Failed { segment, request, error } => {
                self.report(Report::Fact(CallFact::Trouble {
                    part: "speech to text".into(),
                    detail: error.to_string(),
                }));
                self.turns(turn_taking::Input::TextFailed { segment, request });
            }
        }
    }

    pub(super) fn words(&mut self, text: String) {
        match &self.held {
            Held::Call(call) => self.context.bus.publish(LiveEvent::Words {
                organization: call.organization,
                call: call.id,
                speaker: Speaker::Callee,
                text,
                at_ms: self.position,
            }),
            Held::Talk(_) => self.report(Report::Words { text }),
        }
    }

    pub(in crate::conversation) fn finished(&mut self, done: Finished) {
        match done {
            Finished::Hint { segment, score } => self.turns(turn_taking::Input::TurnHint { segment, score }),
            Finished::Suppressed(Ok(())) => self.report(Report::Fact(CallFact::OptedOut)),
            Finished::Suppressed(Err(detail)) => {
                self.report(Report::Fact(CallFact::Trouble { part: "do-not-call list".into(), detail }));
            }
            Finished::Nothing | Finished::Broken => {}
        }
    }

    pub(super) fn hint(&mut self, segment: u32) {
        let (Some(detector), Some(sound)) = (self.context.speech.turn_detector.clone(), self.listening.sound(segment))
        else {
            return;
        };
        self.work.spawn(async move {
            match tokio::time::timeout(HINT_DEADLINE, detector.score(sound)).await {
                Ok(Ok(score)) => Finished::Hint { segment, score },
                // A hint that does not come is no hint; turn taking goes by silence and words.
                Ok(Err(_)) | Err(_) => Finished::Nothing,
            }
        });
    }
}

/// Where on the media clock an event was noticed.
fn position(event: &MediaEvent) -> CallMs {
    CallMs(match event {
        MediaEvent::SpeechEnded { noticed_ms, .. } => *noticed_ms,
        MediaEvent::FirstPacket { at_ms }
        | MediaEvent::SpeechStarted { at_ms }
        | MediaEvent::Audio { at_ms, .. }
        | MediaEvent::Digit { at_ms, .. }
        | MediaEvent::Beep { at_ms, .. }
        | MediaEvent::PlayStarted { at_ms, .. }
        | MediaEvent::PlayFinished { at_ms, .. }
        | MediaEvent::PlayCut { at_ms, .. }
        | MediaEvent::Inactive { at_ms } => *at_ms,
    })
}
