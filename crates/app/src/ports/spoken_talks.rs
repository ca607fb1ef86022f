//! Talks by voice without a telephone: an agent's ears, dialog and voice, with a socket in place of the line.

use async_trait::async_trait;
use domain::outcome::{EndReason, Outcome};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::chats::{ChatNotOpened, ChatOpening};

/// Opens talks on the pipeline that calls run on.
#[async_trait]
pub trait SpokenTalks: Send + Sync {
    /// Begins a talk with somebody who speaks and hears at `rate_hz`; the agent's first words come at once.
    async fn open(&self, opening: ChatOpening, rate_hz: u32) -> Result<SpokenTalk, ChatNotOpened>;
}

/// A talk. Whoever drops it ends it.
#[derive(Debug)]
pub struct SpokenTalk {
    /// What the person says: mono samples. Bounded; what finds no room is lost.
    pub heard: mpsc::Sender<Vec<i16>>,
    /// What the person does beside speaking.
    pub inputs: mpsc::Sender<SpokenInput>,
    /// What the person hears: 20 ms at a time. Bounded; whoever does not take it misses it.
    pub voice: mpsc::Receiver<Vec<i16>>,
    /// What happens, in order; ends after [`SpokenEvent::Ended`].
    pub events: mpsc::Receiver<SpokenEvent>,
    /// Run the talk.
    pub tasks: JoinSet<()>,
}

/// What a person does beside speaking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpokenInput {
    /// Presses keys: `0` to `9`, `*`, `#`, `A` to `D`.
    Digits(String),
    /// Hangs up.
    HangUp,
}

/// What happens in a talk.
#[derive(Clone, Debug, PartialEq)]
pub enum SpokenEvent {
    /// What is understood of the person.
    Transcript {
        /// The words so far, or all of them.
        text: String,
        /// Whether they are all of the turn.
        last: bool,
    },
    /// The agent begins to say something.
    Agent(String),
    /// The person stopped the agent; this much of its reply was heard.
    Interrupted(String),
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
    /// The person asked not to be called again. A talk has no number to put on the list.
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
    Ended {
        /// Why, as in a call.
        reason: EndReason,
        /// What the talk came to.
        outcome: Option<Outcome>,
    },
}
