//! The dialog of an agent that is a flow: gives the flow machine what it needs and carries out what it wants.
//!
//! The machine decides and never waits; this task embeds what was heard, calls tools, and asks a language model where the
//! flow hands over to one. While a tool is out, new inputs are still taken.

use std::sync::Arc;
use std::time::Duration;

use app::ports::language_model::{ChatDelta, ChatMessage, ChatRequest};
use app::ports::{Embedder, LanguageModel};
use app::tools::{ToolOutcome, Tools};
use domain::CallId;
use domain::agent_definition::AgentDefinition;
use domain::call::Variables;
use domain::outcome::EndReason;
use domain::time::Mono;
use jiff::civil::DateTime;
use machines::Machine;
use machines::flow::{FlowMachine, Input, Output, ToolRequest};
use machines::understanding::meaning::IntentIndex;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::prompt::PromptAgent;
use super::{ACTS, DialogAct, DialogHandle, DialogInput, INPUTS, NumberedAct};

/// Longest wait for an embedding; without one the rules decide alone.
const EMBED_DEADLINE: Duration = Duration::from_millis(150);
/// Longest wait for a whole answer of the language model.
const MODEL_DEADLINE: Duration = Duration::from_secs(8);

/// What people said and told that a model gets to know.
const REMEMBERED: usize = 32;

/// The flow machine knows no time.
const NOW: Mono = Mono::ZERO;

/// What a flow agent is made of.
pub struct FlowAgent {
    /// The document.
    pub definition: Arc<AgentDefinition>,
    /// Variables, defaults and built-in ones filled in.
    pub variables: Variables,
    /// Embedded intents.
    pub intents: Arc<IntentIndex>,
    /// Local time at the start of the call.
    pub now: DateTime,
    /// Chooses among variants of a text.
    pub seed: u64,
    /// Part of the idempotency keys of tools.
    pub call: CallId,
    /// Whether the callee can take back what they said.
    pub keeps_turns: bool,
}

/// Starts a dialog; the caller owns the task.
pub fn dialog(
    agent: FlowAgent,
    embedder: Arc<dyn Embedder>,
    tools: Tools,
    model: Option<(Arc<dyn LanguageModel>, PromptAgent)>,
) -> (DialogHandle, impl Future<Output = ()> + Send + 'static) {
    let (inputs, inbox) = mpsc::channel(INPUTS);
    let (outbox, acts) = mpsc::channel(ACTS);
    let model = model.map(|(m, a)| (m, a.rendered(&agent.definition, &agent.variables)));
    let machine = FlowMachine::start(Arc::clone(&agent.definition), &agent.variables, agent.now, agent.seed);
    let dialog = FlowDialog {
        machine,
        intents: agent.intents,
        embedder,
        tools,
        model,
        call: agent.call,
        turns: agent.keeps_turns.then(Vec::new),
        by_person: Vec::new(),
        work: JoinSet::new(),
        number: 0,
        hung_up: None,
        outbox,
    };
    (DialogHandle { inputs, acts }, dialog.run(inbox))
}

enum Work {
    Tool { id: u64, name: String, outcome: ToolOutcome },
    Model { id: u64, result: Result<String, String> },
}

struct FlowDialog {
    machine: FlowMachine,
    intents: Arc<IntentIndex>,
    embedder: Arc<dyn Embedder>,
    tools: Tools,
    model: Option<(Arc<dyn LanguageModel>, PromptAgent)>,
    call: CallId,
    /// The machine before each turn, where they are kept.
    turns: Option<Vec<FlowMachine>>,
    /// What people said and told, the latest of it.
    by_person: Vec<ChatMessage>,
    work: JoinSet<Work>,
    number: u64,
    hung_up: Option<HungUp>,
    outbox: mpsc::Sender<NumberedAct>,
}

/// The flow is over, and the conversation was told so in answer to this input.
#[derive(Clone, Copy)]
struct HungUp {
    number: u64,
    reason: EndReason,
}

/// The conversation is gone; the task ends.
struct Gone;

impl FlowDialog {
    async fn run(mut self, mut inbox: mpsc::Receiver<(u64, DialogInput)>) {
        loop {
            let went_on = tokio::select! {
                biased;
                input = inbox.recv() => match input {
                    Some((number, input)) => self.take(number, input).await,
                    None => return,
                },
                Some(work) = self.work.join_next() => match work {
                    Ok(work) => self.came_back(work).await,
                    Err(error) => self.act(DialogAct::Trouble { detail: error.to_string() }).await,
                },
            };
            if went_on.is_err() {
                return;
            }
        }
    }

    async fn take(&mut self, number: u64, input: DialogInput) -> Result<(), Gone> {
        self.number = number;
        let input = match input {
            DialogInput::SaidForPerson { .. } | DialogInput::Note(_) => {
                self.remember(input);
                return Ok(());
            }
            DialogInput::Start => Input::Start,
            DialogInput::Heard { text } => {
                if let Some(turns) = &mut self.turns {
                    turns.push(self.machine.clone());
                }
                let scores = self.scores(&text).await;
                Input::Heard { text, scores }
            }
            DialogInput::Digits(digits) => Input::Digits(digits),
            DialogInput::Silence => Input::Silence,
            DialogInput::Interrupted { heard } => Input::AgentInterrupted { heard_text: heard },
            DialogInput::Spoken => Input::Spoken,
            DialogInput::TransferFailed { detail } => Input::TransferFailed { detail },
            DialogInput::Rewind(turn) => {
                self.rewind(turn);
                return Ok(());
            }
            DialogInput::MachineAnswered => Input::MachineAnswered,
        };
        self.machine.handle(NOW, input);
        if self.turns.is_some()
            && let Some(name) = self.machine.take_understood()
        {
            self.act(DialogAct::Intent { name }).await?;
        }
        self.carry_out().await?;
        self.hang_up_again().await
    }

