//! The machine itself: its state, and which part of it an input goes to.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;

use domain::agent_definition::flow::HANG_UP;
use domain::agent_definition::{AgentDefinition, MachineAction};
use domain::call::Variables;
use domain::outcome::EndReason;
use domain::time::Mono;
use jiff::civil;
use serde_json::{Map, Value};

use super::io::{Input, Output};
use super::memory::Memory;
use super::question::{ImplicitlyConfirmed, Question};
use super::speech::Speech;
use crate::Machine;
use crate::understanding::rules;

/// Leads one call's conversation along its agent's flow.
#[derive(Clone, Debug)]
pub struct FlowMachine {
    pub(super) definition: Arc<AgentDefinition>,
    pub(super) memory: Memory,
    pub(super) state: State,
    pub(super) speech: Speech,
    pub(super) out: VecDeque<Output>,
    /// Silence prompts since the callee last spoke.
    pub(super) silences: u32,
    /// Silences that the callee asked for ("hold on") and that are left.
    pub(super) patience: u32,
    /// Answers that fitted nothing, by step.
    pub(super) tries: BTreeMap<String, u32>,
    /// How often a question was entered, by step, and a global intent used, by name.
    pub(super) visits: BTreeMap<String, u32>,
    pub(super) outcome: Option<String>,
    pub(super) opted_out: bool,
    pub(super) in_flight: BTreeMap<u64, InFlight>,
    /// Results of writing tools by idempotency key.
    pub(super) written: BTreeMap<String, Value>,
    pub(super) last_id: u64,
    /// The question that a fallback step goes back to.
    pub(super) last_question: Option<Question>,
    pub(super) implicit: Option<ImplicitlyConfirmed>,
    /// Words that led to the next question and may already answer it.
    pub(super) carried: Option<String>,
    ignored: u64,
}

/// Where the conversation stands.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Nothing was said.
    New,
    /// The callee has the floor.
    Asking(Question),
    /// A tool works.
    Working { id: u64, asked_to_wait: bool },
    /// A language model thinks about words that the flow has no answer to.
    Thinking { id: u64, question: Question },
    /// What was said last is being played out; then this.
    Finishing(After),
    /// Another party is being called.
    Transferring { step: String },
    /// The call is over.
    Over,
}

/// What waits for the end of the agent's speech.
#[derive(Clone, Debug)]
pub(super) enum After {
    HangUp(EndReason),
    Transfer { to: String, step: String },
    Digits { digits: String, next: String },
}

/// A tool call that was not yet answered.
#[derive(Clone, Debug)]
pub(super) struct InFlight {
    pub(super) step: String,
    pub(super) save_as: String,
    pub(super) key: Option<String>,
}

/// Said when the flow itself cannot go on.
const BROKEN: &str = "I'm sorry, something went wrong on our side. Goodbye.";

impl FlowMachine {
    /// A conversation that has not begun. `now` is the date and time of day at the callee's place; `variables` hold
    /// the call's own values and those built-in ones that the caller knows (`from_number`, `to_number`, `call_id`);
    /// `seed` chooses between variants of texts.
    pub fn start(definition: Arc<AgentDefinition>, variables: &Variables, now: civil::DateTime, seed: u64) -> Self {
        let memory = Memory::new(&definition, variables, now, seed);
        Self {
            definition,
            memory,
            state: State::New,
            speech: Speech::default(),
            out: VecDeque::new(),
            silences: 0,
            patience: 0,
            tries: BTreeMap::new(),
            visits: BTreeMap::new(),
            outcome: None,
            opted_out: false,
            in_flight: BTreeMap::new(),
            written: BTreeMap::new(),
            last_id: 0,
            last_question: None,
            implicit: None,
            carried: None,
            ignored: 0,
        }
    }

    /// What the call comes to so far.
    pub fn outcome(&self) -> Option<&str> {
        self.outcome.as_deref()
    }

    /// Slots filled so far, as data.
    pub fn slots(&self) -> &Map<String, Value> {
        self.memory.slots()
    }

    /// What the callee's words were last taken for, if that was not asked before.
    pub fn take_understood(&mut self) -> Option<String> {
        self.memory.take_understood()
    }

