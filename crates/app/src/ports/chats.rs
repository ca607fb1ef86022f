//! Talks in writing: an agent's dialog without a line.

use std::sync::Arc;

use async_trait::async_trait;
use domain::agent_definition::AgentDefinition;
use domain::call::Variables;
use domain::outcome::EndReason;
use domain::{AgentVersionId, ChatId};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Opens talks with the same dialogs that calls have.
#[async_trait]
pub trait Chats: Send + Sync {
    /// Begins a talk; the agent's first words come as its first events.
    async fn open(&self, opening: ChatOpening) -> Result<Chat, ChatNotOpened>;
}

/// What a talk is begun with.
#[derive(Clone, Debug)]
pub struct ChatOpening {
    /// Its name in logs and in the keys of tools.
    pub id: ChatId,
    /// What the agent says and does.
    pub definition: Arc<AgentDefinition>,
    /// The version that the definition is; `None` for a draft.
    pub version: Option<AgentVersionId>,
    /// Variables, complete.
    pub variables: Variables,
}

/// Why a talk could not begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChatNotOpened {
    /// A provider is not there.
    #[error("{0}")]
    Provider(String),
    /// The definition names what is not configured.
    #[error("{0}")]
    Agent(String),
}

/// A talk. Whoever drops it ends it.
#[derive(Debug)]
pub struct Chat {
    /// What the person does; the agent takes it once it listens.
    pub inputs: mpsc::Sender<ChatInput>,
    /// What comes of it, in order; ends after [`ChatEvent::Ended`].
    pub events: mpsc::Receiver<ChatEvent>,
    /// Runs the dialog.
    pub tasks: JoinSet<()>,
}

/// What a person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatInput {
    /// Says something.
    Text(String),
    /// Takes back what they said in their nth turn and all that followed; turns count from 1.
    Rewind(u32),
}

/// What happens in a talk.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatEvent {
    /// The agent says something.
    Text(String),
    /// The agent has said all it has to say, and listens.
    Listening {
        /// The person's turn that was answered; 0 for the first words.
        turn: u32,
        /// From the person's words to the first of the agent's, in milliseconds.
        first_text_ms: u64,
        /// From the person's words to here, in milliseconds.
        whole_ms: u64,
    },
    /// What the person's words were taken for.
    Intent(String),
    /// The state is that of before the person's nth turn.
    Rewound(u32),
    /// A slot was filled.
    Slot {
        /// Its name.
        name: String,
        /// Its value.
        value: Value,
    },
    /// A tool was called and came back.
    Tool {
        /// Its name.
        name: String,
        /// HTTP status, if an answer came.
        status: Option<u16>,
        /// How long it took.
        duration_ms: u64,
        /// Why it failed.
        error: Option<String>,
    },
    /// What the talk comes to; the last one counts.
    Outcome(String),
    /// The person asked not to be called again. A talk in writing has no number to put on the list.
    OptedOut,
    /// In a call, the callee would be handed over now.
    Transfer {
        /// Number or SIP address.
        to: String,
    },
    /// In a call, these keys would be sent.
    Digits(String),
    /// Something did not work; the talk goes on.
    Trouble(String),
    /// Nothing follows.
    Ended(EndReason),
}
