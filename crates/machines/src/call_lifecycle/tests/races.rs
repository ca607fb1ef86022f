//! Hang-ups that cross: the order in which things reach us is not the order in which they happened.

use super::*;

#[test]
fn a_200_that_crosses_our_cancel_gets_a_bye_and_the_call_is_canceled_with_evidence() {
    let mut line = Line::ringing();
    assert_eq!(line.gets(Input::ApiHangup), [Output::Do(Effect::SendCancel)]);
    let effects = line.gets(Input::Answered { codec: "PCMA".into() });
    assert_eq!(effects, [Output::Do(Effect::SendBye), Output::Do(Effect::StopSession)]);
    let ending = line.closes();
    assert_eq!(words(&ending), (CallStatus::Canceled, EndReason::Canceled, Blame::ApiClient));
    assert_eq!(ending.evidence.sip_codes, [180, 200]);
    assert_eq!(ending.evidence.bye_from, Some(Blame::Us));
    assert_eq!(ending.duration_ms, 0);
    assert!(!line.facts().contains(&"call.answered"));
}

#[test]
fn a_487_confirms_our_cancel_and_a_busy_that_was_faster_wins_over_our_timer() {
    let mut line = Line::ringing();
    line.gets(Input::ApiHangup);
    line.gets(refused(487));
    assert_eq!(words(&line.closes()), (CallStatus::Canceled, EndReason::Canceled, Blame::ApiClient));

    let mut line = Line::ringing();
    line.waits_for(Why::Ring);
    line.gets(refused(486));
    assert_eq!(words(&line.closes()), (CallStatus::Busy, EndReason::Busy, Blame::Callee));

    let mut line = Line::ringing();
    line.gets(Input::ApiHangup);
    line.gets(refused(486));
    assert_eq!(line.closes().status, CallStatus::Canceled, "a request got what it asked for");
}

#[test]
fn a_bye_right_behind_the_200_is_a_completed_call_of_no_length() {
    let mut line = Line::answered();
    assert_eq!(line.gets(Input::RemoteBye { q850: Some(16) }), [Output::Do(Effect::StopSession)]);
    let ending = line.closes();
    assert_eq!(words(&ending), (CallStatus::Completed, EndReason::CalleeHangup, Blame::Callee));
    assert_eq!(ending.evidence.bye_from, Some(Blame::Callee));
    assert_eq!(ending.duration_ms, 0);
}

#[test]
fn byes_that_cross_leave_the_first_reason() {
    let mut line = Line::answered();
    line.gets(Input::AgentHangup { reason: EndReason::AgentHangup });
    assert_eq!(line.gets(Input::RemoteBye { q850: None }), []);
    let ending = line.closes();
    assert_eq!(ending.end_reason, EndReason::AgentHangup);
    assert_eq!(ending.evidence.bye_from, Some(Blame::Us));
    assert_eq!(line.machine.ignored(), 0);
}

#[test]
fn hanging_up_337_times_sends_one_bye() {
    let mut line = Line::answered();
    for _ in 0..337 {
        line.gets(Input::AgentHangup { reason: EndReason::AgentHangup });
        line.gets(Input::ApiHangup);
    }
    line.closes();
    assert_eq!(line.count(&Effect::SendBye), 1);
    assert_eq!(line.facts().iter().filter(|f| **f == "call.ended").count(), 1);
}

#[test]
fn a_request_before_the_invite_stops_it_from_leaving() {
    let mut line = Line::new();
    line.gets(Input::ApiHangup);
    assert_eq!(line.ending().status, CallStatus::Canceled);

    let mut line = Line::new();
    line.gets(Input::Claimed { attempt: attempt() });
    line.gets(Input::ApiHangup);
    assert_eq!(line.gets(Input::DialCommitted), [Output::Do(Effect::StopSession)]);
    line.gets(Input::SessionEnded { outcome: None });
    assert_eq!(line.ending().status, CallStatus::Canceled);
    assert_eq!(line.count(&Effect::SendInvite), 0);
}

#[test]
fn a_request_while_the_invite_is_leaving_cancels_it_as_soon_as_it_left() {
    let mut line = Line::new();
    line.gets(Input::Claimed { attempt: attempt() });
    line.gets(Input::DialCommitted);
    assert_eq!(line.gets(Input::ApiHangup), []);
    assert_eq!(line.gets(Input::InviteSent { sip_call_id: "c".into() }), [Output::Do(Effect::SendCancel)]);
    line.gets(refused(487));
    assert_eq!(line.closes().status, CallStatus::Canceled);
}

#[test]
fn a_conversation_that_breaks_off_ends_the_call_as_ours() {
    let mut line = Line::answered();
    assert_eq!(line.gets(Input::SessionEnded { outcome: None })[0], Output::Do(Effect::SendBye));
    line.gets(Input::LegClosed(LineCounters::default()));
    assert_eq!(words(&line.ending()), (CallStatus::Completed, EndReason::AgentError, Blame::Us));
}

#[test]
fn a_leg_that_vanishes_is_an_unknown_end() {
    let mut line = Line::answered();
    line.gets(Input::LegClosed(LineCounters::default()));
    line.gets(Input::SessionEnded { outcome: None });
    assert_eq!(words(&line.ending()), (CallStatus::Completed, EndReason::Unknown, Blame::Unknown));
}

#[test]
fn a_leg_or_session_that_never_closes_delays_the_end_only_so_long() {
    let mut line = Line::answered();
    line.gets(Input::MediaLost);
    line.waits_for(Why::Ending);
    assert_eq!(words(&line.ending()), (CallStatus::Completed, EndReason::MediaLost, Blame::Carrier));
    assert_eq!(line.gets(Input::LegClosed(LineCounters::default())), [], "nothing comes after the end");
}

#[test]
fn a_200_after_we_stopped_waiting_still_gets_its_bye() {
    let mut line = Line::ringing();
    line.waits_for(Why::Ring);
    line.waits_for(Why::Cancel);
    assert_eq!(line.gets(Input::Answered { codec: "PCMU".into() }), [Output::Do(Effect::SendBye)]);
    assert_eq!(line.closes().status, CallStatus::NoAnswer);
}
