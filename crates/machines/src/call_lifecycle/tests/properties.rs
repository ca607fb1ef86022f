//! Whatever comes, in whatever order, at whatever time.

use super::*;

fn input() -> impl Strategy<Value = Input> {
    let end_reason = proptest::sample::select(EndReason::ALL);
    prop_oneof![
        Just(Input::Claimed { attempt: attempt() }),
        Just(Input::DialCommitted),
        Just(Input::InviteSent { sip_call_id: "c".into() }),
        prop_oneof![Just(DialFailure::TrunkUnreachable), Just(DialFailure::NoResources)].prop_map(Input::DialFailed),
        (100u16..200, any::<bool>()).prop_map(|(code, early_media)| Input::Provisional { code, early_media }),
        Just(Input::Answered { codec: "PCMU".into() }),
        (300u16..700, proptest::option::of(0u16..128), any::<bool>()).prop_map(|(code, q850, local)| Input::Refused {
            code,
            reason: String::new(),
            q850,
            local
        }),
        proptest::option::of(0u16..128).prop_map(|q850| Input::RemoteBye { q850 }),
        end_reason.clone().prop_map(|reason| Input::AgentHangup { reason }),
        end_reason.prop_map(|reason| Input::Blocked { reason }),
        Just(Input::ApiHangup),
        proptest::sample::select(LineLoss::ALL).prop_map(Input::LineLost),
        Just(Input::MediaLost),
        Just(Input::Transferred),
        Just(Input::LegClosed(LineCounters::default())),
        Just(Input::SessionEnded { outcome: None }),
        Just(Input::Reported(CallFact::OptedOut)),
        Just(Input::Reported(CallFact::Queued)),
    ]
}

/// One step: some time, then an input; `None` waits for the deadline instead.
fn step() -> impl Strategy<Value = (u64, Option<Input>)> {
    (0u64..20_000, prop_oneof![4 => input().prop_map(Some), 1 => Just(None)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn there_is_one_end_and_nothing_after_it(
        head in 0usize..4,
        steps in proptest::collection::vec(step(), 0..40),
    ) {
        let mut line = [Line::new, Line::dialed, Line::ringing, Line::answered][head]();
        for (wait, input) in steps {
            match input {
                Some(input) => {
                    line.waits(Duration::from_millis(wait));
                    line.gets(input);
                    // The shell may be late for a deadline; then it is due now.
                    line.machine.on_deadline(line.now);
                    line.drain();
                }
                None => drop(line.machine.deadline().map(|(_, why)| line.waits_for(why))),
            }
            check(&line)?;
        }
        // Deadlines alone bring every call to its end.
        for _ in 0..8 {
            drop(line.machine.deadline().map(|(_, why)| line.waits_for(why)));
        }
        prop_assert!(line.machine.is_over());
        let ends = line.facts().iter().filter(|f| **f == "call.ended").count();
        prop_assert_eq!(ends, 1);
        check(&line)?;
        check_ending(&line.ending())?;
    }

    #[test]
    fn a_lost_lease_ends_without_a_word(head in 0usize..4, rest in proptest::collection::vec(step(), 0..20)) {
        let mut line = [Line::new, Line::dialed, Line::ringing, Line::answered][head]();
        line.gets(Input::LeaseLost);
        let before = line.outputs.len();
        for (_, input) in rest {
            line.gets(input.unwrap_or(Input::ApiHangup));
        }
        prop_assert_eq!(line.outputs.len(), before);
        prop_assert_eq!(line.machine.deadline(), None);
    }
}

fn check(line: &Line) -> Result<(), TestCaseError> {
    let facts = line.facts();
    for once in ["call.dialing", "call.ringing", "call.answered", "call.ended"] {
        prop_assert!(facts.iter().filter(|f| **f == once).count() <= 1, "{} twice in {:?}", once, facts);
    }
    let place = |name: &str| facts.iter().position(|f| *f == name);
    if let Some(end) = place("call.ended") {
        prop_assert_eq!(end, facts.len() - 1, "something came after the end");
        prop_assert!(matches!(line.outputs.last(), Some(Output::Note(CallFact::Ended(_)))));
    }
    if let (Some(ringing), Some(answered)) = (place("call.ringing"), place("call.answered")) {
        prop_assert!(ringing < answered);
    }
    let invite = line.outputs.iter().position(|o| matches!(o, Output::Do(Effect::SendInvite)));
    let commit = line.outputs.iter().position(|o| matches!(o, Output::Do(Effect::CommitDial { .. })));
    prop_assert!(invite.is_none() || commit < invite, "an INVITE without a durable dial");
    prop_assert!(line.count(&Effect::SendInvite) <= 1);
    prop_assert!(line.count(&Effect::StopSession) <= 1);
    match line.machine.deadline() {
        Some((at, _)) => prop_assert!(at > line.now, "a deadline in the past"),
        None => prop_assert!(line.machine.is_over(), "a state without a deadline"),
    }
    Ok(())
}

fn check_ending(ending: &Ending) -> Result<(), TestCaseError> {
    prop_assert!(ending.status.is_terminal());
    if ending.status != CallStatus::Completed {
        prop_assert_eq!(ending.duration_ms, 0);
    }
    Ok(())
}
