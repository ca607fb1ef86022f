//! Any sequence of inputs: no panic, nothing after the hang-up, few outputs each, and a conversation that is either
//! over or waits for something that will come.

use std::sync::Arc;

use domain::time::Mono;
use jiff::civil::datetime;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::super::{FlowMachine, Input, Output};
use super::talk::definition;
use crate::Machine;

/// Most outputs that one input may cause.
const MOST_OUTPUTS: usize = 40;

const AGENTS: [&str; 3] = [
    include_str!("../../../../../examples/lead-callback/agent.yaml"),
    include_str!("../../../../../examples/appointment-reminder/agent.yaml"),
    include_str!("../../../../../examples/payment-reminder/agent.yaml"),
];

fn inputs() -> impl Strategy<Value = Input> {
    let words = prop_oneof![
        Just("yes"),
        Just("no"),
        Just("tomorrow at three"),
        Just("no, Tuesday"),
        Just("who is this"),
        Just("say that again"),
        Just("hold on"),
        Just("how much is it?"),
        Just("uh-huh"),
        Just("hello"),
        Just("cancel it"),
        Just("I already paid"),
        Just("the 31st at half past twelve"),
        Just("not five, four"),
        Just("take me off your list"),
        Just(""),
    ]
    .prop_map(str::to_owned);
    let text = prop_oneof![4 => words, 1 => "\\PC{0,40}"];
    prop_oneof![
        8 => text.prop_map(|text| Input::Heard { text, scores: vec![("cancel".to_owned(), 0.9)] }),
        2 => Just(Input::Spoken),
        1 => Just(Input::Silence),
        1 => Just(Input::Start),
        1 => "[0-9]{1,4}".prop_map(Input::Digits),
        1 => "\\PC{0,30}".prop_map(|heard_text| Input::AgentInterrupted { heard_text }),
        1 => (0..3u64).prop_map(|id| Input::ToolResult { id, result: Ok(json!({})) }),
        1 => (0..3u64).prop_map(|id| Input::ModelAnswer { id, result: Err("late".into()) }),
        1 => Just(Input::TransferFailed { detail: "busy".into() }),
    ]
}

proptest! {
    #[test]
    fn any_conversation_ends_or_waits(agent in 0..3usize, seed: u64, inputs in vec(inputs(), 0..60)) {
        let definition = definition(AGENTS[agent]);
        let variables = definition.sample_variables();
        let now = datetime(2026, 11, 18, 10, 0, 0, 0);
        let mut machine = FlowMachine::start(Arc::new(definition), &variables, now, seed);
        let mut over = false;
        let mut opt_outs = 0;
        for input in std::iter::once(Input::Start).chain(inputs) {
            machine.handle(Mono::ZERO, input);
            let outputs: Vec<Output> = std::iter::from_fn(|| machine.poll()).collect();
            prop_assert!(outputs.len() <= MOST_OUTPUTS);
            prop_assert!(!over || outputs.is_empty(), "after the hang-up: {outputs:?}");
            let ends = outputs.iter().filter(|output| matches!(output, Output::HangUp { .. })).count();
            prop_assert!(ends <= 1);
            let ended_last = matches!(outputs.last(), Some(Output::HangUp { .. }));
            prop_assert!(ends == 0 || ended_last);
            opt_outs += outputs.iter().filter(|output| matches!(output, Output::OptOut)).count();
            over |= ends == 1;
        }
        prop_assert!(opt_outs <= 1);
        prop_assert_eq!(over, machine.is_over());
        // A callee who says nothing any more is not kept on the line.
        for _ in 0..20 {
            machine.handle(Mono::ZERO, Input::Spoken);
            machine.handle(Mono::ZERO, Input::Silence);
            while machine.poll().is_some() {}
        }
        machine.handle(Mono::ZERO, Input::Spoken);
        prop_assert!(machine.is_over());
    }
}
