//! Walks every template of a definition with its place, so that checks and variable lists see the same texts.

use serde_json::Value;

use super::flow::{Flow, Step, Tool};
use super::text::Text;
use super::{AgentDefinition, Prompt};

/// Calls `visit(path, template)` for every template of the definition.
pub(super) fn visit_templates(definition: &AgentDefinition, visit: &mut dyn FnMut(&str, &str)) {
    if let Some(message) = &definition.machine.message {
        visit("machine.message", message);
    }
    if let Some(prompt) = &definition.prompt {
        visit_prompt(prompt, visit);
    }
    for (name, tool) in &definition.tools {
        visit_tool(&format!("tools.{name}"), tool, visit);
    }
    if let Some(flow) = &definition.flow {
        visit_flow(flow, visit);
    }
}

fn visit_prompt(prompt: &Prompt, visit: &mut dyn FnMut(&str, &str)) {
    visit("prompt.system", &prompt.system);
    visit("prompt.first_message", &prompt.first_message);
    if let Some(fallback) = &prompt.fallback {
        visit("prompt.fallback", fallback);
    }
}

fn visit_tool(path: &str, tool: &Tool, visit: &mut dyn FnMut(&str, &str)) {
    visit(&format!("{path}.url"), &tool.url);
    for (name, value) in &tool.headers {
        visit(&format!("{path}.headers.{name}"), value);
    }
    if let Some(body) = &tool.body {
        visit_json(&format!("{path}.body"), body, visit);
    }
}

fn visit_json(path: &str, value: &Value, visit: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(path, text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                visit_json(&format!("{path}[{at}]"), item, visit);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                visit_json(&format!("{path}.{key}"), item, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn visit_flow(flow: &Flow, visit: &mut dyn FnMut(&str, &str)) {
    let mut text = |path: &str, text: &Text| {
        for variant in &text.0 {
            visit(path, variant);
        }
    };
    visit_flow_texts(flow, &mut text);
    for (name, step) in &flow.steps {
        visit_step_templates(&format!("flow.steps.{name}"), step, visit);
    }
}

fn visit_step_templates(path: &str, step: &Step, visit: &mut dyn FnMut(&str, &str)) {
    match step {
        Step::Branch(branch) => visit(&format!("{path}.branch.on"), &branch.on),
        Step::Set(set) => {
            for (name, template) in &set.variables {
                visit(&format!("{path}.set.variables.{name}"), template);
            }
        }
        Step::Transfer(transfer) => visit(&format!("{path}.transfer.to"), &transfer.to),
        Step::SendDigits(send) => visit(&format!("{path}.send_digits.digits"), &send.digits),
        Step::Say(_) | Step::Ask(_) | Step::Tool(_) | Step::OptOut(_) | Step::HangUp(_) | Step::Fallback(_) => {}
    }
}

/// Calls `visit(path, text)` for every spoken text of the flow.
pub(super) fn visit_flow_texts(flow: &Flow, visit: &mut dyn FnMut(&str, &Text)) {
    let mut some = |path: String, text: &Option<Text>| {
        if let Some(text) = text {
            visit(&path, text);
        }
    };
    some("flow.disclosure".into(), &flow.disclosure);
    some("flow.silence".into(), &flow.silence);
    some("flow.silence_goodbye".into(), &flow.silence_goodbye);
    some("flow.fallback.text".into(), &flow.fallback.text);
    for (name, global) in &flow.globals {
        some(format!("flow.globals.{name}.text"), &global.text);
    }
    for (name, step) in &flow.steps {
        visit_step_texts(&format!("flow.steps.{name}"), step, visit);
    }
}

fn visit_step_texts(path: &str, step: &Step, visit: &mut dyn FnMut(&str, &Text)) {
    if let Step::Say(say) = step {
        visit(&format!("{path}.say.text"), &say.text);
    }
    if let Step::Ask(ask) = step {
        visit(&format!("{path}.ask.text"), &ask.text);
        for (at, slot) in ask.slots.iter().enumerate() {
            for (key, text) in [("prompt", &slot.prompt), ("confirm_text", &slot.confirm_text)] {
                if let Some(text) = text {
                    visit(&format!("{path}.ask.slots[{at}].{key}"), text);
                }
            }
        }
        for (key, text) in [("again", &ask.again), ("no_match", &ask.no_match), ("no_input", &ask.no_input)] {
            if let Some(text) = text {
                visit(&format!("{path}.ask.{key}"), text);
            }
        }
    }
    let optional = match step {
        Step::Tool(s) => Some(("tool", &s.text)),
        Step::Transfer(s) => Some(("transfer", &s.text)),
        Step::OptOut(s) => Some(("opt_out", &s.text)),
        Step::HangUp(s) => Some(("hang_up", &s.text)),
        Step::Fallback(s) => Some(("fallback", &s.text)),
        Step::Say(_) | Step::Ask(_) | Step::Branch(_) | Step::Set(_) | Step::SendDigits(_) => None,
    };
    if let Some((kind, Some(text))) = optional {
        visit(&format!("{path}.{kind}.text"), text);
    }
}
