//! The dialog of an agent that is a prompt for a language model.
//!
//! Law: the history holds what was heard. A reply counts as said when the voice finished it; an interruption cuts it
//! to the words that left. A model that is late gets a fallback line, never a dead line; what it asks for (hang up,
//! transfer, opt out, tools) the engine decides.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use app::ports::language_model::{ChatDelta, ChatMessage, ChatRequest, ToolCall};
use app::ports::{LanguageModel, ProviderError};
use app::tools::ToolOutcome;
use domain::agent_definition::{AgentDefinition, Prompt, template};
use domain::call::Variables;
use domain::outcome::EndReason;
use serde_json::Value;
use tokio::sync::mpsc;

use super::sentences::Sentences;
use super::{ACTS, DialogAct, DialogHandle, DialogInput, INPUTS, NumberedAct};

mod tools;

use tools::Asked;
pub use tools::ModelTools;

/// Longest wait for the next piece of a reply.
const TOKEN_DEADLINE: Duration = Duration::from_secs(4);
/// Model rounds for one turn of the callee: a model that only calls tools is stopped here.
const MOST_ROUNDS: usize = 4;
/// Told of a call that came after one that ended the talk, or after the callee went on.
const NOT_BEGUN: &str = "Not begun: the talk went on before. Ask again if it is still needed.";
/// Told of a tool that only reads, when the callee went on.
const GIVEN_UP: &str = "Given up: the callee spoke before the answer came. Ask again if it is still needed.";
const FALLBACK: &str = "Sorry, I lost my train of thought. Could you say that again?";

/// What a prompt agent is made of, variables filled in.
#[derive(Clone, Debug)]
pub struct PromptAgent {
    /// Model of the provider.
    pub model: String,
    /// System prompt.
    pub system: String,
    /// First words.
    pub first_message: String,
    /// Said when the model is late or broken.
    pub fallback: Option<String>,
    /// Left on a machine.
    pub machine_message: Option<String>,
}

impl From<&Prompt> for PromptAgent {
    fn from(prompt: &Prompt) -> Self {
        let Prompt { model, system, first_message, fallback, .. } = prompt.clone();
        Self { model, system, first_message, fallback, machine_message: None }
    }
}

impl PromptAgent {
    /// Fills variables in. Checked when the agent was published, so nothing can be missing any more.
    pub fn rendered(mut self, definition: &AgentDefinition, variables: &Variables) -> Self {
        let context = serde_json::to_value(variables).unwrap_or_default();
        for text in [&mut self.system, &mut self.first_message] {
            *text = template::render_leniently(text, &context);
        }
        self.machine_message = definition.machine.message.as_deref().map(|m| template::render_leniently(m, &context));
        self
    }
}

/// Starts a dialog; the caller owns the task.
pub fn dialog(
    model: Arc<dyn LanguageModel>,
    agent: PromptAgent,
    tools: ModelTools,
) -> (DialogHandle, impl Future<Output = ()> + Send + 'static) {
    let (inputs, inbox) = mpsc::channel(INPUTS);
    let (outbox, acts) = mpsc::channel(ACTS);
    let history = vec![ChatMessage::System(agent.system.clone())];
    let dialog = PromptDialog { model, agent, tools, history, turns: Vec::new(), saying: String::new(), inbox, outbox };
    (DialogHandle { inputs, acts }, dialog.run())
}

struct PromptDialog {
    model: Arc<dyn LanguageModel>,
    agent: PromptAgent,
    tools: ModelTools,
    history: Vec<ChatMessage>,
    /// Length of the history before each turn.
    turns: Vec<usize>,
    /// Said but not yet known to be heard.
    saying: String,
    inbox: mpsc::Receiver<(u64, DialogInput)>,
    outbox: mpsc::Sender<NumberedAct>,
}

/// The conversation is gone; the task ends.
struct Gone;

