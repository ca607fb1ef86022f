//! Going from step to step until one waits for somebody.

use std::sync::Arc;

use domain::agent_definition::Text;
use domain::agent_definition::flow::{Ask, Flow, Step, ToolStep, Transfer};
use domain::outcome::EndReason;
use serde_json::Value;

use super::io::Output;
use super::machine::{After, FlowMachine, InFlight, State};
use super::question::Question;
use super::request::tool_request;

/// Steps that one input may lead through. A definition that passed its checks needs a handful.
const MOST_STEPS: u32 = 64;
/// How often one question may be entered in a call before the conversation is going round in circles.
const MOST_VISITS: u32 = 12;

impl FlowMachine {
    /// Enters a step and those that follow, until one waits.
    pub(super) fn run(&mut self, target: &str) {
        let definition = Arc::clone(&self.definition);
        let Some(flow) = &definition.flow else { return };
        let mut next = Some(target.to_owned());
        for _ in 0..MOST_STEPS {
            let Some(name) = next else { return };
            if Self::is_hang_up(&name) {
                return self.finish(After::HangUp(EndReason::AgentHangup));
            }
            let Some(step) = flow.steps.get(&name) else {
                return self.break_down(&format!("there is no step {name}"));
            };
            next = self.enter(flow, &name, step);
        }
        if next.is_some() {
            self.break_down("the flow goes round without asking");
        }
    }

    /// Does what a step does; the step that follows, unless this one waits.
    fn enter(&mut self, flow: &Flow, name: &str, step: &Step) -> Option<String> {
        match step {
            Step::Say(say) => {
                self.outcome_if(say.outcome.as_deref());
                self.say_text(&format!("{name}.text"), &say.text, say.interruptible);
                Some(say.next.clone())
            }
            Step::Ask(ask) => {
                self.enter_question(flow, name, ask);
                None
            }
            Step::Branch(branch) => {
                let value = self.fill(&branch.on);
                let case = branch.cases.iter().find(|(case, _)| case.trim().eq_ignore_ascii_case(value.trim()));
                Some(case.map_or(&branch.otherwise, |(_, to)| to).clone())
            }
            Step::Tool(tool) => self.enter_tool(name, tool),
            Step::Set(set) => {
                for (variable, template) in &set.variables {
                    let value = self.fill(template);
                    self.memory.set_variable(variable, value);
                }
                self.outcome_if(set.outcome.as_deref());
                Some(set.next.clone())
            }
            Step::Transfer(transfer) => {
                self.enter_transfer(name, transfer);
                None
            }
            Step::SendDigits(send) => {
                let digits: String = self.fill(&send.digits).chars().filter(|c| is_dtmf(*c)).collect();
                self.state = State::Finishing(After::Digits { digits: digits.clone(), next: send.next.clone() });
                if !self.speech.is_quiet() {
                    return None;
                }
                self.out.push_back(Output::SendDigits { digits });
                Some(send.next.clone())
            }
            Step::OptOut(opt_out) => {
                let outcome = opt_out.outcome.as_deref().unwrap_or("opted_out");
                self.opt_out(&format!("{name}.text"), opt_out.text.as_ref(), outcome);
                None
            }
            Step::HangUp(hang_up) => {
                self.outcome_if(hang_up.outcome.as_deref());
                if let Some(text) = &hang_up.text {
                    self.say_text(&format!("{name}.text"), text, Some(false));
                }
                self.finish(After::HangUp(EndReason::AgentHangup));
                None
            }
            Step::Fallback(fallback) => {
                match self.last_question.clone() {
                    Some(question) => self.off_script(flow, question, fallback.text.as_ref()),
                    None => self.break_down(&format!("step {name} has no question to go back to")),
                }
                None
            }
        }
    }

    fn enter_question(&mut self, flow: &Flow, name: &str, ask: &Ask) {
        let visits = self.visits.entry(name.to_owned()).or_default();
        *visits += 1;
        if *visits > MOST_VISITS {
            return self.give_up(flow);
        }
        self.tries.remove(name);
        self.pose_or_fill(flow, ask, Question::new(name));
    }

