//! Scenes of a conversation, with the times they take.

use super::*;

#[test]
fn a_complete_text_ends_the_turn_at_the_short_endpoint() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_000);
    assert_eq!(floor.until(6_199), []);
    assert_eq!(floor.until(6_200), [Output::RequestText { segment: 1, request: 1, interim: false }]);
    assert_eq!(floor.text(6_260, "Tomorrow at five."), []);
    assert_eq!(floor.until(6_319), []);
    floor.until(6_320);
    let turn = floor.turns()[0];
    assert_eq!((turn.text.as_str(), turn.start, turn.end), ("Tomorrow at five.", CallMs(5_000), CallMs(6_000)));
    assert_eq!((turn.waited, turn.waited_for_text), (Duration::from_millis(320), Duration::ZERO));
    assert!(!turn.interrupted && !turn.continues && !turn.before_opening);
}

#[test]
fn an_unfinished_text_waits_longer_and_a_dictated_one_longest() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_000);
    floor.text(6_250, "I would like to");
    floor.until(6_899);
    assert_eq!(floor.turns().len(), 0);
    floor.until(6_900);
    assert_eq!(floor.turns().len(), 1);

    let mut floor = Floor::greeted();
    floor.gets(4_500, Input::ExpectDictation(true));
    floor.speech(5_000, 6_000);
    floor.text(6_250, "five five five.");
    floor.until(7_399);
    assert_eq!(floor.turns().len(), 0);
    floor.until(7_400);
    assert_eq!(floor.turns().len(), 1);
}

#[test]
fn a_hint_counts_only_when_it_is_clear() {
    for (score, text, endpoint) in [
        (0.1, "Tomorrow at five.", 900),
        (0.4, "Tomorrow at five.", 320),
        (0.5, "I would like to", 900),
        (0.95, "I would like to", 610),
        // People mostly go on after a bare no.
        (0.9, "No.", 610),
        (0.9, "No, thank you.", 320),
    ] {
        let mut floor = Floor::greeted();
        floor.speech(5_000, 6_000);
        floor.text(6_250, text);
        floor.gets(6_260, Input::TurnHint { segment: 1, score });
        floor.until(6_000 + endpoint - 1);
        assert_eq!(floor.turns().len(), 0, "{score} {text}");
        floor.until(6_000 + endpoint);
        assert_eq!(floor.turns().len(), 1, "{score} {text}");
    }
}

#[test]
fn speech_that_resumes_goes_on_with_the_turn_and_the_later_text_replaces() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_000);
    floor.text(6_250, "I would like to");
    floor.speech(6_500, 7_500);
    floor.text(7_750, "I would like to cancel it.");
    floor.until(9_000);
    let turns = floor.turns();
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].text, "I would like to cancel it.");
    assert_eq!((turns[0].start, turns[0].end), (CallMs(5_000), CallMs(7_500)));
}

#[test]
fn an_answer_from_before_speech_resumed_is_not_all_of_it() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_000);
    floor.until(6_210);
    floor.speech(6_300, 7_500);
    floor.gets(7_610, Input::Text { segment: 1, request: 1, text: "Tomorrow.".into() });
    assert_eq!(floor.until(7_700), [Output::RequestText { segment: 1, request: 2, interim: false }]);
    floor.until(8_500);
    assert_eq!(floor.turns().len(), 0);
    floor.text(8_600, "Tomorrow at five.");
    assert_eq!(floor.turns()[0].text, "Tomorrow at five.");
}

#[test]
fn a_late_text_ends_the_turn_when_it_comes_and_says_how_long_that_took() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_000);
    floor.text(6_500, "Tomorrow at five.");
    let turn = floor.turns()[0];
    assert_eq!((turn.waited, turn.waited_for_text), (Duration::from_millis(500), Duration::from_millis(180)));
}

#[test]
fn a_text_that_never_comes_is_not_waited_for_for_ever() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_500);
    floor.until(6_700 + 2_500);
    assert_eq!(floor.turns()[0].text, "", "somebody spoke, so it is a turn all the same");

    let mut floor = Floor::greeted();
    floor.speech(5_000, 5_300);
    floor.until(9_000);
    assert!(floor.has(&Output::Discard { segment: 1 }), "a short noise is not");
    assert_eq!(floor.turns().len(), 0);
}

#[test]
fn speech_of_interrupt_after_stops_the_agent_and_becomes_the_turn() {
    let mut floor = Floor::agent_speaks();
    assert_eq!(floor.gets(8_060, Input::SpeechStarted { at: CallMs(8_000) }), []);
    assert_eq!(floor.until(8_119), []);
    assert_eq!(floor.until(8_120), [Output::StopAgent { segment: Some(1) }]);
    floor.gets(8_140, Input::AgentCut { at: CallMs(8_140) });
    floor.gets(9_100, Input::SpeechEnded { at: CallMs(9_000), noticed: CallMs(9_100) });
    floor.text(9_250, "No, the other one.");
    floor.until(9_320);
    assert!(floor.turns()[0].interrupted);
}