impl PromptDialog {
    async fn run(mut self) {
        let mut next = None;
        loop {
            let input = match next.take() {
                Some(input) => Some(input),
                None => self.inbox.recv().await,
            };
            let Some((number, input)) = input else { return };
            match self.take(number, input).await {
                Ok(overtaken) => next = overtaken,
                Err(Gone) => return,
            }
        }
    }

    /// Handles one input; gives back the input that overtook it, if one did.
    async fn take(&mut self, number: u64, input: DialogInput) -> Result<Option<(u64, DialogInput)>, Gone> {
        match input {
            DialogInput::Start => {
                self.say(number, self.agent.first_message.clone()).await?;
                self.act(number, DialogAct::Listen { dictation: false }).await?;
                Ok(None)
            }
            DialogInput::Heard { text } if text.is_empty() => self.answer(number, "[unclear]".into()).await,
            DialogInput::Heard { text } => self.answer(number, text).await,
            DialogInput::Digits(digits) => self.answer(number, format!("[pressed {digits}]")).await,
            DialogInput::Silence => self.answer(number, "[silence]".into()).await,
            DialogInput::Interrupted { heard } => {
                self.cut(heard);
                Ok(None)
            }
            DialogInput::Spoken => {
                self.settle();
                Ok(None)
            }
            DialogInput::SaidForPerson { .. } | DialogInput::Note(_) => {
                self.remember(input);
                Ok(None)
            }
            DialogInput::TransferFailed { detail } => self.answer(number, format!("[transfer failed: {detail}]")).await,
            DialogInput::Rewind(turn) => {
                self.settle();
                self.turns.truncate(turn as usize);
                if let Some(length) = self.turns.pop() {
                    self.history.truncate(length);
                }
                Ok(None)
            }
            DialogInput::MachineAnswered => {
                if let Some(message) = self.agent.machine_message.clone() {
                    self.say(number, message).await?;
                }
                self.act(number, DialogAct::HangUp { reason: EndReason::VoicemailMessageLeft }).await?;
                Ok(None)
            }
        }
    }

    /// What a person did becomes history.
    fn remember(&mut self, input: DialogInput) {
        self.history.extend(by_person(input));
    }

    /// What was being said becomes history.
    fn settle(&mut self) {
        if !self.saying.is_empty() {
            let text = std::mem::take(&mut self.saying);
            self.history.push(ChatMessage::Assistant { text, tool_calls: Vec::new() });
        }
    }

    /// Of what was being said, only this was heard. Words before a tool are history already, and are cut there.
    fn cut(&mut self, heard: String) {
        let agents = |message: &&mut ChatMessage| matches!(message, ChatMessage::Assistant { .. });
        match self.history.iter_mut().rev().find(agents) {
            Some(ChatMessage::Assistant { text, tool_calls }) if self.saying.is_empty() && !tool_calls.is_empty() => {
                *text = heard;
            }
            _ => {
                self.saying = heard;
                self.settle();
            }
        }
    }

    async fn answer(&mut self, number: u64, text: String) -> Result<Option<(u64, DialogInput)>, Gone> {
        self.settle();
        self.turns.push(self.history.len());
        self.history.push(ChatMessage::User(text));
        for _ in 0..MOST_ROUNDS {
            match self.round(number).await? {
                Round::Overtaken(input) => return Ok(Some(input)),
                Round::Said => break,
                Round::Asked(calls) => match self.carry_out(number, calls).await? {
                    Carried::Out => {}
                    Carried::CallOver => return Ok(None),
                    Carried::Overtaken(input) => return Ok(Some(input)),
                },
                Round::Failed(error) => {
                    self.act(number, DialogAct::Trouble { detail: error.to_string() }).await?;
                    let line = self.agent.fallback.clone().unwrap_or_else(|| FALLBACK.into());
                    self.say(number, line).await?;
                    break;
                }
            }
        }
        self.act(number, DialogAct::Listen { dictation: false }).await?;
        Ok(None)
    }

