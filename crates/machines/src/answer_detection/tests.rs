//! Tables and properties of `answer_detection`.

use domain::outcome::AnsweredBy as By;
use proptest::prelude::*;

use super::*;

/// The media clock starts this long after the process; the call is answered at its zero.
const ORIGIN: u64 = 10_000;

struct Ear {
    machine: AnswerDetection,
    outputs: Vec<Output>,
    segment: u32,
}

impl Ear {
    fn answered() -> Self {
        let mut ear = Self { machine: AnswerDetection::new(), outputs: Vec::new(), segment: 0 };
        ear.gets(0, Input::Answered);
        ear
    }

    fn gets(&mut self, at: u64, input: Input) {
        self.until(at);
        self.machine.handle(Mono::from_millis(ORIGIN + at), input);
        self.drain();
    }

    fn until(&mut self, at: u64) {
        while let Some((due, _)) = self.machine.deadline().filter(|(due, _)| *due <= Mono::from_millis(ORIGIN + at)) {
            self.machine.on_deadline(due);
            self.drain();
        }
    }

    fn drain(&mut self) {
        self.outputs.extend(std::iter::from_fn(|| self.machine.poll()));
    }

    /// Speech with its text 250 ms after its end.
    fn says(mut self, start: u64, end: u64, text: &str) -> Self {
        self.segment += 1;
        let segment = self.segment;
        self.gets(start, Input::SpeechStarted { at: CallMs(start) });
        self.gets(end, Input::SpeechEnded { at: CallMs(end), noticed: CallMs(end) });
        self.gets(end + 250, Input::Text { segment, text: text.into() });
        self
    }

    fn agent_until(mut self, at: u64) -> Self {
        self.gets(at, Input::AgentFinished { at: CallMs(at) });
        self
    }

    fn beeps(mut self, at: u64) -> Self {
        self.gets(at, Input::Beep { at: CallMs(at), hertz: 1_000.0, duration_ms: 400 });
        self
    }

    /// The idea at a time.
    fn idea(mut self, at: u64) -> (By, f32) {
        self.until(at);
        self.machine.answered_by()
    }
}

#[test]
fn who_picked_up_is_told_by_words_length_and_pauses() {
    let table: &[(u64, u64, &str, By, f32)] = &[
        (400, 900, "Hello?", By::Human, 0.9),
        (400, 1_300, "Smith residence.", By::Human, 0.8),
        (400, 2_200, "He is not available right now.", By::Human, 0.6),
        (400, 4_900, "Good morning, Acme Dental, this is Maria, how can I help you?", By::Human, 0.8),
        (400, 5_400, "Sweeney household, Tom here, we were just talking about you", By::Human, 0.5),
        (
            400,
            8_000,
            "Hi, you've reached Ada. I can't come to the phone. Please leave a message after the tone.",
            By::Machine,
            0.95,
        ),
        (400, 4_000, "Hi, this is Bob, sorry I missed your call, I will get back to you.", By::Machine, 0.8),
        (400, 2_500, "At the tone, please record your message.", By::Machine, 0.95),
        (
            400,
            5_500,
            "Hi, if you record your name and reason for calling, I'll see if this person is available.",
            By::CallScreen,
            0.9,
        ),
        (400, 6_000, "Thank you for calling. For sales, press one. For service, press two.", By::Ivr, 0.9),
        (400, 2_000, "Would you like to leave a message for him?", By::Human, 0.8),
    ];
    for (start, end, text, who, at_least) in table {
        let (got, confidence) = Ear::answered().says(*start, *end, text).idea(end + 1_500);
        assert_eq!(got, *who, "{text:?}");
        assert!(confidence >= *at_least, "{text:?} only {confidence}");
    }
}

#[test]
fn timing_alone_never_makes_an_agent_act() {
    let mut ear = Ear::answered();
    ear.gets(400, Input::SpeechStarted { at: CallMs(400) });
    ear.until(3_200);
    let (who, confidence) = ear.machine.answered_by();
    assert_eq!(who, By::Machine);
    assert!(confidence < ACT_ON_MACHINE);
    assert!(!ear.machine.is_machine());
}

#[test]
fn a_beep_after_a_greeting_is_a_machine_and_is_told() {
    let ear = Ear::answered().says(400, 8_000, "You've reached Ada, please leave a message.").beeps(8_600);
    assert!(ear.outputs.contains(&Output::BeepHeard { at: CallMs(8_600) }));
    let (who, confidence) = ear.idea(8_700);
    assert_eq!(who, By::Machine);
    assert!(confidence > 0.97);
    assert_eq!(Ear::answered().beeps(2_000).idea(2_001), (By::Machine, 0.85));
}

#[test]
fn a_fax_tone_is_no_beep() {
    let mut ear = Ear::answered();
    ear.gets(4_000, Input::Beep { at: CallMs(4_000), hertz: 2_100.0, duration_ms: 2_600 });
    assert_eq!(ear.machine.answered_by().0, By::Fax);
    assert!(!ear.outputs.iter().any(|o| matches!(o, Output::BeepHeard { .. })));
}

