//! The persona machine by tables: inputs with times in, deeds with times out.

use std::sync::Arc;

use domain::time::Mono;

use super::*;

/// A machine with everything it does, and the times at which it did it.
struct Stage {
    machine: Machine,
    done: Vec<(u64, Do)>,
}

impl Stage {
    fn new(yaml: &str) -> Self {
        let script = Persona::parse(yaml).unwrap().compile().unwrap();
        let mut stage = Self { machine: Machine::new(Arc::new(script), false, Mono::ZERO), done: Vec::new() };
        stage.drain(0);
        stage
    }

    fn drain(&mut self, at: u64) {
        while let Some(done) = self.machine.poll() {
            self.done.push((at, done));
        }
    }

    fn give(&mut self, at: u64, input: Input) {
        self.run_to(at);
        self.machine.handle(Mono::from_millis(at), input);
        self.drain(at);
    }

    /// Fires every deadline up to `at`; a deadline that does not move is a busy loop.
    fn run_to(&mut self, at: u64) {
        let mut last = None;
        let mut same = 0;
        while let Some(due) = self.machine.deadline().filter(|due| *due <= Mono::from_millis(at)) {
            same = if last == Some(due) { same + 1 } else { 0 };
            assert!(same < 10, "busy loop at {due:?}");
            last = Some(due);
            self.machine.handle(due, Input::Tick);
            self.drain(due.0.as_millis() as u64);
        }
    }

    /// The agent says something, and it is understood 150 ms after its end.
    fn agent(&mut self, from: u64, to: u64, text: &str) {
        self.give(from, Input::AgentSpeaks);
        self.give(to, Input::AgentSilent { since: Mono::from_millis(to) });
        self.give(to + 150, Input::Text(text.into()));
    }

    /// What was asked for since the last call, with the time; sounds are taken to last 500 ms.
    fn said(&mut self) -> Vec<(u64, String)> {
        let mut out = Vec::new();
        for (at, done) in std::mem::take(&mut self.done) {
            if let Do::Play(_, Sound::Words(text)) = done {
                out.push((at, text));
            }
        }
        out
    }

    fn finish_sound(&mut self, at: u64) {
        let number = self.done.iter().rev().find_map(|(_, done)| match done {
            Do::Play(number, _) => Some(*number),
            _ => None,
        });
        self.give(at, Input::Played(number.unwrap()));
    }
}

fn words(at: u64, text: &str) -> (u64, String) {
    (at, text.to_owned())
}

#[test]
fn rings_then_answers_then_opens() {
    let mut stage = Stage::new("opening: [{ say: Hello? }]\npick_up: { ring_after_ms: 50, answer_after_ms: 800 }");
    stage.run_to(5_000);
    assert_eq!(
        stage.done,
        [(50, Do::Ring { early_media: false }), (800, Do::Answer), (1_100, Do::Play(1, Sound::Words("Hello?".into()))),]
    );
}

#[test]
fn does_not_open_when_the_agent_talks_already() {
    let mut stage = Stage::new("opening: [{ say: Hello? }]\nopening_after_ms: 500");
    stage.give(1_000, Input::AgentSpeaks);
    stage.run_to(5_000);
    assert_eq!(stage.said(), []);
    let mut machine = Stage::new("opening: [{ say: Hello? }]\nopening_after_ms: 500\nopening_over_agent: true");
    machine.give(1_000, Input::AgentSpeaks);
    machine.run_to(5_000);
    assert_eq!(machine.said(), [words(1_400, "Hello?")]);
}

#[test]
fn refuses_and_never_answers() {
    let mut busy = Stage::new("pick_up: { ring_after_ms: null, answer_after_ms: 200, refuse: 486 }");
    busy.run_to(60_000);
    assert_eq!(busy.done, [(200, Do::Refuse(486))]);
    assert!(busy.machine.is_over());
    let mut never = Stage::new("pick_up: { never: true }");
    never.run_to(600_000);
    assert_eq!(never.done, [(100, Do::Ring { early_media: false })]);
}

#[test]
fn early_media_is_played_before_the_answer_and_dropped_by_it() {
    let mut stage = Stage::new(
        "pick_up: { ring_after_ms: 10, answer_after_ms: 300, early_media: [{ tone: { hz: 440, and_hz: 480, ms: 2000 } }, { say: never }] }",
    );
    stage.run_to(300);
    let tone = Sound::Tone { hz: 440.0, and_hz: Some(480.0), ms: 2000 };
    assert_eq!(stage.done, [(10, Do::Ring { early_media: true }), (10, Do::Play(1, tone)), (300, Do::Answer)]);
    stage.run_to(10_000);
    assert_eq!(stage.said(), []);
}

const SCRIPT: &str = "
script:
  - { wait_for: ['good time'], say: 'Yes.' }
  - { wait_for: ['(monday|tuesday)'], after_ms: 400, say: 'Tuesday, please.' }
rules:
  - { when: ['who'], say: 'Me.', times: 1 }
  - { when_digits: '12', say: 'Menu.' }