    /// One request to the model, its text said sentence by sentence.
    async fn round(&mut self, number: u64) -> Result<Round, Gone> {
        let (model, messages) = (self.agent.model.clone(), self.history.clone());
        let request = ChatRequest { model, messages, tools: self.tools.specs() };
        let mut deltas = match tokio::time::timeout(TOKEN_DEADLINE, self.model.reply(request)).await {
            Ok(Ok(deltas)) => deltas,
            Ok(Err(error)) => return Ok(Round::Failed(error)),
            Err(_) => return Ok(Round::Failed(late())),
        };
        let mut sentences = Sentences::default();
        let mut calls = Vec::new();
        loop {
            let delta = tokio::select! {
                biased;
                input = self.inbox.recv() => match input {
                    // Spoken only says that the voice caught up with us.
                    Some((_, DialogInput::Spoken)) => continue,
                    Some((_, input @ (DialogInput::SaidForPerson { .. } | DialogInput::Note(_)))) => {
                        self.remember(input);
                        continue;
                    }
                    Some(input) => return Ok(Round::Overtaken(input)),
                    None => return Err(Gone),
                },
                delta = tokio::time::timeout(TOKEN_DEADLINE, deltas.recv()) => delta,
            };
            match delta {
                Ok(Some(Ok(ChatDelta::Text(text)))) => {
                    for sentence in sentences.push(&text) {
                        self.say(number, sentence).await?;
                    }
                }
                Ok(Some(Ok(ChatDelta::ToolCall(call)))) => calls.push(call),
                Ok(Some(Ok(ChatDelta::Done { .. })) | None) => break,
                Ok(Some(Err(error))) => return Ok(Round::Failed(error)),
                Err(_) => return Ok(Round::Failed(late())),
            }
        }
        if let Some(rest) = sentences.finish() {
            self.say(number, rest).await?;
        }
        Ok(match (calls.is_empty(), self.saying.is_empty()) {
            (false, _) => Round::Asked(calls),
            (true, false) => Round::Said,
            (true, true) => Round::Failed(ProviderError { detail: "the reply was empty".into(), ..late() }),
        })
    }

    /// Does what the model asked for, one after the other. Every call gets its result, whatever came of it: a server takes no
    /// history in which one is missing.
    async fn carry_out(&mut self, number: u64, calls: Vec<ToolCall>) -> Result<Carried, Gone> {
        let text = std::mem::take(&mut self.saying);
        self.history.push(ChatMessage::Assistant { text, tool_calls: calls.clone() });
        let (mut beside, mut over) = (Beside::default(), false);
        for call in calls {
            // What was not begun when the callee went on is not begun; a wish not to be called again always counts.
            let void = over || beside.overtaken.is_some() && call.name != "opt_out";
            let content = if void {
                NOT_BEGUN.to_owned()
            } else if let Some((told, ends)) = self.engine_tool(number, &call).await? {
                over = ends;
                told.to_owned()
            } else {
                self.use_tool(number, &call, &mut beside).await?
            };
            self.history.push(ChatMessage::Tool { id: call.id, content });
        }
        // A model wants the results of its calls right behind them.
        beside.by_person.into_iter().for_each(|input| self.remember(input));
        Ok(match beside.overtaken {
            Some(input) => Carried::Overtaken(input),
            None if over => Carried::CallOver,
            None => Carried::Out,
        })
    }

