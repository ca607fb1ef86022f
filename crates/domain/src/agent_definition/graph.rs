//! Where steps lead: every target exists, every step can be reached, nothing goes round without asking.

use std::collections::{BTreeMap, BTreeSet};

use super::Flow;
use super::check::{Faults, is_identifier};
use super::flow::{HANG_UP, LISTEN, RESUME, Step, Tool};

pub(super) fn check_graph(flow: &Flow, tools: &BTreeMap<String, Tool>, faults: &mut Faults) {
    if flow.steps.is_empty() {
        return faults.add("flow.steps", "is empty");
    }
    for (path, target) in targets(flow) {
        if !flow.steps.contains_key(&target) {
            faults.add(path, format!("there is no step {target}"));
        }
    }
    for (name, step) in &flow.steps {
        if !is_identifier(name) || [RESUME, HANG_UP, LISTEN].contains(&name.as_str()) {
            faults.add(format!("flow.steps.{name}"), "is not a name for a step");
        }
        check_exits(name, step, tools, faults);
    }
    let reached = reachable(flow);
    for name in flow.steps.keys().filter(|name| !reached.contains(name.as_str())) {
        faults.add(format!("flow.steps.{name}"), "cannot be reached from flow.start, an intent or a global");
    }
    for name in flow.steps.keys().filter(|name| loops_silently(flow, name)) {
        faults.add(format!("flow.steps.{name}"), "goes round without ever asking anything");
    }
}

fn check_exits(name: &str, step: &Step, tools: &BTreeMap<String, Tool>, faults: &mut Faults) {
    match step {
        Step::Ask(ask) => {
            if ask.next.is_none() && ask.on.is_empty() {
                faults.add(format!("flow.steps.{name}.ask"), "leads nowhere: give next, or steps under on");
            } else if ask.next.is_none() && !ask.slots.is_empty() {
                faults.add(format!("flow.steps.{name}.ask.next"), "is needed once the slots are filled");
            }
        }
        Step::Tool(step) if !tools.contains_key(&step.tool) => {
            faults.add(format!("flow.steps.{name}.tool.tool"), format!("there is no tool {}", step.tool));
        }
        _ => {}
    }
}

/// Every target of the flow with its place. Reserved words are not targets.
fn targets(flow: &Flow) -> Vec<(String, String)> {
    let mut all = vec![("flow.start".to_owned(), flow.start.clone())];
    all.extend(flow.fallback.then.iter().map(|to| ("flow.fallback.then".to_owned(), to.clone())));
    for (name, global) in &flow.globals {
        all.extend(global.then.iter().map(|to| (format!("flow.globals.{name}.then"), to.clone())));
    }
    for (name, step) in &flow.steps {
        all.extend(exits(step).into_iter().map(|(key, to)| (format!("flow.steps.{name}.{key}"), to.to_owned())));
    }
    all.retain(|(path, to)| {
        let is_global = path.starts_with("flow.globals.");
        to != HANG_UP && !(is_global && (to == RESUME || to == LISTEN))
    });
    all
}

fn exits(step: &Step) -> Vec<(String, &str)> {
    let mut all: Vec<(String, &str)> = Vec::new();
    match step {
        Step::Say(s) => all.push(("say.next".into(), &s.next)),
        Step::Set(s) => all.push(("set.next".into(), &s.next)),
        Step::SendDigits(s) => all.push(("send_digits.next".into(), &s.next)),
        Step::Tool(s) => {
            all.push(("tool.on_success".into(), &s.on_success));
            all.push(("tool.on_failure".into(), &s.on_failure));
        }
        Step::Branch(s) => {
            all.extend(s.cases.iter().map(|(case, to)| (format!("branch.cases.{case}"), to.as_str())));
            all.push(("branch.otherwise".into(), &s.otherwise));
        }
        Step::Ask(s) => {
            all.extend(s.on.iter().map(|(intent, to)| (format!("ask.on.{intent}"), to.as_str())));
            let named = [("ask.next", &s.next), ("ask.otherwise", &s.otherwise), ("ask.on_failure", &s.on_failure)];
            all.extend(named.into_iter().filter_map(|(key, to)| to.as_deref().map(|to| (key.to_owned(), to))));
        }
        Step::Transfer(s) => all.extend(s.on_failure.as_deref().map(|to| ("transfer.on_failure".to_owned(), to))),
        Step::OptOut(_) | Step::HangUp(_) | Step::Fallback(_) => {}
    }
    all
}

fn reachable(flow: &Flow) -> BTreeSet<&str> {
    let mut open: Vec<&str> = vec![&flow.start];
    open.extend(flow.fallback.then.as_deref());
    open.extend(flow.globals.values().filter_map(|global| global.then.as_deref()));
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(step) = flow.steps.get(name)
            && reached.insert(name)
        {
            open.extend(exits(step).into_iter().map(|(_, to)| to));
        }
    }
    reached
}

/// Whether the step comes back to itself through steps that never wait for anybody.
fn loops_silently(flow: &Flow, start: &str) -> bool {
    let waits = |step: &Step| matches!(step, Step::Ask(_) | Step::Tool(_) | Step::Fallback(_));
    let Some(first) = flow.steps.get(start).filter(|step| !waits(step)) else { return false };
    let mut open: Vec<&str> = exits(first).into_iter().map(|(_, to)| to).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if name == start {
            return true;
        }
        if let Some(step) = flow.steps.get(name).filter(|step| !waits(step))
            && seen.insert(name)
        {
            open.extend(exits(step).into_iter().map(|(_, to)| to));
        }
    }
    false
}