#[test]
fn a_cough_that_stopped_the_agent_lets_it_go_on() {
    for (text, aside) in [("", false), ("Uh-huh.", true)] {
        let mut floor = Floor::agent_speaks();
        floor.speech(8_000, 8_300);
        assert!(floor.stopped());
        floor.gets(8_450, Input::AgentCut { at: CallMs(8_140) });
        floor.text(8_550, text);
        floor.until(9_500);
        assert!(floor.has(&Output::Resume { segment: 1 }));
        assert_eq!(floor.outputs.iter().any(|o| matches!(o, Output::Aside { .. })), aside);
        assert_eq!(floor.turns().len(), 0);
    }
}

#[test]
fn short_speech_over_the_agent_takes_the_floor_by_its_words_only() {
    let profile = Profile { interrupt_after_ms: 500, ..Profile::default() };
    for (text, takes) in [("mm-hmm", false), ("", false), ("Stop.", true), ("Yes.", true)] {
        let mut floor = Floor::with(profile.clone());
        floor.gets(0, Input::Answered);
        floor.gets(50, Input::AgentStarted { at: CallMs(50) });
        floor.speech(8_000, 8_300);
        floor.text(8_550, text);
        assert_eq!(floor.stopped(), takes, "{text:?}");
        floor.until(10_000);
        assert_eq!(floor.turns().len(), usize::from(takes), "{text:?}");
        assert!(!floor.outputs.iter().any(|o| matches!(o, Output::Resume { .. })) || takes);
    }
}

#[test]
fn while_the_agent_may_not_be_interrupted_words_are_held_back_and_not_dropped() {
    let mut floor = Floor::agent_speaks();
    floor.gets(5_100, Input::Interruptible(false));
    floor.speech(8_000, 9_000);
    floor.text(9_250, "I have a question.");
    floor.until(12_000);
    assert!(!floor.stopped());
    assert_eq!(floor.turns().len(), 0);
    floor.gets(12_500, Input::AgentFinished { at: CallMs(12_500) });
    assert_eq!(floor.turns()[0].text, "I have a question.");
}

#[test]
fn a_hello_at_pick_up_does_not_cut_the_greeting() {
    let mut floor = Floor::answered();
    floor.gets(80, Input::AgentStarted { at: CallMs(80) });
    floor.speech(400, 900);
    floor.text(1_150, "Hello?");
    floor.until(3_000);
    assert!(!floor.stopped());
    assert!(floor.outputs.iter().any(|o| matches!(o, Output::Aside { text, .. } if text == "Hello?")));

    let mut floor = Floor::answered();
    floor.gets(80, Input::AgentStarted { at: CallMs(80) });
    floor.speech(400, 1_200);
    floor.text(1_450, "Who is this?");
    assert!(floor.stopped(), "but a question does");
}

#[test]
fn speech_before_the_reply_sounds_takes_the_reply_back() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_000);
    floor.text(6_260, "Tomorrow at five.");
    floor.until(6_400);
    floor.speech(6_500, 7_200);
    assert!(floor.stopped());
    floor.text(7_450, "No, at six.");
    floor.until(8_000);
    let turns = floor.turns();
    assert_eq!(turns.len(), 2);
    assert!(turns[1].continues && !turns[1].interrupted);
}

#[test]
fn whoever_is_to_speak_first_does() {
    assert!(Floor::answered().has(&Output::Open));

    let listener = Profile { opening: Opening::ListenFirst, ..Profile::default() };
    let mut floor = Floor::with(listener.clone());
    floor.gets(0, Input::Answered);
    assert_eq!(floor.until(1_999), []);
    assert_eq!(floor.until(2_000), [Output::Open]);

    let mut floor = Floor::with(listener);
    floor.gets(0, Input::Answered);
    floor.speech(500, 900);
    floor.text(1_150, "Hello?");
    floor.until(3_000);
    assert!(floor.turns()[0].before_opening);
    assert!(!floor.has(&Output::Open));
}

#[test]
fn silence_is_prompted_and_then_ends_the_call() {
    let mut floor = Floor::greeted();
    assert_eq!(floor.until(10_000), [Output::SilencePrompt { count: 1 }]);
    floor.gets(10_100, Input::AgentStarted { at: CallMs(10_100) });
    floor.gets(11_000, Input::AgentFinished { at: CallMs(11_000) });
    assert_eq!(floor.until(17_000), [Output::SilencePrompt { count: 2 }]);
    floor.gets(17_100, Input::AgentStarted { at: CallMs(17_100) });
    floor.gets(18_000, Input::AgentFinished { at: CallMs(18_000) });
    assert_eq!(floor.until(24_000), [Output::SilenceTimeout]);
    assert_eq!(floor.machine.deadline(), None);
}

