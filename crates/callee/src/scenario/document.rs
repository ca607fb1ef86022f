//! The scenario document. Law: unknown keys are errors; exactly one persona; every pattern compiles.

use std::collections::BTreeMap;

use domain::outcome::{AnsweredBy, CallStatus, EndReason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::persona::{Pattern, Persona, PersonaError, built_in};

/// A scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// For reports; unique within a run.
    pub name: String,
    /// What it is about.
    #[serde(default)]
    pub description: String,
    /// Agent that is to call.
    pub agent: String,
    /// Number to call; without it the runner picks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Values for the agent's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Who answers, by the name of a built-in persona.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_in: Option<String>,
    /// Who answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<Persona>,
    /// What must come of it.
    pub expect: Expect,
    /// Longest wait for the end of the call, in seconds.
    #[serde(default = "limit_s")]
    pub limit_s: u64,
}

fn limit_s() -> u64 {
    180
}

/// What must come of a call. What is not named is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Status of the call, such as `completed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub status: Option<CallStatus>,
    /// Why it ended, such as `agent_hangup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub end_reason: Option<EndReason>,
    /// Who picked up, such as `machine`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub answered_by: Option<AnsweredBy>,
    /// Name of the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Slots with their values; `null` for any value.
    pub slots: BTreeMap<String, serde_json::Value>,
    /// Patterns that the far end's ears must find in what the agent said.
    pub callee_heard: Vec<String>,
    /// Patterns they must not find.
    pub callee_not_heard: Vec<String>,
    /// How well the agent understood the callee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_heard: Option<AgentHeard>,
    /// Whether a turn of the agent was cut short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<bool>,
    /// Longest time the agent may go on talking after the callee began to talk over it, as heard by the callee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_within_ms: Option<u64>,
    /// Longest time from the answer to the agent's first sound, as heard by the callee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_answer_to_first_audio_ms: Option<u64>,
    /// Longest time from the end of the callee's words to the agent's reply, median of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_reply_ms: Option<u64>,
    /// Longest duration of the call, answer to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration_s: Option<u64>,
    /// Shortest duration of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_duration_s: Option<u64>,
    /// Events the call must have, such as `call.opted_out`.
    pub events: Vec<String>,
    /// Events the call must not have.
    pub no_events: Vec<String>,
}

/// How well the agent understood the callee.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentHeard {
    /// Word error rate of the transcript against what the callee said, 0 to 1.
    pub max_word_error_rate: f32,
}

/// A scenario that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// Not the document's form.
    #[error("not a scenario: {0}")]
    Form(String),
    /// A persona is missing, unknown, or there are two.
    #[error("give either built_in (one of the built-in personas) or persona")]
    Persona,
    /// The persona cannot be played.
    #[error(transparent)]
    BadPersona(#[from] PersonaError),
    /// A pattern is no regular expression.
    #[error("{place}: {why}")]
    Pattern {
        /// Where in the document.
        place: &'static str,
        /// What is wrong.
        why: String,
    },
}

impl Scenario {
    /// Reads the YAML form and checks it.
    ///
    /// # Errors
    /// The first fault.
    pub fn parse(yaml: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = serde_saphyr::from_str(yaml).map_err(|error| ScenarioError::Form(error.to_string()))?;
        scenario.who_answers()?.compile()?;
        patterns("expect.callee_heard", &scenario.expect.callee_heard)?;
        patterns("expect.callee_not_heard", &scenario.expect.callee_not_heard)?;
        Ok(scenario)
    }

    /// The persona that answers.
    ///
    /// # Errors
    /// [`ScenarioError::Persona`].
    pub fn who_answers(&self) -> Result<Persona, ScenarioError> {
        match (&self.built_in, &self.persona) {
            (Some(name), None) => built_in(name).ok_or(ScenarioError::Persona),
            (None, Some(persona)) => Ok(persona.clone()),
            _ => Err(ScenarioError::Persona),
        }
    }

    /// JSON schema of the document.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).into()
    }
}

pub(super) fn patterns(place: &'static str, texts: &[String]) -> Result<Vec<Pattern>, ScenarioError> {
    let compile = |text: &String| Pattern::new(text).map_err(|why| ScenarioError::Pattern { place, why });
    texts.iter().map(compile).collect()
}
