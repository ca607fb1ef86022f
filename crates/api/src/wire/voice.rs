//! Talks by voice on the wire: the texts among the frames of `GET /v1/agents/{agent}/talk`.

use app::ports::spoken_talks::SpokenEvent;
use domain::call::Variables;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// What a talk by voice runs on.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SpeakWith {
    /// `draft`, `published`, or the number of a version; the published one when absent.
    #[param(example = "draft")]
    pub version: Option<String>,
}

/// A text to a talk by voice; sound goes beside them.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ToVoice {
    /// Comes first, and once.
    Start {
        /// Values for the definition's `{{name}}`.
        #[serde(default)]
        #[schema(value_type = Object)]
        variables: Variables,
        /// Samples a second, both ways: 8000 or 16000.
        #[serde(default = "default_rate")]
        #[schema(example = 16000, default = 16000)]
        rate_hz: u32,
    },
    /// Presses keys, as on a telephone.
    Digits {
        /// At most 32 of `0` to `9`, `*`, `#`, `A` to `D`.
        #[schema(example = "1#")]
        digits: String,
    },
    /// Hangs up; `ended` tells what the talk came to.
    End,
}

fn default_rate() -> u32 {
    16_000
}

/// A text from a talk by voice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromVoice {
    /// Comes first; from now on sound goes both ways.
    Started {
        /// Name of the talk.
        #[schema(example = "chat_019…")]
        talk: String,
        /// The agent's slug.
        agent: String,
        /// Number of the version; `null` for the draft.
        version: Option<u32>,
        /// Samples a second, both ways.
        #[schema(example = 16000)]
        rate_hz: u32,
    },
    /// What is understood of the person.
    Transcript {
        /// The words so far, or all of the turn.
        text: String,
        /// Whether the turn is complete.
        r#final: bool,
    },
    /// The agent begins to say this.
    Agent {
        /// The words.
        text: String,
    },
    /// The person stopped the agent.
    Interrupted {
        /// What was heard of its reply.
        heard: String,
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
        /// Name of what the talk came to.
        outcome: Option<String>,
    },
    /// A message was not understood, or the talk could not begin.
    Error {
        /// What is wrong.
        #[schema(value_type = Problem)]
        problem: Box<Problem>,
    },
}

impl From<SpokenEvent> for FromVoice {
    fn from(event: SpokenEvent) -> Self {
        match event {
            SpokenEvent::Transcript { text, last } => Self::Transcript { text, r#final: last },
            SpokenEvent::Agent(text) => Self::Agent { text },
            SpokenEvent::Interrupted(heard) => Self::Interrupted { heard },
            SpokenEvent::Slot { name, value } => Self::Slot { name, value },
            SpokenEvent::Tool { name, status, duration_ms, error } => Self::Tool { name, status, duration_ms, error },
            SpokenEvent::OptedOut => Self::OptedOut,
            SpokenEvent::Transfer { to } => Self::Transfer { to },
            SpokenEvent::Digits(digits) => Self::Digits { digits },
            SpokenEvent::Trouble(detail) => Self::Trouble { detail },
            SpokenEvent::Ended { reason, outcome } => {
                Self::Ended { reason: reason.as_str().to_owned(), outcome: outcome.map(|outcome| outcome.name) }
            }
        }
    }
}

impl FromVoice {
    /// The message as JSON.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
