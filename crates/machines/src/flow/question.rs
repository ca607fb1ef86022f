//! An open question: how it is asked, asked again, and what becomes of the value in the answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::agent_definition::flow::{Ask, Flow, Step};
use domain::agent_definition::{Confirm, Slot, SlotType, Text};
use serde_json::Value;

use super::io::{Expect, Output};
use super::machine::{FlowMachine, State};
use crate::understanding::date_time::DayTime;
use crate::understanding::slot::{self, Filled, Found};
use crate::understanding::words::words;

/// The question that the callee has been asked.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) step: String,
    /// Which of the step's slots is asked for.
    pub(super) slot: usize,
    pub(super) phase: Phase,
    filled: BTreeSet<usize>,
    asked_before: bool,
}

/// What about it is open.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// The answer.
    Answer,
    /// The other half of a day and time.
    Rest(DayTime),
    /// Whether we heard right.
    Confirming(Filled),
}

impl Question {
    pub(super) fn new(step: &str) -> Self {
        Self { step: step.to_owned(), slot: 0, phase: Phase::Answer, filled: BTreeSet::new(), asked_before: false }
    }
}

/// A value that was read back in passing; "no, …" in the next answer corrects it.
#[derive(Clone, Debug)]
pub(super) struct ImplicitlyConfirmed {
    pub(super) slot: Slot,
    pub(super) filled: Filled,
}

const IS_THAT_RIGHT: &str = "I have {{heard}}. Is that right?";

impl FlowMachine {
    /// The ask step of a question.
    pub(super) fn ask_of(flow: &Flow, question: &Question) -> Option<Ask> {
        match flow.steps.get(&question.step) {
            Some(Step::Ask(ask)) => Some(ask.clone()),
            _ => None,
        }
    }

    /// Says the question as it stands and gives the callee the floor.
    pub(super) fn pose(&mut self, ask: &Ask, question: Question) {
        let slot = ask.slots.get(question.slot);
        match (&question.phase, slot) {
            (Phase::Confirming(filled), Some(slot)) => {
                let default = Text::from(IS_THAT_RIGHT);
                let text = slot.confirm_text.as_ref().unwrap_or(&default);
                let key = format!("{}.{}.confirm", question.step, slot.name);
                let (text, _) = self.memory.speak(&key, text, Some(&filled.spoken));
                self.say(text, ask.interruptible);
            }
            (Phase::Rest(part), _) => self.say(part.missing_prompt().to_owned(), ask.interruptible),
            (Phase::Answer, Some(Slot { prompt: Some(prompt), name, .. })) if question.slot > 0 => {
                self.say_text(&format!("{}.{name}.prompt", question.step), prompt, ask.interruptible);
            }
            _ => match &ask.again {
                Some(again) if question.asked_before => {
                    self.say_text(&format!("{}.again", question.step), again, ask.interruptible);
                }
                _ => self.say_text(&format!("{}.text", question.step), &ask.text, ask.interruptible),
            },
        }
        self.listen(ask, question);
    }

