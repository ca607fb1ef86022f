//! A conversation as steps: what is said, what is asked, what an answer leads to.
//!
//! Law: a flow is data. It names steps, intents and slots; what a callee's words mean is decided by
//! `machines::understanding`, and what happens next by `machines::flow`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::slot::Slot;
use super::text::Text;

/// Intents that every flow knows.
pub const BUILT_IN_INTENTS: [&str; 11] = [
    "yes",
    "no",
    "opt_out",
    "who_is_this",
    "repeat",
    "call_later",
    "are_you_a_robot",
    "wait",
    "wrong_number",
    "goodbye",
    "human",
];

/// Target that ends the call with a goodbye.
pub const HANG_UP: &str = "hang_up";
/// Target of a global: the open question is asked again.
pub const RESUME: &str = "resume";
/// Target of a global: wait without asking again.
pub const LISTEN: &str = "listen";

/// Steps, intents and where to begin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Step the conversation begins with.
    pub start: String,
    /// Said before the first step and never cut short, such as that the caller is an automated assistant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<Text>,
    /// The steps by name.
    pub steps: BTreeMap<String, Step>,
    /// What a callee may mean, by name; used in `on`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub intents: BTreeMap<String, Intent>,
    /// What a callee may mean at any time, by name. Built in: `opt_out`, `who_is_this`, `repeat`, `call_later`,
    /// `are_you_a_robot`, `wait`, `wrong_number`, `goodbye`, `human`. An entry here replaces a built-in one or adds
    /// one for an intent of this flow.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub globals: BTreeMap<String, Global>,
    /// What to do with words that fit nothing.
    #[serde(default)]
    pub fallback: Fallback,
    /// Said before a question without `no_input` is asked again because nobody spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Text>,
    /// Said before hanging up on silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_goodbye: Option<Text>,
    /// Names a call's outcome can have, with what they mean; when given, any other name is a fault.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outcomes: BTreeMap<String, String>,
    /// How sure recognition by meaning must be.
    #[serde(default)]
    pub recognition: Recognition,
}

/// One step of a conversation. Exactly one of the keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Says something and goes on.
    Say(Say),
    /// Asks something and waits for the answer.
    Ask(Ask),
    /// Goes one way or another.
    Branch(Branch),
    /// Calls an HTTP tool.
    Tool(ToolStep),
    /// Sets variables or the outcome.
    Set(Set),
    /// Hands the call over to another party.
    Transfer(Transfer),
    /// Sends DTMF digits.
    SendDigits(SendDigits),
    /// Puts the number on the do-not-call list and ends the call.
    OptOut(OptOut),
    /// Says goodbye and ends the call.
    HangUp(HangUp),
    /// Answers words that fit nothing, counts them, and goes back to the question they came from.
    Fallback(FallbackStep),
}

/// Says something and goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// What is said.
    pub text: Text,
    /// Whether the callee can cut it short; otherwise the agent's turn taking decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<bool>,
    /// Outcome of the call from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Step that follows.
    pub next: String,
}

/// Asks something and waits for the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The question.
    pub text: Text,
    /// The question when it is asked again; `text` when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Text>,
    /// What to find in the answer, in order; the first is what the question asks for, the others have a `prompt`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<Slot>,
    /// Where an intent leads: `yes`, `no`, one of this flow's intents, or a global one to treat differently here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub on: BTreeMap<String, String>,
    /// Step that follows once the slots are filled, or after any answer when there is nothing to find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Where an answer leads that fits nothing, instead of asking again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<String>,
    /// Asks again when an answer fits nothing, instead of an apology and the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_match: Option<Text>,
    /// Asks again when there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_input: Option<Text>,
    /// Answers that fit nothing before `on_failure`.
    #[serde(default = "three")]
    pub max_tries: u32,
    /// Step after too many tries; without one, `fallback.then`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<String>,
    /// Whether the callee can cut the question short; otherwise the agent's turn taking decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<bool>,
    /// Whether the answer is dictated, with pauses between groups; otherwise the slot's type decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dictation: Option<bool>,
}

