//! Whatever comes, in whatever order, at whatever time.

use super::*;

fn input() -> impl Strategy<Value = Input> {
    let text = proptest::sample::select(vec!["", "uh-huh", "Hello?", "I want to", "Tomorrow at five.", "um"]);
    let at = || (0u64..60_000).prop_map(CallMs);
    prop_oneof![
        1 => Just(Input::Answered),
        3 => at().prop_map(|at| Input::AgentStarted { at }),
        3 => at().prop_map(|at| Input::AgentFinished { at }),
        1 => at().prop_map(|at| Input::AgentCut { at }),
        1 => Just(Input::NoReply),
        5 => at().prop_map(|at| Input::SpeechStarted { at }),
        5 => (at(), 0u64..500).prop_map(|(at, lag)| Input::SpeechEnded { at, noticed: CallMs(at.0 + lag) }),
        3 => (1u32..4, 1u32..8, text).prop_map(|(segment, request, text)| Input::Text {
            segment,
            request,
            text: text.into()
        }),
        1 => (1u32..4, 1u32..8).prop_map(|(segment, request)| Input::TextFailed { segment, request }),
        1 => (1u32..4, 0f32..1.0).prop_map(|(segment, score)| Input::TurnHint { segment, score }),
        1 => Just(Input::Digit),
        1 => any::<bool>().prop_map(Input::ExpectDictation),
        1 => any::<bool>().prop_map(Input::Interruptible),
        1 => any::<bool>().prop_map(Input::Hold),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Gets(Input),
    /// The answer to the latest request.
    Text(&'static str),
    /// Time until the next deadline.
    Deadline,
}

fn step() -> impl Strategy<Value = (u64, Step)> {
    let text = proptest::sample::select(vec!["", "uh-huh", "Hello?", "I want to", "Tomorrow at five."]);
    (
        0u64..2_000,
        prop_oneof![6 => input().prop_map(Step::Gets), 3 => text.prop_map(Step::Text), 2 => Just(Step::Deadline)],
    )
}

fn profile() -> impl Strategy<Value = Profile> {
    (any::<bool>(), any::<bool>(), 0u64..1_000, 0u64..2_000, 0u64..2_000, 0u64..40_000).prop_map(
        |(listen, interruptible, interrupt_after_ms, endpoint_ms, endpoint_max_ms, max_turn_ms)| Profile {
            opening: if listen { Opening::ListenFirst } else { Opening::SpeakFirst },
            interruptible,
            interrupt_after_ms,
            endpoint_ms,
            endpoint_max_ms,
            max_turn_ms,
            ..Profile::default()
        },
    )
}

fn run(floor: &mut Floor, steps: Vec<(u64, Step)>) -> Result<(), TestCaseError> {
    let mut now = Mono::from_millis(ORIGIN);
    for (wait, step) in steps {
        now = now + Duration::from_millis(wait);
        match step {
            Step::Gets(input) => floor.machine.handle(now, input),
            Step::Text(text) => {
                if let Some((segment, request)) = floor.latest_request() {
                    floor.machine.handle(now, Input::Text { segment, request, text: text.into() });
                }
            }
            Step::Deadline => {
                if let Some((at, _)) = floor.machine.deadline() {
                    now = now.max(at);
                }
            }
        }
        floor.machine.on_deadline(now);
        floor.drain();
        if let Some((at, why)) = floor.machine.deadline() {
            prop_assert!(at > now, "{:?} is due in the past", why);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn every_segment_is_decided_at_most_once_and_in_order(
        profile in profile(),
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let mut floor = Floor::with(profile);
        run(&mut floor, steps)?;
        let (mut decided, mut requests, mut stopped) = (0, 0, None);
        for output in &floor.outputs {
            match output {
                Output::CommitTurn(CommittedTurn { segment, .. })
                | Output::Aside { segment, .. }
                | Output::Discard { segment } => {
                    prop_assert!(*segment > decided, "{} decided after {}", segment, decided);
                    decided = *segment;
                }
                Output::RequestText { segment, request, .. } => {
                    prop_assert!(*segment > decided, "text of a decided segment");
                    prop_assert!(*request > requests);
                    requests = *request;
                }
                Output::StopAgent { segment } => {
                    prop_assert!(segment.is_none_or(|s| s > decided));
                    stopped = *segment;
                }
                Output::Resume { segment } => {
                    prop_assert_eq!(Some(*segment), stopped, "nothing to resume");
                    stopped = None;
                }
                _ => {}
            }
            if let Output::CommitTurn(turn) = output {
                prop_assert!(turn.start <= turn.end);
                prop_assert!(!turn.interrupted || stopped == Some(turn.segment));
            }
        }
    }

    #[test]
    fn an_agent_that_may_not_be_interrupted_never_is(
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let mut floor = Floor::with(Profile { interruptible: false, ..Profile::default() });
        run(&mut floor, steps)?;
        prop_assert!(!floor.stopped());
    }

    #[test]
    fn left_alone_every_conversation_ends_in_silence(steps in proptest::collection::vec(step(), 0..60)) {
        let mut floor = Floor::answered();
        run(&mut floor, steps)?;
        // The callee goes quiet, the agent says whatever it is asked to.
        let mut now = Mono::from_millis(ORIGIN + 1_000_000);
        let far = CallMs(1_000_000);
        floor.machine.handle(now, Input::SpeechEnded { at: far, noticed: far });
        floor.machine.handle(now, Input::AgentFinished { at: far });
        floor.drain();
        for _ in 0..60 {
            let Some((at, _)) = floor.machine.deadline() else { break };
            now = at;
            floor.machine.on_deadline(now);
            floor.drain();
        }
        prop_assert!(floor.has(&Output::SilenceTimeout), "still waits: {:?}", floor.machine);
    }
}
