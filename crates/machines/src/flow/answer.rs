//! What the callee's words lead to.
//!
//! Law: a wish not to be called comes before everything. Then rules before meaning, and the open question before
//! what can be said at any time. Words that fit nothing are counted per question, and the count ends the asking.

use std::sync::Arc;

use domain::agent_definition::flow::{Ask, Flow, HANG_UP, LISTEN, RESUME};
use domain::agent_definition::{SlotType, Text};
use domain::outcome::EndReason;

use super::built_in::{built_in, is_enabled};
use super::io::Output;
use super::machine::{After, FlowMachine, State};
use super::question::{Phase, Question};
use crate::understanding::slot::{self, Found};
use crate::understanding::words::normal;
use crate::understanding::yes_no::yes_no;
use crate::understanding::{meaning, rules};

/// Silences that "hold on" buys.
const PATIENCE: u32 = 5;
/// How often one thing that can be said at any time is answered before the conversation goes round in circles.
const MOST_GLOBALS: u32 = 6;

/// Score by which a wish not to be called is taken from meaning alone.
const SURE_OPT_OUT: f32 = 0.8;

const DID_NOT_CATCH: &str = "Sorry, I didn't catch that.";
const CANNOT_ANSWER: &str = "I'm afraid I can't help with that on this call.";
const GIVING_UP: &str = "I'm sorry, I'm having trouble understanding. We'll get in touch another way. Goodbye.";
const STILL_THERE: &str = "Are you still there?";
const NOBODY_THERE: &str = "I can't hear you, so I'll hang up now. Goodbye.";

/// What words mean for an open question.
enum Meaning {
    Value(Found),
    /// An intent that the question leads somewhere.
    Step(String, String),
    /// One that counts at any time.
    Global(String),
    /// Nothing of its own: the agent goes on where it was cut short.
    GoOn,
    /// Nothing that fits.
    Nothing,
}

/// A callee's turn as recognition sees it.
struct Words<'a> {
    text: &'a str,
    normal: String,
    scores: &'a [(String, f32)],
    question_heard: bool,
}

impl FlowMachine {
    /// Takes a turn of the callee while a question is open.
    pub(super) fn answer(&mut self, question: Question, text: &str, scores: &[(String, f32)]) {
        let definition = Arc::clone(&self.definition);
        let Some(flow) = &definition.flow else { return };
        let Some(ask) = Self::ask_of(flow, &question) else {
            return self.break_down(&format!("step {} is no question", question.step));
        };
        let cut = self.speech.take_cut();
        let was_holding = std::mem::take(&mut self.patience) > 0;
        let said = self.speech.next_turn();
        let normal = normal(text);
        if normal.is_empty() {
            self.go_on(&ask, question, cut.map(|cut| cut.rest));
            return self.speech.keep_turn(said);
        }
        self.silences = 0;
        let question_heard = cut.as_ref().is_none_or(|cut| cut.question_heard);
        let words = Words { text, normal, scores, question_heard };
        if rules::opt_out(text) {
            return self.global("opt_out", Some(&question));
        }
        if self.correct_implicit(text, &question) {
            return;
        }
        if was_holding && rules::is_back(&words.normal) {
            return self.pose(&ask, question);
        }
        let meaning = match &question.phase {
            Phase::Confirming(_) => self.understand_confirmation(flow, &ask, &question, &words),
            Phase::Answer | Phase::Rest(_) => self.understand(flow, &ask, &question, &words),
        };
        match meaning {
            Meaning::Value(found) => self.found(flow, &ask, question, found, text),
            Meaning::Step(intent, target) => {
                self.memory.set_intent(&intent);
                self.carried = Some(text.to_owned());
                self.run(&target);
                self.carried = None;
            }
            Meaning::Global(name) if name == "repeat" => self.repeat(&ask, question, &said),
            Meaning::Global(name) => self.global(&name, Some(&question)),
            Meaning::GoOn => self.go_on(&ask, question, cut.map(|cut| cut.rest)),
            Meaning::Nothing if was_holding => self.pose(&ask, question),
            Meaning::Nothing => self.nothing_fits(flow, &ask, question, &words),
        }
        self.speech.keep_turn(said);
    }

