//! An agent definition and a conversation with it: the document, a line `---8<---`, then one input a line.
//! Law: a document is read or refused; one that passes its check leads any conversation without panic, with a bounded
//! number of outputs each, with nothing after the hang-up, and to an end when the callee falls silent.
#![no_main]

use std::sync::Arc;

use domain::agent_definition::AgentDefinition;
use domain::time::Mono;
use jiff::civil::datetime;
use libfuzzer_sys::fuzz_target;
use machines::Machine;
use machines::flow::{FlowMachine, Input, Output};

/// Between the document and the conversation.
const CUT: &str = "\n---8<---\n";

/// Most inputs played; each costs a look through all rules.
const MOST_INPUTS: usize = 40;

/// Rounds of silence after which nobody may be kept on the line, beyond the prompts that the agent asks for.
const PATIENCE: usize = 64;

fuzz_target!(|text: &str| {
    let (document, conversation) = text.split_once(CUT).unwrap_or((text, ""));
    let Ok(definition) = AgentDefinition::parse(document) else { return };
    let faults = definition.check();
    let again = AgentDefinition::parse(&serde_json::to_string(&definition).expect("a definition can be written"));
    assert!(again.is_ok_and(|again| again.check() == faults), "written and read again it is another");
    if !faults.is_empty() || definition.flow.is_none() {
        return;
    }
    let prompts = usize::try_from(definition.limits.max_silence_prompts).unwrap_or(usize::MAX);
    if prompts > 100 {
        return;
    }
    let steps = definition.flow.as_ref().map_or(0, |flow| flow.steps.len());
    let mut call = Call::new(definition, conversation.len() as u64, 40 + 8 * steps);
    call.hand(Input::Start);
    for line in conversation.lines().take(MOST_INPUTS) {
        call.hand(input(line, call.last_id));
    }
    for _ in 0..PATIENCE + 8 * steps + prompts {
        call.hand(Input::Spoken);
        call.answer_what_is_open();
        call.hand(Input::Silence);
    }
    call.hand(Input::Spoken);
    assert!(call.machine.is_over(), "a silent callee is kept on the line");
});

struct Call {
    machine: FlowMachine,
    over: bool,
    opt_outs: usize,
    last_id: u64,
    transferring: bool,
    most_outputs: usize,
}

impl Call {
    fn new(definition: AgentDefinition, seed: u64, most_outputs: usize) -> Self {
        let variables = definition.sample_variables();
        let now = datetime(2026, 11, 18, 10, 0, 0, 0);
        let machine = FlowMachine::start(Arc::new(definition), &variables, now, seed);
        Self { machine, over: false, opt_outs: 0, last_id: 0, transferring: false, most_outputs }
    }

    fn hand(&mut self, input: Input) {
        self.machine.handle(Mono::ZERO, input);
        let mut count = 0;
        while let Some(output) = self.machine.poll() {
            assert!(!self.over, "after the hang-up");
            count += 1;
            assert!(count <= self.most_outputs, "one input caused {count} outputs");
            match output {
                Output::HangUp { .. } => self.over = true,
                Output::OptOut => self.opt_outs += 1,
                Output::CallTool { id, .. } | Output::AskModel { id, .. } => self.last_id = id,
                Output::Transfer { .. } => self.transferring = true,
                _ => {}
            }
        }
        assert_eq!(self.over, self.machine.is_over());
        assert!(self.opt_outs <= 1);
    }

    /// Tools and models always answer within their deadline, and a transfer comes to something.
    fn answer_what_is_open(&mut self) {
        let id = self.last_id;
        self.hand(Input::ToolResult { id, result: Err("late".to_owned()) });
        self.hand(Input::ModelAnswer { id, result: Err("late".to_owned()) });
        if std::mem::take(&mut self.transferring) {
            self.hand(Input::TransferFailed { detail: "busy".to_owned() });
        }
    }
}

/// The first character says what kind of input a line is; without one of these it is what the callee said.
fn input(line: &str, last_id: u64) -> Input {
    let mut characters = line.chars();
    let kind = characters.next();
    let rest = characters.as_str().to_owned();
    match kind {
        Some('.') => Input::Spoken,
        Some('_') => Input::Silence,
        Some('|') => Input::AgentInterrupted { heard_text: rest },
        Some('#') => Input::Digits(rest),
        Some('{') => {
            let result = serde_json::from_str(&line[..]).map_err(|_| rest);
            Input::ToolResult { id: last_id, result }
        }
        Some('~') => Input::ModelAnswer { id: last_id, result: Ok(rest) },
        Some('!') => Input::ModelAnswer { id: last_id, result: Err(rest) },
        Some('>') => Input::TransferFailed { detail: rest },
        Some('@') => Input::MachineAnswered,
        Some('=') => Input::Heard { scores: vec![(rest.clone(), 0.9)], text: rest },
        _ => Input::Heard { text: line.to_owned(), scores: Vec::new() },
    }
}
