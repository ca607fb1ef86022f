//! The dialog of an agent that is a prompt for a language model.
//!
//! Law: the history holds what was heard. A reply counts as said when the voice finished it; an interruption cuts it
//! to the words that left. A model that is late gets a fallback line, never a dead line; what it asks for (hang up,
//! transfer, opt out, tools) the engine decides.

use std::sync::Arc;
use std::time::Duration;

use app::ports::language_model::{ChatDelta, ChatMessage, ChatRequest, ToolCall, ToolSpec};
use app::ports::{LanguageModel, ProviderError};
use domain::agent_definition::{AgentDefinition, Prompt, template};
use domain::call::Variables;
use domain::outcome::EndReason;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::sentences::Sentences;
use super::{ACTS, DialogAct, DialogHandle, DialogInput, INPUTS, NumberedAct};

/// Longest wait for the next piece of a reply.
const TOKEN_DEADLINE: Duration = Duration::from_secs(4);
/// Model rounds for one turn of the callee: a model that only calls tools is stopped here.
const MOST_ROUNDS: usize = 4;
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
) -> (DialogHandle, impl Future<Output = ()> + Send + 'static) {
    let (inputs, inbox) = mpsc::channel(INPUTS);
    let (outbox, acts) = mpsc::channel(ACTS);
    let history = vec![ChatMessage::System(agent.system.clone())];
    let dialog = PromptDialog { model, agent, history, turns: Vec::new(), saying: String::new(), inbox, outbox };
    (DialogHandle { inputs, acts }, dialog.run())
}

struct PromptDialog {
    model: Arc<dyn LanguageModel>,
    agent: PromptAgent,
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
                self.saying = heard;
                self.settle();
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

    async fn answer(&mut self, number: u64, text: String) -> Result<Option<(u64, DialogInput)>, Gone> {
        self.settle();
        self.turns.push(self.history.len());
        self.history.push(ChatMessage::User(text));
        for _ in 0..MOST_ROUNDS {
            match self.round(number).await? {
                Round::Overtaken(input) => return Ok(Some(input)),
                Round::Said => break,
                Round::Asked(calls) => {
                    if self.carry_out(number, calls).await? {
                        return Ok(None);
                    }
                }
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
        let request =
            ChatRequest { model: self.agent.model.clone(), messages: self.history.clone(), tools: engine_tools() };
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

    /// Does what the model asked for. True when the call is to end.
    async fn carry_out(&mut self, number: u64, calls: Vec<ToolCall>) -> Result<bool, Gone> {
        let text = std::mem::take(&mut self.saying);
        self.history.push(ChatMessage::Assistant { text, tool_calls: calls.clone() });
        for call in calls {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or(Value::Null);
            let word = |key: &str| arguments[key].as_str().unwrap_or_default().to_owned();
            let result = match call.name.as_str() {
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
                    return Ok(true);
                }
                "opt_out" => {
                    self.act(number, DialogAct::OptOut).await?;
                    "The number is on the do-not-call list. Say so and say goodbye."
                }
                "transfer" if !word("to").is_empty() => {
                    self.act(number, DialogAct::Transfer { to: word("to") }).await?;
                    return Ok(true);
                }
                _ => "There is no such tool.",
            };
            self.history.push(ChatMessage::Tool { id: call.id, content: result.into() });
        }
        Ok(false)
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

fn engine_tools() -> Vec<ToolSpec> {
    let tool = |name: &str, description: &str, properties: Value| ToolSpec {
        name: name.into(),
        description: description.into(),
        parameters: json!({ "type": "object", "properties": properties }),
    };
    vec![
        tool(
            "hang_up",
            "End the call after a goodbye, once its purpose is fulfilled or the callee wants to stop.",
            json!({ "goodbye": { "type": "string" }, "outcome": { "type": "string" } }),
        ),
        tool("opt_out", "The callee does not want to be called again.", json!({})),
        tool("transfer", "Hand the callee over to a person.", json!({ "to": { "type": "string" } })),
    ]
}

#[cfg(test)]
mod tests;
