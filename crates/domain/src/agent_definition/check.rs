//! Everything that is wrong with a definition, at once, before anybody is called.

use std::collections::BTreeSet;

use super::flow::{BUILT_IN_INTENTS, Step};
use super::graph::check_graph;
use super::parse::DefinitionError;
use super::slot::SlotType;
use super::template::names_used;
use super::texts::{visit_flow_texts, visit_templates};
use super::variables::{BUILT_IN_VARIABLES, NAMESPACES};
use super::{AgentDefinition, Flow, MOST_DURATION_S, MachineAction};

/// Tools that a model is given beside those of its agent.
const ENGINE_TOOLS: [&str; 3] = ["hang_up", "opt_out", "transfer"];

pub(super) struct Faults(pub(super) Vec<DefinitionError>);

impl Faults {
    pub(super) fn add(&mut self, path: impl Into<String>, detail: impl Into<String>) {
        self.0.push(DefinitionError::new(path, detail));
    }
}

impl AgentDefinition {
    /// All faults that stand against publishing; none means that the definition can be dialed.
    pub fn check(&self) -> Vec<DefinitionError> {
        let mut faults = Faults(Vec::new());
        check_brain(self, &mut faults);
        check_settings(self, &mut faults);
        check_templates(self, &mut faults);
        check_tools(self, &mut faults);
        if let Some(flow) = &self.flow {
            check_graph(flow, &self.tools, &mut faults);
            check_intents(flow, &mut faults);
            check_slots(flow, &mut faults);
            check_outcomes(flow, &mut faults);
            visit_flow_texts(flow, &mut |path, text| {
                if text.is_empty() {
                    faults.add(path, "is empty");
                }
            });
        }
        faults.0.sort();
        faults.0.dedup();
        faults.0
    }
}

fn check_brain(definition: &AgentDefinition, faults: &mut Faults) {
    let configured = definition.prompt.as_ref().is_some_and(|p| !p.provider.is_empty() && !p.model.is_empty());
    match (&definition.flow, &definition.prompt) {
        (None, None) => faults.add(".", "has neither a flow nor a prompt: there is nothing to say"),
        (None, Some(_)) if !configured => {
            faults.add("prompt", "is not configured: name a provider and a model, or add a flow");
        }
        (Some(flow), _) if flow.fallback.ask_model && !configured => {
            faults.add("flow.fallback.ask_model", "needs a prompt with a provider and a model");
        }
        _ => {}
    }
}

fn check_settings(definition: &AgentDefinition, faults: &mut Faults) {
    let machine = &definition.machine;
    let message = machine.message.as_deref().unwrap_or_default();
    if machine.action == MachineAction::LeaveMessage && message.trim().is_empty() {
        faults.add("machine.message", "is needed to leave a message");
    }
    if definition.language.trim().is_empty() {
        faults.add("language", "is empty; leave it out for en-US");
    }
    let limits = &definition.limits;
    let (turns, speed) = (&definition.turn_taking, definition.voice.speed);
    let ranges = [
        ("limits.ring_timeout_s", limits.ring_timeout_s as f64, 5.0, 180.0),
        ("limits.max_duration_s", limits.max_duration_s as f64, 10.0, MOST_DURATION_S as f64),
        ("limits.silence_prompt_s", limits.silence_prompt_s as f64, 2.0, 120.0),
        ("limits.max_silence_prompts", f64::from(limits.max_silence_prompts), 0.0, 20.0),
        ("turn_taking.endpoint_ms", turns.endpoint_ms as f64, 100.0, 5_000.0),
        ("turn_taking.endpoint_max_ms", turns.endpoint_max_ms as f64, 100.0, 10_000.0),
        ("turn_taking.dictation_endpoint_ms", turns.dictation_endpoint_ms as f64, 100.0, 10_000.0),
        ("turn_taking.interrupt_after_ms", turns.interrupt_after_ms as f64, 20.0, 5_000.0),
        ("turn_taking.max_turn_ms", turns.max_turn_ms as f64, 1_000.0, 600_000.0),
        ("machine.beep_timeout_ms", machine.beep_timeout_ms as f64, 0.0, 120_000.0),
        ("voice.speed", f64::from(speed), 0.5, 2.0),
    ];
    for (path, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            faults.add(path, format!("must lie between {least} and {most}"));
        }
    }
    for name in definition.variables.keys() {
        if !is_identifier(name) {
            faults.add(format!("variables.{name}"), "must be letters, digits and underscores, beginning with a letter");
        } else if NAMESPACES.contains(&name.as_str()) || BUILT_IN_VARIABLES.contains(&name.as_str()) {
            faults.add(format!("variables.{name}"), "is a name that the platform fills in itself");
        }
    }
}

