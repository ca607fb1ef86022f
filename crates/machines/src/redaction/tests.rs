//! Tables and properties of redaction: what must go goes, and ordinary sentences stay as they are.

use domain::agent_definition::Redaction::{self, CardNumbers, Emails, SpokenDigits};
use domain::call_event::{CallFact, Ending};
use domain::outcome::{AnsweredBy, Blame, CallStatus, EndReason, Evidence, Outcome};
use domain::time::CallMs;
use domain::transcript::{Speaker, Turn};
use proptest::prelude::*;
use serde_json::json;

use super::numbers::passes_luhn;
use super::*;

const ALL: &[Redaction] = &[CardNumbers, Emails, SpokenDigits];

fn turn(speaker: Speaker, text: &str) -> CallFact {
    CallFact::Turn(Turn {
        number: 1,
        speaker,
        text: text.to_owned(),
        intended: None,
        start_ms: CallMs(0),
        end_ms: CallMs(1),
        interrupted: false,
        by_person: false,
        latency: None,
    })
}

/// What is left of turns of the callee.
fn heard(kinds: &[Redaction], turns: &[&str]) -> Vec<String> {
    let mut redactor = Redactor::new(kinds);
    let left = turns.iter().map(|text| match redactor.fact(turn(Speaker::Callee, text)) {
        CallFact::Turn(turn) => turn.text,
        other => panic!("{other:?}"),
    });
    left.collect()
}

#[test]
fn card_numbers_are_masked_however_they_are_said() {
    let table = [
        ("4111111111111111", "[card number]"),
        ("It is 4111 1111 1111 1111, thanks.", "It is [card number], thanks."),
        ("it is 4111-1111-1111-1111 and the name is Ada", "it is [card number] and the name is Ada"),
        ("3782 822463 10005 is my card", "[card number] is my card"),
        ("four one one one one one one one one one one one one one one one please", "[card number] please"),
        ("forty one eleven eleven eleven eleven eleven eleven eleven please", "[card number] please"),
        (
            "four triple one double one double one double one double one double one one one please",
            "[card number] please",
        ),
        ("four one one one, uh, one one one one, then one one one one, one one one one", "[card number]"),
        ("Forty-one eleven, 1111, one one one one and 1111 please", "[card number] please"),
    ];
    for (said, left) in table {
        assert_eq!(heard(&[CardNumbers], &[said]), [left], "{said}");
    }
    let other = "my order is 9058766186598516, it is late";
    assert_eq!(heard(&[CardNumbers], &[other]), [other], "a wrong check digit is no card");
}

#[test]
fn a_card_number_over_several_turns_leaves_five_digits_at_most() {
    let turns = ["four one one one", "one one one one", "uh", "1111", "one one one one thank you"];
    assert_eq!(
        heard(&[CardNumbers], &turns),
        ["four one one one", "[digits]", "uh", "[digits]", "[card number] thank you"]
    );
    let halves = ["My card is 4111 1111", "1111 1111."];
    assert_eq!(heard(&[CardNumbers], &halves), ["My card is [digits]", "[card number]."]);
    let other = ["I have four kids", "One of them is ill"];
    assert_eq!(heard(&[CardNumbers], &other), other);
}

#[test]
fn spoken_digits_are_masked_from_four_on() {
    let table = [
        ("my pin is four one five five", "my pin is [digits]"),
        ("double five seven two", "[digits]"),
        ("it is 12345.", "it is [digits]."),
        ("fifty five, sixty six, seventy seven", "[digits]"),
        ("5 5 5 1 2 3 4 is the number", "[digits] is the number"),
        ("the code is oh seven oh seven okay", "the code is [digits] okay"),
    ];
    for (said, left) in table {
        assert_eq!(heard(&[SpokenDigits], &[said]), [left], "{said}");
    }
    assert_eq!(heard(&[SpokenDigits], &["four one", "five five"]), ["four one", "[digits]"]);
}

#[test]
fn addresses_are_masked_written_and_spoken() {
    let table = [
        ("write to maria@example.com.", "write to [email]."),
        ("It's maria.lopez+x@mail.example.co.uk, okay?", "It's [email], okay?"),
        ("maria at example dot com", "[email]"),
        ("It is Maria dot Lopez at example dot co dot uk please", "It is [email] please"),
        ("m a r i a at g mail dot com", "[email]"),
        ("ada underscore one at my company dot org", "[email]"),
        ("zo\u{eb}@ex\u{e4}mple.de und so", "[email] und so"),
    ];
    for (said, left) in table {
        assert_eq!(heard(&[Emails], &[said]), [left], "{said}");
    }
}