    fn understand(&self, flow: &Flow, ask: &Ask, question: &Question, words: &Words<'_>) -> Meaning {
        let rule = rules::global(&words.normal).filter(|name| is_enabled(flow, name));
        if let Some(name @ ("repeat" | "wait")) = rule {
            return self.step_or_global(ask, name);
        }
        let answer = yes_no(words.text);
        let bare = answer.as_ref().is_some_and(|a| a.bare);
        if !words.question_heard && (bare || rules::is_noise(&words.normal) || rules::is_hello(&words.normal)) {
            return Meaning::GoOn;
        }
        if rules::is_hello(&words.normal) {
            return Meaning::Global("repeat".to_owned());
        }
        let wanted = ask.slots.get(question.slot);
        let before = match &question.phase {
            Phase::Rest(part) => Some(part),
            Phase::Answer | Phase::Confirming(_) => None,
        };
        let open_ended = |kind| matches!(kind, SlotType::FreeText | SlotType::Name | SlotType::YesNo);
        let value = || slot::find(wanted?, words.text, self.memory.now, before).map(Meaning::Value);
        let typed = wanted.is_some_and(|slot| !open_ended(slot.r#type));
        let polar = answer.as_ref().and_then(|a| self.polar(ask, wanted.map(|s| s.r#type), a.answer, value));
        None.or_else(|| polar.filter(|_| bare))
            .or_else(|| typed.then(value).flatten())
            .or_else(|| by_rule(flow, ask, words, rule).map(|name| self.step_or_global(ask, &name)))
            .or_else(|| answer.as_ref().and_then(|a| self.polar(ask, wanted.map(|s| s.r#type), a.answer, value)))
            .or_else(|| wanted.is_some_and(|slot| open_ended(slot.r#type)).then(value).flatten())
            .or_else(|| by_meaning(flow, ask, words).map(|name| self.step_or_global(ask, &name)))
            .unwrap_or(Meaning::Nothing)
    }

    /// A yes or no, as a value or as a way on.
    fn polar(
        &self,
        ask: &Ask,
        wanted: Option<SlotType>,
        yes: bool,
        value: impl Fn() -> Option<Meaning>,
    ) -> Option<Meaning> {
        let name = if yes { "yes" } else { "no" };
        if wanted == Some(SlotType::YesNo) {
            return value();
        }
        ask.on.get(name).map(|target| Meaning::Step(name.to_owned(), target.clone()))
    }

    fn understand_confirmation(&self, flow: &Flow, ask: &Ask, question: &Question, words: &Words<'_>) -> Meaning {
        let rule = rules::global(&words.normal).filter(|name| is_enabled(flow, name));
        if let Some(name @ ("repeat" | "wait")) = rule {
            return self.step_or_global(ask, name);
        }
        if !words.question_heard && rules::is_noise(&words.normal) {
            return Meaning::GoOn;
        }
        let (Phase::Confirming(_), Some(_)) = (&question.phase, ask.slots.get(question.slot)) else {
            return Meaning::Nothing;
        };
        match by_rule(flow, ask, words, rule) {
            Some(name) if yes_no(words.text).is_none() => self.step_or_global(ask, &name),
            _ => Meaning::Nothing,
        }
    }

    fn step_or_global(&self, ask: &Ask, name: &str) -> Meaning {
        match ask.on.get(name) {
            Some(target) => Meaning::Step(name.to_owned(), target.clone()),
            None => Meaning::Global(name.to_owned()),
        }
    }

    /// Words without a meaning of their own: they may still settle a confirmation, or be any answer at all.
    fn nothing_fits(&mut self, flow: &Flow, ask: &Ask, question: Question, words: &Words<'_>) {
        if let Phase::Confirming(_) = question.phase {
            return self.confirmed(flow, ask, question, words.text);
        }
        if let Phase::Rest(part) = &question.phase
            && rules::is_any(&words.normal)
            && let Some(filled) = part.settled()
        {
            return self.found(flow, ask, question, Found::Whole(filled), words.text);
        }
        let any = ask.otherwise.as_ref().or(ask.next.as_ref().filter(|_| ask.slots.is_empty()));
        match any {
            Some(target) => {
                let target = target.clone();
                self.run(&target);
            }
            None if !words.question_heard => self.pose(ask, question),
            None if rules::is_question(words.text) => self.off_script_heard(flow, question, words.text),
            None => self.missed(flow, ask, question, None),
        }
    }

    /// Takes the answer to "is that right?".
    fn confirmed(&mut self, flow: &Flow, ask: &Ask, mut question: Question, text: &str) {
        let Phase::Confirming(filled) = question.phase.clone() else { return };
        let Some(slot) = ask.slots.get(question.slot) else { return };
        let answer = yes_no(text);
        let corrected = slot::correct(slot, &filled, text, self.memory.now).filter(|new| new.data != filled.data);
        match (corrected, answer.map(|a| a.answer)) {
            (Some(new), _) => {
                question.phase = Phase::Confirming(new);
                self.pose(ask, question);
            }
            (None, Some(true)) => self.accept(ask, question, &filled, text),
            (None, Some(false)) => {
                question.phase = Phase::Answer;
                self.missed(flow, ask, question, Some(&Text::from("Sorry about that.")));
            }
            (None, None) if slot::repeats(slot, &filled, text, self.memory.now) => {
                self.accept(ask, question, &filled, text);
            }
            (None, None) => self.missed(flow, ask, question, None),
        }
    }

    /// Counts a miss; asks again, or gives the question up.
    pub(super) fn missed(&mut self, flow: &Flow, ask: &Ask, question: Question, sorry: Option<&Text>) {
        if self.too_many_tries(flow, ask, &question) {
            return;
        }
        match (sorry, &ask.no_match, &question.phase) {
            (Some(sorry), ..) => self.say_text("missed.sorry", sorry, ask.interruptible),
            (None, Some(no_match), Phase::Answer) if question.slot == 0 => {
                self.say_text(&format!("{}.no_match", question.step), no_match, ask.interruptible);
                return self.listen(ask, question);
            }
            (None, ..) => self.say(DID_NOT_CATCH.to_owned(), ask.interruptible),
        }
        self.pose(ask, question);
    }

    fn too_many_tries(&mut self, flow: &Flow, ask: &Ask, question: &Question) -> bool {
        let tries = self.tries.entry(question.step.clone()).or_default();
        *tries += 1;
        if *tries < ask.max_tries.max(1) {
            return false;
        }
        self.tries.remove(&question.step);
        match ask.on_failure.as_ref().or(flow.fallback.then.as_ref()).cloned() {
            Some(target) => self.run(&target),
            None => self.give_up(flow),
        }
        true
    }

    fn off_script_heard(&mut self, flow: &Flow, question: Question, heard: &str) {
        if flow.fallback.ask_model {
            let Some(ask) = Self::ask_of(flow, &question) else { return };
            if self.too_many_tries(flow, &ask, &question) {
                return;
            }
            let id = self.next_id();
            self.state = State::Thinking { id, question };
            self.out.push_back(Output::AskModel { id, heard: heard.to_owned() });
            return;
        }
        self.off_script(flow, question, None);
    }

    /// Answers words that fit nothing and goes back to the question.
    pub(super) fn off_script(&mut self, flow: &Flow, question: Question, text: Option<&Text>) {
        let Some(ask) = Self::ask_of(flow, &question) else { return };
        if self.too_many_tries(flow, &ask, &question) {
            return;
        }
        let default = Text::from(CANNOT_ANSWER);
        let text = text.or(flow.fallback.text.as_ref()).unwrap_or(&default);
        self.say_text("fallback.text", text, None);
        self.pose(&ask, question);
    }

    pub(super) fn model_answered(&mut self, question: Question, result: Result<String, String>) {
        let definition = Arc::clone(&self.definition);
        let Some(flow) = &definition.flow else { return };
        let Some(ask) = Self::ask_of(flow, &question) else { return };
        match result {
            Ok(text) if !text.trim().is_empty() => self.say(text, None),
            Ok(_) => self.say_fallback(flow),
            Err(error) => {
                self.trouble(format!("the language model did not answer: {error}"));
                self.say_fallback(flow);
            }
        }
        self.pose(&ask, question);
    }

    fn say_fallback(&mut self, flow: &Flow) {
        let default = Text::from(CANNOT_ANSWER);
        self.say_text("fallback.text", flow.fallback.text.as_ref().unwrap_or(&default), None);
    }

    /// Says goodbye after too many attempts.
    pub(super) fn give_up(&mut self, _flow: &Flow) {
        self.set_outcome("not_understood");
        self.say(GIVING_UP.to_owned(), Some(false));
        self.finish(After::HangUp(EndReason::AgentHangup));
    }

    fn go_on(&mut self, ask: &Ask, question: Question, rest: Option<String>) {
        match rest {
            Some(rest) => {
                self.say(rest, ask.interruptible);
                self.listen(ask, question);
            }
            None => self.listen(ask, question),
        }
    }

    fn repeat(&mut self, ask: &Ask, question: Question, said: &[String]) {
        if self.worn_out("repeat") {
            return;
        }
        if said.is_empty() {
            return self.pose(ask, question);
        }
        for text in said {
            self.say(text.clone(), ask.interruptible);
        }
        self.listen(ask, question);
    }

    /// Does what is meant at any time.
    pub(super) fn global(&mut self, name: &str, question: Option<&Question>) {
        let definition = Arc::clone(&self.definition);
        let Some(flow) = &definition.flow else { return };
        let own = flow.globals.get(name);
        let built_in = built_in(name);
        self.memory.set_intent(name);
        let key = format!("globals.{name}");
        let text = own.and_then(|own| own.text.as_ref());
        if name == "opt_out" {
            let outcome = own.and_then(|own| own.outcome.as_deref()).unwrap_or("opted_out");
            return self.opt_out(&key, text, outcome);
        }
        if self.worn_out(name) {
            return;
        }
        let outcome = own.and_then(|own| own.outcome.as_deref()).or(built_in.map(|b| b.outcome));
        self.outcome_if(outcome.filter(|outcome| !outcome.is_empty()));
        let then = own.and_then(|own| own.then.as_deref()).or(built_in.map(|b| b.then)).unwrap_or(RESUME);
        let default = match (name, &flow.disclosure) {
            ("who_is_this", Some(disclosure)) => Some(disclosure.clone()),
            _ => built_in.map(|b| Text::from(b.text)),
        };
        if let Some(text) = text.cloned().or(default) {
            let interruptible = if then == HANG_UP { Some(false) } else { None };
            self.say_text(&key, &text, interruptible);
        }
        self.then(flow, then, question);
    }

    fn then(&mut self, flow: &Flow, then: &str, question: Option<&Question>) {
        let ask = question.and_then(|question| Self::ask_of(flow, question));
        match (then, question, ask) {
            (RESUME, Some(question), Some(ask)) => self.pose(&ask, question.clone()),
            (LISTEN, Some(question), Some(ask)) => {
                self.patience = PATIENCE;
                self.listen(&ask, question.clone());
            }
            (RESUME | LISTEN, ..) => {}
            (target, ..) => self.run(target),
        }
    }

    /// Counts a thing that can be said at any time; gives up when it was said too often.
    fn worn_out(&mut self, name: &str) -> bool {
        let uses = self.visits.entry(format!("global {name}")).or_default();
        *uses += 1;
        if *uses <= MOST_GLOBALS {
            return false;
        }
        let definition = Arc::clone(&self.definition);
        if let Some(flow) = &definition.flow {
            self.give_up(flow);
        }
        true
    }

    /// Nobody has spoken since the question.
    pub(super) fn silent_answer(&mut self, question: &Question) {
        let definition = Arc::clone(&self.definition);
        let Some(flow) = &definition.flow else { return };
        let Some(ask) = Self::ask_of(flow, question) else { return };
        if self.patience > 0 {
            self.patience -= 1;
            return self.listen(&ask, question.clone());
        }
        self.silences += 1;
        if self.silences > definition.limits.max_silence_prompts {
            if self.outcome.is_none() {
                self.set_outcome("no_response");
            }
            let goodbye = flow.silence_goodbye.clone().unwrap_or_else(|| NOBODY_THERE.into());
            self.say_text("flow.silence_goodbye", &goodbye, Some(false));
            return self.finish(After::HangUp(EndReason::SilenceTimeout));
        }
        if let Some(cut) = self.speech.take_cut() {
            return self.go_on(&ask, question.clone(), Some(cut.rest));
        }
        match &ask.no_input {
            Some(text) if matches!(question.phase, Phase::Answer) => {
                self.say_text(&format!("{}.no_input", question.step), text, ask.interruptible);
                self.listen(&ask, question.clone());
            }
            _ => {
                let text = flow.silence.clone().unwrap_or_else(|| STILL_THERE.into());
                self.say_text("flow.silence", &text, ask.interruptible);
                self.pose(&ask, question.clone());
            }
        }
    }

    /// Keys are an answer where a value of digits is asked for or an intent has them as a keyword.
    pub(super) fn heard_digits(&mut self, digits: &str) {
        let State::Asking(question) = self.state.clone() else { return };
        let definition = Arc::clone(&self.definition);
        let Some(flow) = &definition.flow else { return };
        let Some(ask) = Self::ask_of(flow, &question) else { return };
        let value = ask.slots.get(question.slot).and_then(|slot| slot::find(slot, digits, self.memory.now, None));
        let words = Words { text: digits, normal: digits.to_owned(), scores: &[], question_heard: true };
        self.silences = 0;
        if let Some(found) = value.filter(|_| matches!(question.phase, Phase::Answer)) {
            self.found(flow, &ask, question, found, digits);
        } else if let Some(target) = by_rule(flow, &ask, &words, None).and_then(|name| ask.on.get(&name).cloned()) {
            self.run(&target);
        }
    }
}

/// The intent whose phrase or keyword stands in the words: the question's own first, then those of any time.
fn by_rule(flow: &Flow, ask: &Ask, words: &Words<'_>, rule: Option<&'static str>) -> Option<String> {
    let longest = |names: &mut dyn Iterator<Item = &String>| {
        names
            .filter_map(|name| {
                let own = flow.intents.get(name).and_then(|intent| rules::intent(&words.normal, intent));
                let more = flow.globals.get(name).and_then(|global| rules::phrases(&words.normal, &global.phrases));
                own.max(more).map(|length| (length, name.clone()))
            })
            .max_by_key(|(length, _)| *length)
            .map(|(_, name)| name)
    };
    let of_question = || longest(&mut ask.on.keys());
    let built_in = || rule.map(str::to_owned);
    let of_any_time = || longest(&mut flow.globals.keys().filter(|name| is_enabled(flow, name)));
    of_question().or_else(built_in).or_else(of_any_time)
}

/// The intent that is closest in meaning, if it is close enough and nothing else nearly as close.
fn by_meaning(flow: &Flow, ask: &Ask, words: &Words<'_>) -> Option<String> {
    let counts = |name: &str| {
        ask.on.contains_key(name)
            || flow.globals.get(name).is_some_and(|global| !global.disabled)
            || (built_in(name).is_some() && is_enabled(flow, name))
    };
    let candidates = words.scores.iter().filter(|(name, _)| counts(name));
    let name = meaning::decide(candidates, flow.recognition.threshold, flow.recognition.margin)?;
    // "I'm not interested" is close in meaning to a wish not to be called, and is none.
    let score = words.scores.iter().find(|(other, _)| other == name).map_or(0.0, |(_, score)| *score);
    (name != "opt_out" || score >= SURE_OPT_OUT).then(|| name.to_owned())
}
