//! What a conversation knows: the call's variables, the callee's day and time, slots, tools' results.
//!
//! Law: a missing value is reported and becomes nothing in what is said; in a request it stops the request.

use std::collections::BTreeMap;

use domain::agent_definition::template::{TemplateError, render, render_leniently};
use domain::agent_definition::{AgentDefinition, BUILT_IN_VARIABLES, Text};
use domain::call::Variables;
use jiff::civil;
use serde_json::{Map, Value, json};

use crate::understanding::slot::Filled;
use crate::understanding::spoken;

/// Everything that texts can refer to.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    variables: Map<String, Value>,
    spoken: Map<String, Value>,
    values: Map<String, Value>,
    tools: Map<String, Value>,
    intent: String,
    /// The same, until somebody asks for it.
    understood: Option<String>,
    seed: u64,
    /// How often each text was said, by its address within the definition.
    said: BTreeMap<String, u64>,
    pub(super) now: civil::DateTime,
}

impl Memory {
    pub(super) fn new(definition: &AgentDefinition, given: &Variables, now: civil::DateTime, seed: u64) -> Self {
        let mut variables: Map<String, Value> =
            BUILT_IN_VARIABLES.iter().map(|name| ((*name).to_owned(), Value::from(""))).collect();
        variables.insert("today".into(), spoken::date(now.date(), now.date()).into());
        variables.insert("now".into(), spoken::time(now.time()).into());
        variables.insert("weekday".into(), spoken::weekday(now.weekday()).into());
        for (name, value) in definition.with_defaults(given) {
            variables.insert(name, value.into());
        }
        let empty = Map::new;
        Self {
            variables,
            spoken: empty(),
            values: empty(),
            tools: empty(),
            intent: String::new(),
            understood: None,
            seed,
            said: BTreeMap::new(),
            now,
        }
    }

    /// The next variant of a text, filled in, and what was missing. `key` tells texts apart.
    pub(super) fn speak(&mut self, key: &str, text: &Text, heard: Option<&str>) -> (String, Option<TemplateError>) {
        let turn = self.said.entry(key.to_owned()).or_default();
        let template = text.pick(self.seed, *turn);
        *turn += 1;
        self.fill(template, heard)
    }

    /// One template filled in, and what was missing.
    pub(super) fn fill(&self, template: &str, heard: Option<&str>) -> (String, Option<TemplateError>) {
        let mut context = self.context();
        if let (Some(heard), Value::Object(context)) = (heard, &mut context) {
            context.insert("heard".into(), heard.into());
        }
        match render(template, &context) {
            Ok(text) => (text, None),
            Err(error) => (render_leniently(template, &context), Some(error)),
        }
    }

    /// Root of everything that templates can refer to.
    pub(super) fn context(&self) -> Value {
        let mut context = self.variables.clone();
        context.insert("slots".into(), Value::Object(self.spoken.clone()));
        context.insert("values".into(), Value::Object(self.values.clone()));
        context.insert("tools".into(), Value::Object(self.tools.clone()));
        context.insert("intent".into(), self.intent.clone().into());
        Value::Object(context)
    }

    pub(super) fn set_variable(&mut self, name: &str, value: String) {
        self.variables.insert(name.to_owned(), value.into());
    }

    pub(super) fn set_slot(&mut self, name: &str, filled: &Filled) {
        self.spoken.insert(name.to_owned(), filled.spoken.clone().into());
        self.values.insert(name.to_owned(), filled.data.clone());
    }

    pub(super) fn set_result(&mut self, name: &str, result: &Result<Value, String>) {
        let value = result.clone().unwrap_or_else(|error| json!({ "error": error }));
        self.tools.insert(name.to_owned(), value);
    }

    pub(super) fn set_intent(&mut self, intent: &str) {
        intent.clone_into(&mut self.intent);
        self.understood = Some(intent.to_owned());
    }

    pub(super) fn take_understood(&mut self) -> Option<String> {
        self.understood.take()
    }

    /// Slots that are filled, as data.
    pub(super) fn slots(&self) -> &Map<String, Value> {
        &self.values
    }
}