    /// What the engine does itself: what the model is told of it, and whether the talk ends by it. `None` for other tools.
    async fn engine_tool(&mut self, number: u64, call: &ToolCall) -> Result<Option<(&'static str, bool)>, Gone> {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or(Value::Null);
        let word = |key: &str| arguments[key].as_str().unwrap_or_default().to_owned();
        Ok(Some(match call.name.as_str() {
            "hang_up" => {
                let goodbye = word("goodbye");
                if !goodbye.is_empty() {
                    self.say(number, goodbye).await?;
                }
                let name = word("outcome");
                if !name.is_empty() {
                    self.act(number, DialogAct::Outcome { name }).await?;
                }
                self.act(number, DialogAct::HangUp { reason: EndReason::AgentHangup }).await?;
                ("The call ends after the goodbye.", true)
            }
            "opt_out" => {
                self.act(number, DialogAct::OptOut).await?;
                ("The number is on the do-not-call list. Say so and say goodbye.", false)
            }
            "transfer" if !word("to").is_empty() => {
                self.act(number, DialogAct::Transfer { to: word("to") }).await?;
                ("The callee is being handed over.", true)
            }
            _ => return Ok(None),
        }))
    }

    /// Makes the HTTP request of a tool; gives what the model is told of it. When the callee goes on meanwhile, a tool that
    /// only reads is given up.
    async fn use_tool(&mut self, number: u64, call: &ToolCall, beside: &mut Beside) -> Result<String, Gone> {
        let Asked { writes, request } = match self.tools.request(call) {
            Ok(asked) => asked,
            Err(told) => return Ok(told),
        };
        let key = request.idempotency_key.clone();
        let mut exchange = pin!(self.tools.send(request));
        let outcome = loop {
            if beside.overtaken.is_some() && !writes {
                return Ok(GIVEN_UP.into());
            }
            tokio::select! {
                biased;
                input = self.inbox.recv(), if beside.overtaken.is_none() => beside.take(input.ok_or(Gone)?),
                outcome = &mut exchange => break outcome,
            }
        };
        let content = self.tools.result(key, &outcome);
        let ToolOutcome { status, duration_ms, error, .. } = outcome;
        self.act(number, DialogAct::Tool { name: call.name.clone(), status, duration_ms, error }).await?;
        Ok(content)
    }

    async fn say(&mut self, number: u64, text: String) -> Result<(), Gone> {
        if !self.saying.is_empty() {
            self.saying.push(' ');
        }
        self.saying.push_str(&text);
        self.act(number, DialogAct::Say { text, interruptible: true }).await
    }

    async fn act(&self, input: u64, act: DialogAct) -> Result<(), Gone> {
        self.outbox.send(NumberedAct { input, act }).await.map_err(|_| Gone)
    }
}

/// What a person did, as a model is told it.
pub(super) fn by_person(input: DialogInput) -> Option<ChatMessage> {
    match input {
        DialogInput::SaidForPerson { heard } => Some(ChatMessage::Assistant { text: heard, tool_calls: Vec::new() }),
        DialogInput::Note(text) => {
            let note = format!("An instruction of the operator for your turns from now on. Never read it out: {text}");
            Some(ChatMessage::System(note))
        }
        _ => None,
    }
}

/// What came in while tools were out.
#[derive(Default)]
struct Beside {
    by_person: Vec<DialogInput>,
    /// What the callee did; what follows it waits in the inbox.
    overtaken: Option<(u64, DialogInput)>,
}

impl Beside {
    fn take(&mut self, (number, input): (u64, DialogInput)) {
        match input {
            // The words before the tool were heard; they are history already.
            DialogInput::Spoken => {}
            DialogInput::SaidForPerson { .. } | DialogInput::Note(_) => self.by_person.push(input),
            _ => self.overtaken = Some((number, input)),
        }
    }
}

/// Where the calls of a model have led.
enum Carried {
    /// To results, which the model is told.
    Out,
    /// To the end of the call.
    CallOver,
    /// Nowhere yet: the callee goes on.
    Overtaken((u64, DialogInput)),
}

enum Round {
    Said,
    Asked(Vec<ToolCall>),
    Overtaken((u64, DialogInput)),
    Failed(ProviderError),
}

fn late() -> ProviderError {
    ProviderError {
        provider: "language model",
        kind: app::ports::provider_error::ProviderErrorKind::Timeout,
        detail: format!("nothing within {} s", TOKEN_DEADLINE.as_secs()),
    }
}

#[cfg(test)]
mod tests;