    fn enter_tool(&mut self, name: &str, step: &ToolStep) -> Option<String> {
        let definition = Arc::clone(&self.definition);
        let Some(tool) = definition.tools.get(&step.tool) else {
            self.trouble(format!("there is no tool {}", step.tool));
            return Some(step.on_failure.clone());
        };
        let context = self.memory.context();
        let call = context.get("call_id").and_then(Value::as_str).unwrap_or_default();
        let request = match tool_request(tool, &context, &format!("{call}-{}", step.tool)) {
            Ok(request) => request,
            Err(error) => {
                self.trouble(format!("tool {} was not called: {error}", step.tool));
                return Some(step.on_failure.clone());
            }
        };
        let save_as = step.save_as.clone().unwrap_or_else(|| step.tool.clone());
        if let Some(result) = request.idempotency_key.as_ref().and_then(|key| self.written.get(key)).cloned() {
            self.memory.set_result(&save_as, &Ok(result));
            return Some(step.on_success.clone());
        }
        if let Some(text) = &step.text {
            self.say_text(&format!("{name}.text"), text, None);
        }
        let id = self.next_id();
        let key = request.idempotency_key.clone();
        self.in_flight.insert(id, InFlight { step: name.to_owned(), save_as, key });
        self.state = State::Working { id, asked_to_wait: step.text.is_some() };
        self.out.push_back(Output::CallTool { id, name: step.tool.clone(), request });
        None
    }

    /// Keeps a tool's result, whatever the conversation has come to meanwhile. False for an id nobody asked for.
    pub(super) fn tool_answered(&mut self, id: u64, result: &Result<Value, String>) -> bool {
        let Some(call) = self.in_flight.remove(&id) else { return false };
        self.memory.set_result(&call.save_as, result);
        match result {
            Ok(value) => {
                if let Some(key) = call.key {
                    self.written.insert(key, value.clone());
                }
            }
            Err(error) => self.trouble_in_call(&format!("tool in step {} failed: {error}", call.step)),
        }
        let waited_for = matches!(self.state, State::Working { id: working, .. } if working == id);
        let definition = Arc::clone(&self.definition);
        if waited_for
            && let Some(flow) = &definition.flow
            && let Some(Step::Tool(step)) = flow.steps.get(&call.step)
        {
            self.run(if result.is_ok() { &step.on_success } else { &step.on_failure });
        }
        true
    }

    fn trouble_in_call(&mut self, detail: &str) {
        if !self.is_over() {
            self.trouble(detail.to_owned());
        }
    }

    fn enter_transfer(&mut self, name: &str, transfer: &Transfer) {
        self.outcome_if(transfer.outcome.as_deref());
        let to = self.fill(&transfer.to);
        if to.trim().is_empty() {
            self.trouble(format!("step {name} has nobody to transfer to"));
            return self.after_failed_transfer(name);
        }
        if let Some(text) = &transfer.text {
            self.say_text(&format!("{name}.text"), text, Some(false));
        }
        self.finish(After::Transfer { to, step: name.to_owned() });
    }

    pub(super) fn after_failed_transfer(&mut self, name: &str) {
        let definition = Arc::clone(&self.definition);
        let steps = definition.flow.as_ref().map(|flow| &flow.steps);
        if let Some(Step::Transfer(Transfer { on_failure: Some(next), .. })) = steps.and_then(|steps| steps.get(name)) {
            return self.run(next);
        }
        self.say("I'm sorry, I couldn't reach anybody. We'll call you back. Goodbye.".to_owned(), Some(false));
        self.finish(After::HangUp(EndReason::AgentHangup));
    }

    /// Takes the number off the list, says so, and hangs up.
    pub(super) fn opt_out(&mut self, key: &str, text: Option<&Text>, outcome: &str) {
        if !std::mem::replace(&mut self.opted_out, true) {
            self.out.push_back(Output::OptOut);
        }
        self.set_outcome(outcome);
        match text {
            Some(text) => self.say_text(key, text, Some(false)),
            None => self.say(super::built_in::text_of("opt_out").to_owned(), Some(false)),
        }
        self.finish(After::HangUp(EndReason::AgentHangup));
    }

    pub(super) fn outcome_if(&mut self, outcome: Option<&str>) {
        if let Some(outcome) = outcome {
            self.set_outcome(outcome);
        }
    }

    /// The next variant of a text, said.
    pub(super) fn say_text(&mut self, key: &str, text: &Text, interruptible: Option<bool>) {
        let (text, missing) = self.memory.speak(key, text, None);
        if let Some(missing) = missing {
            self.trouble(format!("{key}: {missing}"));
        }
        self.say(text, interruptible);
    }

    pub(super) fn say(&mut self, text: String, interruptible: Option<bool>) {
        let text = text.trim();
        if text.is_empty() || self.is_over() {
            return;
        }
        let interruptible = interruptible.unwrap_or(self.definition.turn_taking.interruptible);
        self.speech.push(text);
        self.out.push_back(Output::Say { text: text.to_owned(), interruptible });
    }

    /// A template filled in; what is missing is reported and left out.
    pub(super) fn fill(&mut self, template: &str) -> String {
        let (text, missing) = self.memory.fill(template, None);
        if let Some(missing) = missing {
            self.trouble(missing.to_string());
        }
        text
    }
}

fn is_dtmf(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '*' | '#' | 'A'..='D' | 'w')
}