fn check_templates(definition: &AgentDefinition, faults: &mut Faults) {
    let set_by_flow = definition.variables_set();
    let slots = definition.flow.as_ref().map(slot_names).unwrap_or_default();
    let results = result_names(definition);
    visit_templates(definition, &mut |path, template| {
        let names = match names_used(template) {
            Ok(names) => names,
            Err(error) => return faults.add(path, error.to_string()),
        };
        for name in names {
            let mut parts = name.split('.');
            let (root, member) = (parts.next().unwrap_or_default(), parts.next());
            match (root, member) {
                ("slots" | "values", Some(slot)) if !slots.contains(slot) => {
                    faults.add(path, format!("no question fills the slot {slot}"));
                }
                ("tools", Some(result)) if !results.contains(result) => {
                    faults.add(path, format!("no step saves a tool's result as {result}"));
                }
                ("heard", _) if !path.ends_with("confirm_text") => {
                    faults.add(path, "{{heard}} exists only in confirm_text");
                }
                ("arguments", _) if !path.starts_with("tools.") => {
                    faults.add(path, "{{arguments}} exist only in tools");
                }
                _ if NAMESPACES.contains(&root) || BUILT_IN_VARIABLES.contains(&root) => {}
                _ if definition.variables.contains_key(root) || set_by_flow.contains(root) => {}
                _ => faults.add(path, format!("the variable {root} is not declared in variables")),
            }
        }
    });
}

fn check_tools(definition: &AgentDefinition, faults: &mut Faults) {
    for (name, tool) in &definition.tools {
        let path = format!("tools.{name}");
        if !is_identifier(name) {
            faults.add(&path, "must be letters, digits and underscores, beginning with a letter");
        }
        if definition.flow.is_none() && ENGINE_TOOLS.contains(&name.as_str()) {
            faults.add(&path, "is the name of a tool that the platform gives every model itself");
        }
        let is_http = ["http://", "https://", "{{"].iter().any(|start| tool.url.starts_with(start));
        if !is_http {
            faults.add(format!("{path}.url"), "must begin with http:// or https://");
        }
        if !(100..=60_000).contains(&tool.timeout_ms) {
            faults.add(format!("{path}.timeout_ms"), "must lie between 100 and 60000");
        }
        if let Some(field) = tool.headers.keys().find(|field| !is_token(field)) {
            faults.add(format!("{path}.headers.{field}"), "is not a header field name (RFC 9110, 5.6.2)");
        }
    }
}