    /// Whether the conversation is over: `HangUp` was handed out or waits in `poll`.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Inputs that the state did not allow.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    fn begin(&mut self) {
        let definition = Arc::clone(&self.definition);
        let Some(flow) = &definition.flow else {
            return self.break_down("the definition has no flow");
        };
        if let Some(disclosure) = &flow.disclosure {
            self.say_text("flow.disclosure", disclosure, Some(false));
        }
        self.run(&flow.start);
    }

    fn heard(&mut self, text: &str, scores: &[(String, f32)]) {
        let opts_out = rules::opt_out(text);
        match self.state.clone() {
            State::New if opts_out => self.global("opt_out", None),
            State::New => self.begin(),
            State::Asking(question) | State::Thinking { question, .. } => self.answer(question, text, scores),
            State::Working { .. } | State::Finishing(_) | State::Transferring { .. } if opts_out && !self.opted_out => {
                self.global("opt_out", None);
            }
            State::Working { id, asked_to_wait: false } if !text.trim().is_empty() => {
                self.state = State::Working { id, asked_to_wait: true };
                self.say("One moment, please.".to_owned(), None);
            }
            State::Working { .. } | State::Finishing(_) | State::Transferring { .. } | State::Over => self.ignored += 1,
        }
    }

    fn silence(&mut self) {
        match self.state.clone() {
            State::Asking(question) => self.silent_answer(&question),
            State::Finishing(_) => self.speech_over(),
            State::Working { id, asked_to_wait: false } => {
                self.state = State::Working { id, asked_to_wait: true };
                self.say("One moment, please.".to_owned(), None);
            }
            State::New | State::Working { .. } | State::Thinking { .. } | State::Transferring { .. } | State::Over => {
                self.ignored += 1;
            }
        }
    }

    /// The agent has fallen silent: what waited for that happens now.
    fn speech_over(&mut self) {
        let State::Finishing(after) = &self.state else { return };
        match after.clone() {
            After::HangUp(reason) => self.end(reason),
            After::Transfer { to, step } => {
                self.state = State::Transferring { step };
                self.out.push_back(Output::Transfer { to });
            }
            After::Digits { digits, next } => {
                self.out.push_back(Output::SendDigits { digits });
                self.run(&next);
            }
        }
    }

    fn machine_answered(&mut self) {
        if matches!(self.state, State::Over | State::Finishing(_) | State::Transferring { .. }) {
            self.ignored += 1;
            return;
        }
        let definition = Arc::clone(&self.definition);
        match definition.machine.action {
            MachineAction::Continue => {
                if matches!(self.state, State::New) {
                    self.begin();
                }
            }
            MachineAction::HangUp => {
                self.set_outcome("voicemail");
                self.end(EndReason::MachineHangup);
            }
            MachineAction::LeaveMessage => {
                self.set_outcome("voicemail");
                let message = definition.machine.message.as_deref().unwrap_or_default();
                let text = self.fill(message);
                self.say(text, Some(false));
                self.finish(After::HangUp(EndReason::VoicemailMessageLeft));
            }
        }
    }

    fn transfer_failed(&mut self, detail: &str) {
        let State::Transferring { step } = self.state.clone() else {
            self.ignored += 1;
            return;
        };
        self.trouble(format!("transfer in step {step} failed: {detail}"));
        self.set_outcome("transfer_failed");
        self.after_failed_transfer(&step);
    }

    /// Goes on with `after` once what was said is over; at once when nothing was.
    pub(super) fn finish(&mut self, after: After) {
        self.state = State::Finishing(after);
        if self.speech.is_quiet() {
            self.speech_over();
        }
    }

    fn end(&mut self, reason: EndReason) {
        self.state = State::Over;
        self.out.push_back(Output::HangUp { reason });
    }

    /// The flow cannot go on: say so and hang up.
    pub(super) fn break_down(&mut self, detail: &str) {
        self.trouble(detail.to_owned());
        self.say(BROKEN.to_owned(), Some(false));
        self.finish(After::HangUp(EndReason::AgentError));
    }

    pub(super) fn trouble(&mut self, detail: String) {
        self.out.push_back(Output::Trouble { detail });
    }

    pub(super) fn set_outcome(&mut self, name: &str) {
        if self.outcome.as_deref() != Some(name) {
            self.outcome = Some(name.to_owned());
            self.out.push_back(Output::Outcome { name: name.to_owned() });
        }
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Whether a target is the reserved word for ending the call.
    pub(super) fn is_hang_up(target: &str) -> bool {
        target == HANG_UP
    }
}

impl Machine for FlowMachine {
    type Input = Input;
    type Output = Output;
    type Why = Infallible;

    fn handle(&mut self, _now: Mono, input: Input) {
        match input {
            Input::Start if matches!(self.state, State::New) => self.begin(),
            Input::Start => self.ignored += 1,
            Input::Heard { text, scores } => self.heard(&text, &scores),
            Input::Digits(digits) => self.heard_digits(&digits),
            Input::Silence => self.silence(),
            Input::AgentInterrupted { heard_text } => {
                self.speech.interrupted(&heard_text);
                self.speech_over();
            }
            Input::Spoken => {
                self.speech.played_out();
                self.speech_over();
            }
            Input::ToolResult { id, result } => {
                if !self.tool_answered(id, &result) {
                    self.ignored += 1;
                }
            }
            Input::ModelAnswer { id, result } => match self.state.clone() {
                State::Thinking { id: waited_for, question } if waited_for == id => {
                    self.model_answered(question, result);
                }
                _ => self.ignored += 1,
            },
            Input::TransferFailed { detail } => self.transfer_failed(&detail),
            Input::MachineAnswered => self.machine_answered(),
        }
    }

    fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn deadline(&self) -> Option<(Mono, Infallible)> {
        None
    }

    fn on_deadline(&mut self, _now: Mono) {}
}
