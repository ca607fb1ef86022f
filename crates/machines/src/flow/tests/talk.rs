//! A conversation in text: the callee's lines in, a readable record out. The voice is instant: everything is heard.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::agent_definition::AgentDefinition;
use domain::time::Mono;
use jiff::civil::datetime;
use serde_json::Value;

use super::super::{FlowMachine, Input, Output};
use crate::Machine;

pub(super) struct Talk {
    pub(super) machine: FlowMachine,
    record: String,
}

/// Reads a definition that must be without fault.
pub(super) fn definition(yaml: &str) -> AgentDefinition {
    let definition = AgentDefinition::parse(yaml).unwrap();
    assert_eq!(definition.check(), []);
    definition
}

impl Talk {
    /// A call with the definition's sample values on Wednesday, November 18th 2026, ten in the morning.
    pub(super) fn with(yaml: &str) -> Self {
        let definition = definition(yaml);
        let mut variables = definition.sample_variables();
        variables.insert("call_id".into(), "call_1".into());
        let variables: BTreeMap<String, String> = variables;
        let now = datetime(2026, 11, 18, 10, 0, 0, 0);
        let machine = FlowMachine::start(Arc::new(definition), &variables, now, 0);
        let mut talk = Self { machine, record: String::new() };
        talk.hand(Input::Start);
        talk.drain(true);
        talk
    }

    /// The callee hears the agent out and says this.
    pub(super) fn says(&mut self, text: &str) -> &mut Self {
        self.note(&format!("> {text}"));
        self.hand(Input::Heard { text: text.to_owned(), scores: Vec::new() });
        self.drain(true)
    }

    /// The callee says this, and the agent's answer is not yet played out.
    pub(super) fn says_and_listens_in(&mut self, text: &str) -> &mut Self {
        self.note(&format!("> {text}"));
        self.hand(Input::Heard { text: text.to_owned(), scores: Vec::new() });
        self.drain(false)
    }

    /// Cuts the agent short after these words.
    pub(super) fn interrupts_after(&mut self, heard: &str) -> &mut Self {
        self.note(&format!("| cut after \"{heard}\""));
        self.hand(Input::AgentInterrupted { heard_text: heard.to_owned() });
        self.drain(false)
    }

    pub(super) fn does(&mut self, input: Input) -> &mut Self {
        self.note(&format!("* {input:?}"));
        self.hand(input);
        self.drain(true)
    }

    pub(super) fn record(&self) -> String {
        self.record.clone()
    }

    fn hand(&mut self, input: Input) {
        self.machine.handle(Mono::ZERO, input);
    }

    fn drain(&mut self, heard_out: bool) -> &mut Self {
        loop {
            let mut said = false;
            while let Some(output) = self.machine.poll() {
                said |= matches!(output, Output::Say { .. });
                self.note(&shown(&output));
            }
            if !(said && heard_out) {
                return self;
            }
            self.hand(Input::Spoken);
        }
    }

    fn note(&mut self, line: &str) {
        self.record.push_str(line);
        self.record.push('\n');
    }
}

fn shown(output: &Output) -> String {
    match output {
        Output::Say { text, interruptible } => format!("{} {text}", if *interruptible { "<" } else { "<!" }),
        Output::Listen { dictation, expect } => {
            format!("  listen {expect:?}{}", if *dictation { ", dictated" } else { "" })
        }
        Output::Slot { name, value } => format!("  slot {name} = {value}"),
        Output::Outcome { name } => format!("  outcome {name}"),
        Output::HangUp { reason } => format!("  hang up: {}", reason.as_str()),
        Output::CallTool { id, name, request } => {
            let body = request.body.as_ref().map(Value::to_string).unwrap_or_default();
            let key = request.idempotency_key.as_deref().unwrap_or("-");
            format!("  tool {id} {name}: {} {} {body} key {key}", request.method.as_str(), request.url)
        }
        other => format!("  {other:?}"),
    }
}