otherwise: [{ say: 'Pardon?' }]
hang_up: { after_s: 60, on_words: ['goodbye'] }
";

#[test]
fn follows_the_script_in_order_and_rules_between() {
    let mut stage = Stage::new(SCRIPT);
    stage.agent(1_000, 2_000, "Is this a good time?");
    stage.run_to(2_900);
    assert_eq!(stage.said(), [words(2_800, "Yes.")]);
    stage.give(3_000, Input::Played(1));
    stage.agent(3_500, 4_000, "Who is this?");
    stage.run_to(4_900);
    assert_eq!(stage.said(), [words(4_800, "Me.")]);
    stage.give(5_000, Input::Played(2));
    stage.agent(5_500, 6_000, "Who is this?");
    stage.run_to(6_900);
    assert_eq!(stage.said(), [words(6_800, "Pardon?")]);
    stage.give(7_000, Input::Played(3));
    stage.agent(7_500, 8_000, "Is Monday better?");
    stage.run_to(9_500);
    assert_eq!(stage.said(), [words(9_100, "Tuesday, please.")]);
}

#[test]
fn a_turn_with_a_short_pause_is_one_turn() {
    let mut stage = Stage::new(SCRIPT);
    stage.agent(1_000, 2_000, "Is this a");
    stage.agent(2_400, 3_000, "good time?");
    stage.run_to(4_000);
    assert_eq!(stage.said(), [words(3_800, "Yes.")]);
}

#[test]
fn waits_for_late_text_but_not_for_ever() {
    let mut stage = Stage::new(SCRIPT);
    stage.give(1_000, Input::AgentSpeaks);
    stage.give(2_000, Input::AgentSilent { since: Mono::from_millis(2_000) });
    stage.give(3_500, Input::Text("a good time".into()));
    assert_eq!(stage.said(), []);
    stage.run_to(3_600);
    assert_eq!(stage.said(), [words(3_600, "Yes.")]);
    stage.give(3_700, Input::Played(1));
    stage.give(4_000, Input::AgentSpeaks);
    stage.give(5_000, Input::AgentSilent { since: Mono::from_millis(5_000) });
    stage.run_to(20_000);
    assert_eq!(stage.said(), [words(8_100, "Pardon?")]);
}

#[test]
fn yields_when_the_agent_goes_on() {
    let mut stage = Stage::new("script: [{ say: 'Fine.', after_ms: 500 }]");
    stage.agent(1_000, 2_000, "one");
    stage.give(2_900, Input::AgentSpeaks);
    stage.run_to(3_500);
    assert_eq!(stage.said(), []);
    stage.give(4_000, Input::AgentSilent { since: Mono::from_millis(4_000) });
    stage.run_to(4_700);
    assert_eq!(stage.said(), [words(4_700, "Fine.")]);
}

#[test]
fn interrupts_by_time_in_the_given_turn_and_once() {
    let mut stage = Stage::new(
        "interruptions: [{ in_turn: 2, after_ms: 800, say: 'Wait.' }]\notherwise: [{ say: 'Yes.' }]\nturn_end_ms: 500",
    );
    stage.agent(1_000, 3_000, "first turn");
    stage.run_to(4_000);
    assert_eq!(stage.said(), [words(3_600, "Yes.")]);
    stage.give(4_000, Input::Played(1));
    stage.give(4_500, Input::AgentSpeaks);
    stage.run_to(5_400);
    assert_eq!(stage.said(), [words(5_300, "Wait.")]);
    stage.give(5_600, Input::AgentSilent { since: Mono::from_millis(5_600) });
    stage.give(5_700, Input::Text("second".into()));
    stage.give(5_900, Input::Played(2));
    stage.run_to(7_000);
    assert_eq!(stage.said(), [], "a turn that was talked over is not answered again");
    stage.agent(7_000, 9_000, "third");
    stage.run_to(9_700);
    assert_eq!(stage.said(), [words(9_600, "Yes.")]);
}

#[test]
fn interrupts_at_words_heard_so_far() {
    let mut stage = Stage::new("interruptions: [{ when: ['appointment'], say: 'No, stop.' }]");
    assert!(stage.machine.wants_interim());
    stage.give(1_000, Input::AgentSpeaks);
    stage.give(1_500, Input::Interim("This is about".into()));
    assert_eq!(stage.said(), []);
    stage.give(2_000, Input::Interim("This is about your appointment".into()));
    assert_eq!(stage.said(), [words(2_000, "No, stop.")]);
    assert!(!stage.machine.wants_interim());
}

#[test]
fn makes_noises_of_attention() {
    let mut stage = Stage::new("backchannel: { say: 'Uh-huh.', every_ms: 1500, at_most: 2 }");
    stage.give(1_000, Input::AgentSpeaks);
    stage.run_to(2_600);
    stage.finish_sound(2_700);
    stage.run_to(4_100);
    stage.finish_sound(4_200);
    stage.run_to(30_000);
    assert_eq!(stage.said(), [words(2_500, "Uh-huh."), words(4_000, "Uh-huh.")]);
}