fn check_intents(flow: &Flow, faults: &mut Faults) {
    for (name, intent) in &flow.intents {
        let path = format!("flow.intents.{name}");
        if intent.phrases.is_empty() && intent.keywords.is_empty() {
            faults.add(&path, "has neither phrases nor keywords");
        }
        if BUILT_IN_INTENTS.contains(&name.as_str()) {
            faults.add(&path, "is built in; add phrases under flow.globals instead");
        }
    }
    for (name, global) in &flow.globals {
        let path = format!("flow.globals.{name}");
        let built_in = BUILT_IN_INTENTS.contains(&name.as_str());
        if !built_in && !flow.intents.contains_key(name) {
            faults.add(&path, "is neither a built-in intent nor one of flow.intents");
        }
        if name == "opt_out" && (global.disabled || global.then.is_some()) {
            faults.add(&path, "cannot be switched off or led elsewhere: a wish not to be called always counts");
        }
        if !built_in && global.text.is_none() && global.then.is_none() {
            faults.add(&path, "needs a text, or a step under then");
        }
    }
    let known = |name: &String| flow.intents.contains_key(name) || BUILT_IN_INTENTS.contains(&name.as_str());
    for (name, step) in &flow.steps {
        let Step::Ask(ask) = step else { continue };
        for intent in ask.on.keys().filter(|intent| !known(intent)) {
            faults.add(format!("flow.steps.{name}.ask.on.{intent}"), "is not an intent of this flow");
        }
        if ask.on.contains_key("opt_out") {
            faults.add(format!("flow.steps.{name}.ask.on.opt_out"), "a wish not to be called cannot be led elsewhere");
        }
    }
}

fn check_slots(flow: &Flow, faults: &mut Faults) {
    for (name, step) in &flow.steps {
        let Step::Ask(ask) = step else { continue };
        for (at, slot) in ask.slots.iter().enumerate() {
            let path = format!("flow.steps.{name}.ask.slots[{at}]");
            if !is_identifier(&slot.name) {
                faults.add(format!("{path}.name"), "must be letters, digits and underscores, beginning with a letter");
            }
            if slot.r#type == SlotType::Choice && slot.choices.is_empty() {
                faults.add(format!("{path}.choices"), "a choice needs choices");
            }
            if at > 0 && slot.prompt.is_none() {
                faults.add(format!("{path}.prompt"), "a further slot needs its own question");
            }
            if slot.min.zip(slot.max).is_some_and(|(min, max)| min > max) {
                faults.add(&path, "min is greater than max");
            }
        }
        if !(1..=10).contains(&ask.max_tries) {
            faults.add(format!("flow.steps.{name}.ask.max_tries"), "must lie between 1 and 10");
        }
    }
}

fn check_outcomes(flow: &Flow, faults: &mut Faults) {
    if flow.outcomes.is_empty() {
        return;
    }
    let mut named = |path: String, outcome: &Option<String>| {
        if let Some(outcome) = outcome
            && !flow.outcomes.contains_key(outcome)
        {
            faults.add(path, format!("the outcome {outcome} is not declared in flow.outcomes"));
        }
    };
    for (name, step) in &flow.steps {
        match step {
            Step::Say(s) => named(format!("flow.steps.{name}.say.outcome"), &s.outcome),
            Step::Set(s) => named(format!("flow.steps.{name}.set.outcome"), &s.outcome),
            Step::Transfer(s) => named(format!("flow.steps.{name}.transfer.outcome"), &s.outcome),
            Step::OptOut(s) => named(format!("flow.steps.{name}.opt_out.outcome"), &s.outcome),
            Step::HangUp(s) => named(format!("flow.steps.{name}.hang_up.outcome"), &s.outcome),
            Step::Ask(_) | Step::Branch(_) | Step::Tool(_) | Step::SendDigits(_) | Step::Fallback(_) => {}
        }
    }
    for (name, global) in &flow.globals {
        named(format!("flow.globals.{name}.outcome"), &global.outcome);
    }
}

fn slot_names(flow: &Flow) -> BTreeSet<&str> {
    let asks = flow.steps.values().filter_map(|step| if let Step::Ask(ask) = step { Some(ask) } else { None });
    asks.flat_map(|ask| ask.slots.iter().map(|slot| slot.name.as_str())).collect()
}

fn result_names(definition: &AgentDefinition) -> BTreeSet<&str> {
    let steps = definition.flow.iter().flat_map(|flow| flow.steps.values());
    let tools = steps.filter_map(|step| if let Step::Tool(tool) = step { Some(tool) } else { None });
    tools.map(|step| step.save_as.as_deref().unwrap_or(&step.tool)).collect()
}

pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_token(field: &str) -> bool {
    !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}