#[test]
fn a_turn_or_a_key_starts_the_count_of_silences_again_and_hold_gives_time() {
    let mut floor = Floor::greeted();
    floor.until(10_000);
    floor.gets(10_100, Input::AgentStarted { at: CallMs(10_100) });
    floor.gets(11_000, Input::AgentFinished { at: CallMs(11_000) });
    floor.gets(12_000, Input::Digit);
    assert_eq!(floor.until(18_000), [Output::SilencePrompt { count: 1 }]);

    let mut floor = Floor::greeted();
    floor.gets(5_000, Input::Hold(true));
    assert_eq!(floor.until(124_999), []);
    assert_eq!(floor.until(125_000), [Output::SilencePrompt { count: 1 }]);
}

#[test]
fn a_callee_who_never_stops_loses_the_floor() {
    let mut floor = Floor::greeted();
    floor.gets(5_060, Input::SpeechStarted { at: CallMs(5_000) });
    let due = floor.until(35_000);
    assert_eq!(due[0], Output::MaxTurn { segment: 1 });
    floor.text(35_100, "and then she said to me and then I said");
    assert_eq!(floor.turns()[0].end, CallMs(35_100));
    // The agent speaks over the noise that goes on.
    floor.gets(35_300, Input::AgentStarted { at: CallMs(35_300) });
    floor.until(39_000);
    assert!(!floor.stopped());
}

#[test]
fn endless_sound_without_words_ends_like_silence() {
    let mut floor = Floor::greeted();
    floor.gets(5_060, Input::SpeechStarted { at: CallMs(5_000) });
    let mut now = 35_000;
    for _ in 0..6 {
        floor.until(now);
        if floor.has(&Output::SilenceTimeout) {
            return;
        }
        floor.text(now + 50, "");
        if matches!(floor.outputs.last(), Some(Output::SilencePrompt { .. })) {
            floor.gets(now + 100, Input::AgentStarted { at: CallMs(now + 100) });
            floor.gets(now + 1_000, Input::AgentFinished { at: CallMs(now + 1_000) });
        }
        now += 31_000;
    }
    assert!(floor.has(&Output::SilenceTimeout), "{:?}", floor.outputs);
}

#[test]
fn a_reply_that_does_not_come_is_reported_once_and_the_floor_is_freed() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_000);
    floor.text(6_260, "Tomorrow at five.");
    floor.until(6_320);
    assert_eq!(floor.until(14_320), [Output::ReplyOverdue]);
    assert_eq!(floor.until(22_320), []);
    assert_eq!(floor.until(28_320), [Output::SilencePrompt { count: 1 }]);
}

#[test]
fn an_agent_with_nothing_to_say_frees_the_floor() {
    let mut floor = Floor::greeted();
    floor.speech(5_000, 6_000);
    floor.text(6_260, "Hold on.");
    floor.gets(6_400, Input::NoReply);
    assert_eq!(floor.until(12_400), [Output::SilencePrompt { count: 1 }]);
}

#[test]
fn texts_while_the_callee_speaks_are_asked_for_at_their_pace() {
    let profile = Profile::default();
    let settings =
        Settings { interim_every: Some(Duration::from_millis(1_000)), ..Settings::new(&profile, &Limits::default()) };
    let mut floor = Floor { machine: TurnTaking::new(settings), now: 0, outputs: Vec::new() };
    floor.gets(0, Input::Answered);
    floor.gets(50, Input::AgentStarted { at: CallMs(50) });
    floor.gets(4_000, Input::AgentFinished { at: CallMs(4_000) });
    floor.gets(5_000, Input::SpeechStarted { at: CallMs(4_950) });
    let interims =
        |outputs: &[Output]| outputs.iter().filter(|o| matches!(o, Output::RequestText { interim: true, .. })).count();
    assert_eq!(interims(&floor.until(8_500)), 3);
    floor.gets(8_600, Input::SpeechEnded { at: CallMs(8_500), noticed: CallMs(8_600) });
    assert_eq!(interims(&floor.until(20_000)), 0);
}

#[test]
fn a_key_stops_the_agent_and_nothing_brings_its_words_back() {
    let mut floor = Floor::agent_speaks();
    floor.speech(8_000, 8_300);
    floor.gets(8_450, Input::AgentCut { at: CallMs(8_140) });
    floor.gets(8_480, Input::Digit);
    floor.text(8_550, "");
    floor.until(9_500);
    assert!(floor.has(&Output::Discard { segment: 1 }));
    assert!(!floor.has(&Output::Resume { segment: 1 }));

    let mut floor = Floor::agent_speaks();
    assert_eq!(floor.gets(6_000, Input::Digit), [Output::StopAgent { segment: None }]);
    let mut floor = Floor::agent_speaks();
    floor.gets(5_500, Input::Interruptible(false));
    assert_eq!(floor.gets(6_000, Input::Digit), []);
}