#[test]
fn keys_fire_their_rule_and_stop_the_menu() {
    let mut stage = Stage::new(SCRIPT);
    stage.give(2_000, Input::Digit('1'));
    assert_eq!(stage.said(), []);
    stage.give(2_100, Input::Digit('2'));
    stage.run_to(3_000);
    assert_eq!(stage.said(), [words(2_200, "Menu.")]);
}

#[test]
fn hangs_up_by_words_by_time_and_by_silence() {
    let mut words = Stage::new(SCRIPT);
    words.agent(1_000, 2_000, "Thank you. Goodbye!");
    words.run_to(3_000);
    assert_eq!(words.done.last(), Some(&(2_700, Do::HangUp)));
    let mut time = Stage::new(SCRIPT);
    time.run_to(100_000);
    assert_eq!(time.done.last(), Some(&(60_900, Do::HangUp)));
    let mut silence = Stage::new("hang_up: { after_silence_s: 5 }");
    silence.agent(2_000, 9_000, "a long message");
    silence.run_to(60_000);
    assert_eq!(silence.done.last(), Some(&(14_000, Do::HangUp)));
}

#[test]
fn a_voicemail_greets_beeps_and_records_silently() {
    let mut stage = Stage::new(include_str!("builtin/voicemail.yaml"));
    stage.run_to(2_000);
    assert_eq!(stage.said().len(), 1);
    stage.give(8_000, Input::Played(1));
    stage.run_to(8_700);
    assert_eq!(stage.done, [(8_600, Do::Play(2, Sound::Tone { hz: 1000.0, and_hz: None, ms: 500 }))]);
    stage.give(9_100, Input::Played(2));
    stage.done.clear();
    stage.agent(9_500, 14_000, "this is a message");
    stage.run_to(30_000);
    assert_eq!(stage.done, [(19_000, Do::HangUp)]);
}

#[test]
fn a_menu_repeats_itself() {
    let mut stage = Stage::new(include_str!("builtin/ivr.yaml"));
    stage.run_to(3_000);
    stage.give(6_000, Input::Played(1));
    stage.run_to(10_500);
    let times: Vec<u64> = stage.said().into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [1_400, 10_000]);
}

#[test]
fn the_deaf_take_any_turn_for_the_script() {
    let script = Persona::parse(SCRIPT).unwrap().compile().unwrap();
    let mut stage = Stage { machine: Machine::new(Arc::new(script), true, Mono::ZERO), done: Vec::new() };
    stage.agent(1_000, 2_000, "");
    stage.run_to(3_000);
    assert_eq!(stage.said(), [words(2_800, "Yes.")]);
}

#[test]
fn nothing_is_done_after_the_end() {
    let mut stage = Stage::new(SCRIPT);
    stage.give(1_000, Input::Over);
    stage.done.clear();
    stage.agent(2_000, 3_000, "good time");
    stage.run_to(100_000);
    assert_eq!(stage.done, []);
    assert_eq!(stage.machine.deadline(), None);
}

#[test]
fn refuses_documents_that_cannot_be_played() {
    let bad = [
        ("nonsense: 1", "nonsense"),
        ("script: [{ wait_for: ['('], say: x }]", "script[0]"),
        ("pick_up: { refuse: 200 }", "refuse"),
        ("line: { loss_percent: 101 }", "loss"),
        ("interruptions: [{ say: x }]", "interruptions[0]"),
        ("opening: [{ digits: 'x' }]", "digits"),
    ];
    for (yaml, place) in bad {
        let error = Persona::parse(yaml).and_then(Persona::compile).unwrap_err().to_string();
        assert!(error.contains(place), "{yaml}: {error}");
    }
}

#[test]
fn every_built_in_persona_plays_to_its_end() {
    for built in BUILT_IN {
        let persona = built.persona();
        assert_eq!(persona.name, built.name);
        assert_eq!(for_number(built.number), Some(persona.clone()));
        assert_eq!(for_number(built.name), Some(persona.clone()));
        let script = Arc::new(persona.compile().unwrap());
        let mut stage = Stage { machine: Machine::new(script, false, Mono::ZERO), done: Vec::new() };
        for turn in 0..200 {
            stage.agent(turn * 5_000 + 1_000, turn * 5_000 + 3_000, "Hello, goodbye.");
            let sounds = stage.done.iter().filter(|(_, done)| matches!(done, Do::Play(..))).count();
            for number in 0..sounds {
                stage.give(turn * 5_000 + 4_000, Input::Played(number as u32 + 1));
            }
        }
        stage.run_to(10_000_000);
        let ended = stage.machine.is_over() || built.name == "never_answers";
        assert!(ended, "{} never ends", built.name);
    }
}

#[test]
fn words_are_matched_without_case_and_punctuation() {
    assert_eq!(normalise("  Hello,  I’m 'here' -- OK? "), "hello i'm here ok");
    let pattern = Pattern::new("good (time|moment)").unwrap();
    assert!(pattern.found_in(&normalise("Is this a GOOD, time?")));
    assert!(!pattern.found_in(&normalise("goodtime")));
}