/// Goes one way or another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Template whose text decides, such as `{{slots.plan}}`, `{{tools.lookup.status}}`, `{{intent}}` or
    /// `{{tools.lookup.total > 100}}` (which gives `true` or `false`).
    pub on: String,
    /// Step by text; letter case and outer spaces do not matter.
    pub cases: BTreeMap<String, String>,
    /// Step for any other text.
    pub otherwise: String,
}

/// Calls an HTTP tool of the definition's `tools`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolStep {
    /// Name of the tool.
    pub tool: String,
    /// Said while the tool works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Name under `tools` that later texts find the result by; the tool's name when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save_as: Option<String>,
    /// Step after a 2xx answer.
    pub on_success: String,
    /// Step after any other answer, none in time, or an unreachable server.
    pub on_failure: String,
}

/// Sets variables or the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Variables and the templates of their new values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Outcome of the call from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Step that follows.
    pub next: String,
}

/// Hands the call over to another party.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Number (E.164) or SIP URI; may be a template.
    pub to: String,
    /// Said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Outcome once the other party has taken over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Step when the other party cannot be reached; without one the agent apologises and hangs up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<String>,
}

/// Sends DTMF digits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendDigits {
    /// `0` to `9`, `*`, `#`, `A` to `D`, and `w` for half a second of waiting; may be a template.
    pub digits: String,
    /// Step that follows.
    pub next: String,
}

/// Puts the number on the do-not-call list and ends the call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OptOut {
    /// Said before hanging up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Outcome of the call; `opted_out` when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// Says goodbye and ends the call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HangUp {
    /// The goodbye.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Outcome of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// Answers words that fit nothing, counts them, and goes back to the question they came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FallbackStep {
    /// What is said; the flow's `fallback.text` when not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
}

/// What a callee may mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Intent {
    /// Ways of saying it. An utterance that is close in meaning counts too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<String>,
    /// Words or phrases that decide by themselves unless they are negated ("not", "don't").
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
}

/// What happens when something is meant at any time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Global {
    /// What is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// `resume` (ask the open question again), `hang_up`, `listen` (wait without asking again), or a step. A
    /// built-in one keeps what it does when this is not given; one of this flow's own resumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
    /// Outcome of the call from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// More ways of saying it, besides those built in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<String>,
    /// Switches a built-in one off. `opt_out` cannot be switched off.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// What to do with words that fit nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fallback {
    /// Said before the question is asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Step after too many tries at one question; without one the agent says goodbye and hangs up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
    /// Lets the definition's prompt answer such words before the question is asked again.
    pub ask_model: bool,
}

/// How sure recognition by meaning must be. Scores are cosines of sentence embeddings: 0.7 times the best phrase of
/// an intent plus 0.3 times its second best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Recognition {
    /// Lowest score that counts.
    pub threshold: f32,
    /// Distance that the best intent must have from the next.
    pub margin: f32,
}

impl Default for Recognition {
    fn default() -> Self {
        Self { threshold: 0.55, margin: 0.06 }
    }
}

/// An HTTP tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// What it does, for people and for a language model.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// HTTP method.
    #[serde(default)]
    pub method: Method,
    /// Address; may be a template.
    pub url: String,
    /// Header fields; values may be templates.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// JSON body; every text in it may be a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Longest wait for the answer.
    #[serde(default = "eight_seconds")]
    pub timeout_ms: u64,
    /// Whether it changes something at the other end. Such a call carries an `Idempotency-Key`, is never repeated
    /// with the same content within a call, and its result is kept whatever the callee does meanwhile.
    #[serde(default)]
    pub writes: bool,
    /// Arguments that a language model fills in, as a JSON schema; texts find them as `{{arguments.x}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
}

/// HTTP method of a tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "RFC 9110 names")]
pub enum Method {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// Upper-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

fn three() -> u32 {
    3
}

fn eight_seconds() -> u64 {
    8_000
}
