//! What an agent says and does, as a document that people write (YAML or JSON) and the platform publishes a schema
//! for. A definition holds a flow, or a prompt for a language model, or both.
//!
//! Law: unknown keys are errors, and a definition that passes `check` can be dialed without surprise: every
//! step it names exists, every variable it uses is declared, every text renders.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod check;
pub mod flow;
mod graph;
mod parse;
pub mod slot;
pub mod template;
mod text;
mod texts;
mod variables;

#[cfg(test)]
mod tests;

pub use flow::Flow;
pub use parse::{DefinitionError, MAX_BYTES, definition_schema};
pub use slot::{Confirm, Slot, SlotType};
pub use text::Text;
pub use variables::BUILT_IN_VARIABLES;

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgentDefinition {
    /// What people call the agent.
    pub name: String,
    /// What kind of work it does; free text, such as `click_to_call`.
    pub r#type: String,
    /// Language it speaks (BCP 47); `en-US` where nothing is said.
    pub language: String,
    /// Voice it speaks with.
    pub voice: Voice,
    /// Values that a call must bring, used as `{{name}}`.
    pub variables: BTreeMap<String, VariableSpec>,
    /// How names and other words are pronounced (word to phonemes in the misaki alphabet).
    pub pronunciations: BTreeMap<String, String>,
    /// When the agent may speak and be interrupted.
    pub turn_taking: TurnTaking,
    /// What to do when a machine answers.
    pub machine: MachineBehaviour,
    /// What ends a call that nobody ends.
    pub limits: Limits,
    /// Whether the call is recorded.
    pub recording: bool,
    /// What is masked in transcripts, events, webhooks and slots before they are stored. The audio of a recording is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redaction: Vec<Redaction>,
    /// The conversation as steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<Flow>,
    /// The conversation as a prompt for a language model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
    /// HTTP tools by name.
    pub tools: BTreeMap<String, flow::Tool>,
}

impl Default for AgentDefinition {
    /// Nothing said yet, in American English: a definition without a language must not publish and then fail every call.
    fn default() -> Self {
        Self {
            name: String::new(),
            r#type: String::new(),
            language: "en-US".to_owned(),
            voice: Voice::default(),
            variables: BTreeMap::new(),
            pronunciations: BTreeMap::new(),
            turn_taking: TurnTaking::default(),
            machine: MachineBehaviour::default(),
            limits: Limits::default(),
            recording: false,
            redaction: Vec::new(),
            flow: None,
            prompt: None,
            tools: BTreeMap::new(),
        }
    }
}

/// What can be masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Redaction {
    /// Numbers of 13 to 19 digits with a right check digit, written or spoken, and every keypad digit.
    CardNumbers,
    /// E-mail addresses, written or spoken.
    Emails,
    /// Digits that were spoken one by one or group by group, from four on, and every keypad digit.
    SpokenDigits,
}

/// Voice of an agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Voice {
    /// Provider from the list of speech providers.
    pub provider: String,
    /// Voice of that provider.
    pub name: String,
    /// 1.0 is the voice's own pace.
    pub speed: f32,
}

impl Default for Voice {
    fn default() -> Self {
        Self { provider: "embedded".into(), name: "heart".into(), speed: 1.0 }
    }
}

/// A value that a call brings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VariableSpec {
    /// What it is, for whoever fills it in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Used when the call does not bring it; without one the call is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// For previews and tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
}

/// When the agent may speak and be interrupted. All times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TurnTaking {
    /// Who says the first words.
    pub opening: Opening,
    /// Silence after which a turn that sounds complete is over.
    pub endpoint_ms: u64,
    /// Silence after which any turn is over.
    pub endpoint_max_ms: u64,
    /// Silence after which a dictated turn (number, e-mail, code) is over.
    pub dictation_endpoint_ms: u64,
    /// Speech of the callee that stops the agent's voice.
    pub interrupt_after_ms: u64,
    /// Whether the callee can stop the agent at all; a step can say otherwise.
    pub interruptible: bool,
    /// Longest turn of the callee before the agent takes the floor all the same.
    pub max_turn_ms: u64,
}

impl Default for TurnTaking {
    fn default() -> Self {
        Self {
            opening: Opening::SpeakFirst,
            endpoint_ms: 320,
            endpoint_max_ms: 900,
            dictation_endpoint_ms: 1_400,
            interrupt_after_ms: 120,
            interruptible: true,
            max_turn_ms: 30_000,
        }
    }
}

/// Who says the first words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// The agent, as soon as the call is answered.
    #[default]
    SpeakFirst,
    /// The callee; the agent follows, or speaks up after two seconds of silence.
    ListenFirst,
}

/// What to do when a machine answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MachineBehaviour {
    /// What to do.
    pub action: MachineAction,
    /// Message to leave after the beep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Longest wait for the beep after the machine was recognised; then the message is said all the same.
    pub beep_timeout_ms: u64,
}

impl Default for MachineBehaviour {
    fn default() -> Self {
        Self { action: MachineAction::HangUp, message: None, beep_timeout_ms: 25_000 }
    }
}

/// What to do when a machine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MachineAction {
    /// End the call.
    #[default]
    HangUp,
    /// Wait for the beep and leave the message.
    LeaveMessage,
    /// Talk to it as to a person.
    Continue,
}

/// Most seconds that a call may be allowed to last.
pub const MOST_DURATION_S: u64 = 14_400;

/// What ends a call that nobody ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Ringing longer than this is no answer.
    pub ring_timeout_s: u64,
    /// Answer to end.
    pub max_duration_s: u64,
    /// Silence of both parties after which the agent asks whether somebody is there.
    pub silence_prompt_s: u64,
    /// Silence prompts without any reaction before the agent hangs up.
    pub max_silence_prompts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { ring_timeout_s: 45, max_duration_s: 600, silence_prompt_s: 6, max_silence_prompts: 2 }
    }
}

/// The conversation as a prompt for a language model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Prompt {
    /// Provider from the list of language models.
    pub provider: String,
    /// Model of that provider.
    pub model: String,
    /// System prompt; `{{variables}}` are filled in.
    pub system: String,
    /// The agent's first words; `{{variables}}` are filled in.
    pub first_message: String,
    /// Said when the model does not answer in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
}