/// What people say on the telephone and what must stay as it is, with everything masked that can be.
const ORDINARY: &[&str] = &[
    "Yes, that works for me.",
    "No, thank you, I am not interested.",
    "Call me back tomorrow at five thirty.",
    "I will be there at 10:45.",
    "The meeting is on May 1st, 2026.",
    "It was in nineteen eighty four.",
    "Let's say twenty twenty six.",
    "The appointment is on 2026-05-01.",
    "On 12/05/2026 at noon.",
    "The price is $1,250.50 a month.",
    "That is one hundred and twenty dollars.",
    "I paid 99 euros.",
    "It costs 1,500 dollars.",
    "We have two kids and three dogs.",
    "One or two of them.",
    "About ten percent, maybe fifteen.",
    "I am forty two years old.",
    "He is sixty-five.",
    "We live at 12 Baker Street.",
    "My flat is number seven.",
    "The bus is line 42.",
    "Open nine to five.",
    "From eight to twelve on Mondays.",
    "In a week from Tuesday.",
    "The third of June, please.",
    "Between 3 and 4 in the afternoon.",
    "At a quarter past six.",
    "I called three times already.",
    "Give me five minutes.",
    "Twenty minutes, no more.",
    "Meet me at noon on the dot.",
    "He works at the bank.",
    "I am at home.",
    "We met at Example in London.",
    "Look at this dot on the map.",
    "Send it to my office.",
    "At the moment I have no time.",
    "It happened at three.",
    "I was born in 1984.",
    "Nine one one is for emergencies.",
    "The year 2000 was fine.",
    "Room 305, second floor.",
    "Version 2.5 of the app.",
    "Half past seven is good.",
    "It takes 30 to 45 minutes.",
    "I need 250 grams of it.",
    "A hundred thousand people.",
    "My son is 8, my daughter is 11.",
    "Sixteen is too young.",
    "Once or twice a year.",
    "Oh, I see.",
    "Oh no, not again.",
    "Okay, so one more thing.",
    "That makes double the price.",
    "A triple espresso, please.",
    "First, second, third.",
    "Page 12, line 3.",
    "The flight leaves at 18:20.",
    "My hours are 9:00 to 17:30.",
    "It's 20 degrees outside.",
    "Between 100 and 200 dollars.",
    "The score was 3 to 1.",
    "I am on the 5th floor.",
    "You can't at this time.",
];

#[test]
fn ordinary_sentences_stay_as_they_are() {
    assert!(ORDINARY.len() >= 60, "{}", ORDINARY.len());
    for sentence in ORDINARY {
        assert_eq!(heard(ALL, &[sentence]), [*sentence]);
    }
}

#[test]
fn keys_slots_and_outcomes_are_masked_too() {
    let mut redactor = Redactor::new(ALL);
    let pressed = CallFact::Digits { sent: false, digits: "4".into(), at_ms: CallMs(1) };
    assert_eq!(redactor.fact(pressed), CallFact::Digits { sent: false, digits: "[digits]".into(), at_ms: CallMs(1) });
    let sent = CallFact::Digits { sent: true, digits: "1".into(), at_ms: CallMs(1) };
    assert_eq!(redactor.fact(sent.clone()), sent, "what we send was ours");
    let slots = json!({"card": 4_111_111_111_111_111_u64, "pin": "4155", "mail": ["a@example.com"], "day": "2026-05-01",
        "amount": 1500, "yes": true});
    let masked = json!({"card": "[card number]", "pin": "[digits]", "mail": ["[email]"], "day": "2026-05-01",
        "amount": 1500, "yes": true});
    let slot = CallFact::Slot { name: "all".into(), value: slots.clone() };
    assert_eq!(redactor.fact(slot), CallFact::Slot { name: "all".into(), value: masked.clone() });
    let outcome = Outcome { slots: slots.as_object().unwrap().clone(), ..Outcome::default() };
    let ended = CallFact::Ended(Box::new(Ending {
        status: CallStatus::Completed,
        end_reason: EndReason::AgentHangup,
        blame: Blame::Us,
        answered_by: AnsweredBy::Human,
        duration_ms: 1,
        outcome: Some(outcome),
        evidence: Evidence::default(),
    }));
    let CallFact::Ended(ending) = redactor.fact(ended) else { panic!("still the end") };
    assert_eq!(Value::Object(ending.outcome.unwrap().slots), masked);
}

#[test]
fn an_agent_that_asks_for_nothing_keeps_everything() {
    let said = "4111 1111 1111 1111 and maria@example.com";
    assert_eq!(heard(&[], &[said]), [said]);
    assert!(Redactor::new(&[]).is_idle());
}

/// Digits with a right check digit.
fn card() -> impl Strategy<Value = String> {
    prop::collection::vec(0_u8..10, 12..=18).prop_map(|digits| {
        let body: String = digits.iter().map(ToString::to_string).collect();
        (0..10).map(|check| format!("{body}{check}")).find(|number| passes_luhn(number)).unwrap()
    })
}

const WORDS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// A digit as it may be said or written, and what stands behind it.
fn said(number: &str, how: &[u8]) -> String {
    let mut text = String::new();
    for (n, byte) in number.bytes().enumerate() {
        let how = how[n % how.len()];
        if how.is_multiple_of(2) {
            text.push(char::from(byte));
            text.push_str(["", " ", "-", ", "][usize::from(how / 2 % 4)]);
        } else {
            text.push_str([" ", " uh "][usize::from(how / 2 % 2)]);
            text.push_str(WORDS[usize::from(byte - b'0')]);
            text.push(' ');
        }
    }
    text
}

fn digits_left(text: &str) -> usize {
    numbers::runs(text).iter().map(|run| run.digits().len()).sum()
}

proptest! {
    #[test]
    fn no_card_number_survives(number in card(), how in prop::collection::vec(any::<u8>(), 1..20)) {
        let text = format!("My card is {}thanks.", said(&number, &how));
        let left = heard(&[CardNumbers], &[&text]).remove(0);
        prop_assert_eq!(digits_left(&left), 0, "{} became {}", text, left);
    }

    #[test]
    fn nor_over_two_turns(number in card(), how in prop::collection::vec(any::<u8>(), 1..20), cut in 1_usize..12) {
        let (first, second) = number.split_at(cut);
        let turns = [format!("It is {}", said(first, &how)), format!("{} thanks", said(second, &how))];
        let left = heard(&[CardNumbers], &[&turns[0], &turns[1]]).join(" ");
        prop_assert!(digits_left(&left) <= 5, "{:?} became {}", turns, left);
    }

    #[test]
    fn any_text_is_masked_without_a_panic_and_masking_again_changes_nothing(text in "\\PC{0,60}") {
        let once = heard(ALL, &[&text]).remove(0);
        prop_assert_eq!(heard(ALL, &[&once]).remove(0), once);
    }
}