#[test]
fn a_conversation_is_human_whatever_is_spoken_of() {
    let ear = Ear::answered().says(400, 900, "Hello?").agent_until(5_000).says(
        5_600,
        7_000,
        "Oh, did you leave a message yesterday?",
    );
    assert_eq!(ear.idea(8_500).0, By::Human);

    let ear = Ear::answered()
        .says(400, 900, "Hello?")
        .agent_until(5_000)
        .says(5_600, 7_000, "What's the reason for your call?")
        .beeps(7_400);
    assert_eq!(ear.idea(8_500).0, By::Human, "a microwave oven");
}

#[test]
fn a_greeting_with_a_pause_is_no_answer_to_the_agent() {
    let ear = Ear::answered().says(400, 1_000, "You there?").agent_until(1_260).says(1_500, 2_300, "One moment.");
    let (who, confidence) = ear.idea(4_000);
    assert_eq!(who, By::Human);
    assert!(confidence < 0.9, "half a second is a pause, not a turn");
}

#[test]
fn a_person_who_takes_over_from_a_screen_is_noticed() {
    let ear = Ear::answered()
        .says(400, 5_500, "Please state your name and I'll see if this person is available.")
        .agent_until(9_000)
        .says(9_600, 10_800, "Thanks, stay on the line.")
        .agent_until(12_000)
        .says(13_000, 13_500, "Hello?");
    let ideas: Vec<By> = ear
        .outputs
        .iter()
        .filter_map(|o| match o {
            Output::Decided { answered_by, .. } => Some(*answered_by),
            Output::BeepHeard { .. } => None,
        })
        .collect();
    assert!(ideas.contains(&By::CallScreen), "{ideas:?}");
    assert_eq!(ear.idea(15_000).0, By::Human);
}

#[test]
fn a_menu_that_repeats_itself_stays_a_menu() {
    let menu = "For sales press one, for service press two.";
    let mut ear = Ear::answered().says(400, 6_000, menu);
    for turn in 1..4 {
        ear = ear.agent_until(turn * 9_000).says(turn * 9_000 + 1_000, turn * 9_000 + 5_000, menu);
    }
    assert_eq!(ear.idea(40_000).0, By::Ivr);
}

#[test]
fn music_is_nobody() {
    let mut ear = Ear::answered();
    ear.gets(400, Input::SpeechStarted { at: CallMs(400) });
    ear.gets(1_500, Input::Text { segment: 1, text: String::new() });
    assert_eq!(ear.idea(9_000), (By::Unknown, 0.0));
}

#[test]
fn silence_ends_in_unknown_and_a_late_hello_is_still_a_person() {
    let mut ear = Ear::answered();
    ear.until(10_000);
    assert!(matches!(ear.outputs.as_slice(), [Output::Decided { answered_by: By::Unknown, .. }]));
    assert_eq!(ear.says(12_000, 12_500, "Hello?").idea(14_000).0, By::Human);
}

#[test]
fn the_evidence_says_what_it_was_decided_by() {
    let ear = Ear::answered().says(400, 8_000, "You've reached Ada, please leave a message.");
    let Some(Output::Decided { evidence, .. }) = ear.outputs.last() else { panic!("undecided") };
    assert_eq!((evidence.first_speech_ms, evidence.greeting_ms), (Some(400), 7_600));
    assert_eq!(evidence.words, ["leave a message", "you've reached"]);
    assert!(!evidence.why.is_empty());
}

fn input() -> impl Strategy<Value = Input> {
    let text =
        proptest::sample::select(vec!["", "Hello?", "leave a message after the tone", "press one", "you've reached"]);
    let at = || (0u64..60_000).prop_map(CallMs);
    prop_oneof![
        Just(Input::Answered),
        at().prop_map(|at| Input::SpeechStarted { at }),
        (at(), 0u64..500).prop_map(|(at, lag)| Input::SpeechEnded { at, noticed: CallMs(at.0 + lag) }),
        (1u32..5, text).prop_map(|(segment, text)| Input::Text { segment, text: text.into() }),
        at().prop_map(|at| Input::AgentFinished { at }),
        (at(), 300f32..2_500.0, 50u64..4_000).prop_map(|(at, hertz, duration_ms)| Input::Beep {
            at,
            hertz,
            duration_ms
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn it_always_comes_to_an_idea_and_only_tells_better_ones(
        steps in proptest::collection::vec((0u64..3_000, input()), 0..50),
    ) {
        let mut ear = Ear::answered();
        let mut now = 0;
        for (wait, input) in steps {
            now += wait;
            ear.gets(now, input);
            ear.machine.on_deadline(Mono::from_millis(ORIGIN + now));
            ear.drain();
            if let Some((at, why)) = ear.machine.deadline() {
                prop_assert!(at > Mono::from_millis(ORIGIN + now), "{:?} is due in the past", why);
            }
        }
        ear.until(now + 100_000);
        prop_assert_eq!(ear.machine.deadline(), None, "something is waited for for ever");
        let mut known: Option<(By, f32)> = None;
        for output in &ear.outputs {
            let Output::Decided { answered_by, confidence, .. } = output else { continue };
            prop_assert!((0.0..=1.0).contains(confidence));
            if let Some((who, sure)) = known {
                prop_assert!(who != *answered_by || *confidence > sure, "told twice");
            }
            known = Some((*answered_by, *confidence));
        }
        prop_assert!(known.is_some());
    }
}