    /// Newer words make the answer to older ones void, a hang-up too. A flow that is over has no other answer to them: the
    /// line would be held for nobody.
    async fn hang_up_again(&mut self) -> Result<(), Gone> {
        match self.hung_up {
            Some(HungUp { number, reason }) if number < self.number => self.hang_up(reason).await,
            _ => Ok(()),
        }
    }

    async fn hang_up(&mut self, reason: EndReason) -> Result<(), Gone> {
        self.hung_up = Some(HungUp { number: self.number, reason });
        self.act(DialogAct::HangUp { reason }).await
    }

    /// For the model that the flow may hand over to; the flow itself goes by its steps.
    fn remember(&mut self, input: DialogInput) {
        if self.by_person.len() >= REMEMBERED {
            self.by_person.remove(0);
        }
        self.by_person.extend(super::prompt::by_person(input));
    }

    /// Tools and models that are out answer a machine that is gone.
    fn rewind(&mut self, turn: u32) {
        let Some(turns) = &mut self.turns else { return };
        turns.truncate(turn as usize);
        if let Some(before) = turns.pop() {
            self.machine = before;
            self.hung_up = None;
            self.work = JoinSet::new();
        }
    }

    async fn came_back(&mut self, work: Work) -> Result<(), Gone> {
        match work {
            Work::Tool { id, name, outcome } => {
                let ToolOutcome { status, body, duration_ms, error } = outcome;
                self.act(DialogAct::Tool { name, status, duration_ms, error: error.clone() }).await?;
                self.machine.handle(NOW, Input::ToolResult { id, result: error.map_or(Ok(body), Err) });
            }
            Work::Model { id, result } => self.machine.handle(NOW, Input::ModelAnswer { id, result }),
        }
        self.carry_out().await
    }

    async fn scores(&self, text: &str) -> Vec<(String, f32)> {
        let embedding = tokio::time::timeout(EMBED_DEADLINE, self.embedder.embed(vec![text.to_owned()])).await;
        match embedding {
            Ok(Ok(vectors)) => vectors.first().map(|v| self.intents.scores(v)).unwrap_or_default(),
            Ok(Err(error)) => {
                tracing::warn!(call.id = %self.call, %error, "no intent scores, rules decide alone");
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    async fn carry_out(&mut self) -> Result<(), Gone> {
        while let Some(output) = self.machine.poll() {
            let act = match output {
                Output::Say { text, interruptible } => DialogAct::Say { text, interruptible },
                Output::Listen { dictation, .. } => DialogAct::Listen { dictation },
                Output::CallTool { id, name, request } => {
                    self.call_tool(id, name, request);
                    continue;
                }
                Output::AskModel { id, heard } => {
                    self.ask_model(id, heard);
                    continue;
                }
                Output::Transfer { to } => DialogAct::Transfer { to },
                Output::SendDigits { digits } => DialogAct::SendDigits(digits),
                Output::OptOut => DialogAct::OptOut,
                Output::Slot { name, value } => DialogAct::Slot { name, value },
                Output::Outcome { name } => DialogAct::Outcome { name },
                Output::HangUp { reason } => {
                    self.hang_up(reason).await?;
                    continue;
                }
                Output::Trouble { detail } => DialogAct::Trouble { detail },
            };
            self.act(act).await?;
        }
        Ok(())
    }

    fn call_tool(&mut self, id: u64, name: String, request: ToolRequest) {
        let tools = self.tools.clone();
        self.work.spawn(async move {
            let outcome = tools.call(request).await;
            Work::Tool { id, name, outcome }
        });
    }

    fn ask_model(&mut self, id: u64, heard: String) {
        let (model, by_person) = (self.model.clone(), self.by_person.clone());
        self.work.spawn(async move {
            let result = match model {
                Some((model, agent)) => {
                    let answer =
                        tokio::time::timeout(MODEL_DEADLINE, whole_answer(model, agent, by_person, heard)).await;
                    answer.unwrap_or_else(|_| Err(format!("no answer within {} s", MODEL_DEADLINE.as_secs())))
                }
                None => Err("no language model is configured".into()),
            };
            Work::Model { id, result }
        });
    }

    async fn act(&self, act: DialogAct) -> Result<(), Gone> {
        self.outbox.send(NumberedAct { input: self.number, act }).await.map_err(|_| Gone)
    }
}

async fn whole_answer(
    model: Arc<dyn LanguageModel>,
    agent: PromptAgent,
    by_person: Vec<ChatMessage>,
    heard: String,
) -> Result<String, String> {
    let mut messages = vec![ChatMessage::System(agent.system)];
    messages.extend(by_person);
    messages.push(ChatMessage::User(heard));
    let request = ChatRequest { model: agent.model, messages, tools: Vec::new() };
    let mut deltas = model.reply(request).await.map_err(|e| e.to_string())?;
    let mut text = String::new();
    while let Some(delta) = deltas.recv().await {
        match delta.map_err(|e| e.to_string())? {
            ChatDelta::Text(piece) => text.push_str(&piece),
            ChatDelta::ToolCall(_) => {}
            ChatDelta::Done { .. } => break,
        }
    }
    if text.trim().is_empty() { Err("the answer was empty".into()) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