    /// Enters a question with the words that led to it: "can we move it to Tuesday at three?" already says when.
    pub(super) fn pose_or_fill(&mut self, flow: &Flow, ask: &Ask, question: Question) {
        let carried = self.carried.take().filter(|text| !words(text).iter().any(|word| word == "not"));
        if let (Some(text), Some(slot)) = (carried, ask.slots.first())
            && resolved_type_is_distinct(slot.r#type)
            && let Some(found) = slot::find(slot, &text, self.memory.now, None)
            && found != Found::Part(DayTime::default())
        {
            return self.found(flow, ask, question, found, &text);
        }
        self.pose(ask, question);
    }

    /// Gives the callee the floor for a question that was already said.
    pub(super) fn listen(&mut self, ask: &Ask, mut question: Question) {
        question.asked_before = true;
        let slot = ask.slots.get(question.slot);
        let dictated = slot.is_some_and(|s| matches!(s.r#type, SlotType::Phone | SlotType::Email | SlotType::Code));
        let answering = matches!(question.phase, Phase::Answer);
        let expect = match (&question.phase, slot) {
            (Phase::Confirming(_), _) => Expect::YesNo,
            (Phase::Rest(part), _) => Expect::Slot(if part.date.is_none() { SlotType::Date } else { SlotType::Time }),
            (Phase::Answer, Some(slot)) if slot.r#type == SlotType::YesNo => Expect::YesNo,
            (Phase::Answer, Some(slot)) => Expect::Slot(slot.r#type),
            (Phase::Answer, None) if ask.on.contains_key("yes") || ask.on.contains_key("no") => Expect::YesNo,
            (Phase::Answer, None) => Expect::Open,
        };
        let dictation = answering && ask.dictation.unwrap_or(dictated);
        self.last_question = Some(question.clone());
        self.state = State::Asking(question);
        self.out.push_back(Output::Listen { dictation, expect });
    }

    /// A value was found in the answer.
    pub(super) fn found(&mut self, flow: &Flow, ask: &Ask, mut question: Question, found: Found, text: &str) {
        let Some(slot) = ask.slots.get(question.slot) else { return };
        match found {
            Found::Part(part) => {
                question.phase = Phase::Rest(part);
                self.pose(ask, question);
            }
            Found::Whole(filled) if out_of_range(slot, &filled) => {
                let text = range_text(slot);
                self.missed(flow, ask, question, Some(&text));
            }
            Found::Whole(filled) => match resolved(slot, &filled) {
                Confirm::Explicit => {
                    question.phase = Phase::Confirming(filled);
                    self.pose(ask, question);
                }
                Confirm::Implicit => {
                    self.say(format!("Okay, {}.", filled.spoken), None);
                    self.implicit = Some(ImplicitlyConfirmed { slot: slot.clone(), filled: filled.clone() });
                    self.accept(ask, question, &filled, text);
                }
                Confirm::None | Confirm::Auto => self.accept(ask, question, &filled, text),
            },
        }
    }

    /// The value stands: keep it, look for further ones in the same words, go on.
    pub(super) fn accept(&mut self, ask: &Ask, mut question: Question, filled: &Filled, text: &str) {
        let Some(slot) = ask.slots.get(question.slot) else { return };
        self.store(slot, filled);
        question.filled.insert(question.slot);
        self.tries.remove(&question.step);
        for (at, other) in ask.slots.iter().enumerate() {
            let told_apart = other.r#type != slot.r#type && resolved_type_is_distinct(other.r#type);
            if !question.filled.contains(&at) && told_apart {
                let now = self.memory.now;
                if let Some(Found::Whole(filled)) = slot::find(other, text, now, None)
                    && resolved(other, &filled) != Confirm::Explicit
                {
                    self.store(other, &filled);
                    question.filled.insert(at);
                }
            }
        }
        if let Some(open) = (0..ask.slots.len()).find(|at| !question.filled.contains(at)) {
            question.slot = open;
            question.phase = Phase::Answer;
            return self.pose(ask, question);
        }
        let answer = filled.data.as_bool().map(|yes| if yes { "yes" } else { "no" });
        let led = answer.and_then(|answer| ask.on.get(answer)).or(ask.next.as_ref());
        match led.cloned() {
            Some(next) => self.run(&next),
            None => self.break_down(&format!("step {} leads nowhere", question.step)),
        }
    }

    pub(super) fn store(&mut self, slot: &Slot, filled: &Filled) {
        self.memory.set_slot(&slot.name, filled);
        self.out.push_back(Output::Slot { name: slot.name.clone(), value: filled.data.clone() });
    }

    /// Corrects a value that was read back in passing. False when the words do not do that.
    pub(super) fn correct_implicit(&mut self, text: &str, question: &Question) -> bool {
        let Some(ImplicitlyConfirmed { slot, filled }) = self.implicit.take() else { return false };
        let Some(corrected) = slot::correct(&slot, &filled, text, self.memory.now) else { return false };
        if corrected.data == filled.data || out_of_range(&slot, &corrected) {
            return false;
        }
        self.store(&slot, &corrected);
        self.say(format!("Okay, {}.", corrected.spoken), None);
        let definition = Arc::clone(&self.definition);
        if let Some(flow) = &definition.flow
            && let Some(ask) = Self::ask_of(flow, question)
        {
            self.implicit = Some(ImplicitlyConfirmed { slot, filled: corrected });
            self.pose(&ask, question.clone());
        }
        true
    }
}

/// How a value is read back, once "auto" is decided.
fn resolved(slot: &Slot, filled: &Filled) -> Confirm {
    match (slot.confirm, slot.r#type) {
        (Confirm::Auto, SlotType::DateTime | SlotType::Date | SlotType::Time) => Confirm::Explicit,
        (Confirm::Auto, SlotType::Phone | SlotType::Email | SlotType::Code) => Confirm::Explicit,
        (Confirm::Auto, SlotType::FreeText) => Confirm::None,
        (Confirm::Auto, _) if filled.doubtful => Confirm::Explicit,
        (Confirm::Auto, _) => Confirm::None,
        (chosen, _) => chosen,
    }
}

/// Types whose values cannot be mistaken for those of another slot in the same words.
fn resolved_type_is_distinct(kind: SlotType) -> bool {
    matches!(kind, SlotType::Email | SlotType::Phone | SlotType::Date | SlotType::Time | SlotType::DateTime)
}

fn out_of_range(slot: &Slot, filled: &Filled) -> bool {
    let Value::Number(number) = &filled.data else { return false };
    let value = number.as_f64().unwrap_or(f64::NAN);
    slot.min.is_some_and(|min| value < min) || slot.max.is_some_and(|max| value > max)
}

fn range_text(slot: &Slot) -> Text {
    let text = match (slot.min, slot.max) {
        (Some(min), Some(max)) => format!("I need a number between {min} and {max}."),
        (Some(min), None) => format!("I need a number of at least {min}."),
        (None, Some(max)) => format!("I need a number of at most {max}."),
        (None, None) => String::new(),
    };
    Text::new(text)
}
