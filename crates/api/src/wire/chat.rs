//! Talks in writing on the wire: messages of the WebSocket `GET /v1/agents/{agent}/chat`.

use app::ports::chats::{ChatEvent, ChatInput};
use dialects::talk::Words;
use domain::call::Variables;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// What a talk runs on.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TalkWith {
    /// `draft`, or the number of a version; the published one when absent.
    #[param(example = "draft")]
    pub version: Option<String>,
}

/// A message to the agent.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToAgent {
    /// Comes first, and once.
    Start {
        /// Values for the definition's `{{name}}`.
        #[serde(default)]
        #[schema(value_type = Object)]
        variables: Variables,
    },
    /// Says something; the agent answers one message at a time.
    Message {
        /// At most 2,000 characters.
        text: String,
    },
    /// Takes back what was said in a turn and all that followed; the agent then waits for another message.
    Rewind {
        /// Turns count from 1.
        turn: u32,
    },
}

/// A message from the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromAgent {
    /// Comes first.
    Started {
        /// Name of the talk.
        #[schema(example = "chat_019…")]
        chat: String,
        /// The agent's slug.
        agent: String,
        /// Number of the version; `null` for the draft.
        version: Option<u32>,
    },
    /// The agent says something.
    Text {
        /// The words.
        text: String,
    },
    /// The agent has answered, and listens.
    Listening {
        /// The turn that was answered; 0 for the first words.
        turn: u32,
        /// Until the first words of the answer.
        first_text_ms: u64,
        /// Until now.
        whole_ms: u64,
    },
    /// The state is that of before the turn.
    Rewound {
        /// The turn that is gone.
        turn: u32,
    },
    /// What was written last was taken for this.
    Intent {
        /// Name from the definition, or a built-in one such as `yes`.
        name: String,
    },
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
    Outcome {
        /// Name from the definition.
        name: String,
    },
    /// In a call, the number would be on the do-not-call list from now on.
    OptedOut,
    /// In a call, the callee would be handed over now.
    Transfer {
        /// Number or SIP address.
        to: String,
    },
    /// In a call, these keys would be sent.
    Digits {
        /// The keys.
        digits: String,
    },
    /// Something of the agent's did not work; the talk goes on.
    Trouble {
        /// One sentence.
        detail: String,
    },
    /// The talk is over; the connection is closed.
    Ended {
        /// Why, as in a call.
        #[schema(example = "agent_hangup")]
        reason: String,
    },
    /// A message was not understood, or the talk could not begin.
    Error {
        /// What is wrong.
        #[schema(value_type = Problem)]
        problem: Box<Problem>,
    },
}

impl From<ChatEvent> for FromAgent {
    fn from(event: ChatEvent) -> Self {
        match event {
            ChatEvent::Text(text) => Self::Text { text },
            ChatEvent::Listening { turn, first_text_ms, whole_ms } => Self::Listening { turn, first_text_ms, whole_ms },
            ChatEvent::Rewound(turn) => Self::Rewound { turn },
            ChatEvent::Intent(name) => Self::Intent { name },
            ChatEvent::Slot { name, value } => Self::Slot { name, value },
            ChatEvent::Tool { name, status, duration_ms, error } => Self::Tool { name, status, duration_ms, error },
            ChatEvent::Outcome(name) => Self::Outcome { name },
            ChatEvent::OptedOut => Self::OptedOut,
            ChatEvent::Transfer { to } => Self::Transfer { to },
            ChatEvent::Digits(digits) => Self::Digits { digits },
            ChatEvent::Trouble(detail) => Self::Trouble { detail },
            ChatEvent::Ended(reason) => Self::Ended { reason: reason.as_str().to_owned() },
        }
    }
}

impl FromAgent {
    /// The message as JSON.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Our own words.
#[derive(Clone, Copy, Debug)]
pub struct Native;

impl Words for Native {
    fn read(&mut self, text: &str) -> Result<ChatInput, String> {
        match serde_json::from_str(text).map_err(|error| error.to_string())? {
            ToAgent::Message { text } => Ok(ChatInput::Text(text)),
            ToAgent::Rewind { turn } => Ok(ChatInput::Rewind(turn)),
            ToAgent::Start { .. } => Err("the talk has begun already".to_owned()),
        }
    }

    fn write(&mut self, event: ChatEvent) -> Vec<Value> {
        vec![FromAgent::from(event).json()]
    }

    fn fault(&self, detail: &str) -> Value {
        FromAgent::Error { problem: Box::new(Problem::field("", detail)) }.json()
    }
}
