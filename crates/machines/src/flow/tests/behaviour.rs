//! What the machine keeps to, whatever the flow.

use domain::outcome::EndReason;
use serde_json::json;

use super::super::{FlowMachine, Input, Output};
use super::talk::Talk;
use crate::Machine;
use domain::time::Mono;

const BOOKING: &str = r#"
name: Booking
variables: { name: { sample: Ann } }
tools:
  book:
    method: POST
    url: "https://example.com/slots/{{values.day}}?for={{name}}"
    body: { guests: "{{values.guests}}", note: "for {{name}}" }
    writes: true
flow:
  start: ask_day
  steps:
    ask_day:
      ask:
        text: "Which day?"
        slots:
          - { name: day, type: date, confirm: none }
          - { name: guests, type: number, prompt: "How many people?", confirm: implicit }
        next: book
    book:
      tool: { tool: book, text: "One moment.", on_success: again, on_failure: sorry }
    again:
      ask: { text: "Booked {{tools.book.id}}. Anything else?", on: { yes: book, no: bye } }
    sorry:
      transfer: { to: "+15550001000", text: "I'll put you through.", outcome: handed_over }
    bye:
      hang_up: { text: "Goodbye.", outcome: booked }
"#;

fn drained(machine: &mut FlowMachine) -> Vec<Output> {
    std::iter::from_fn(|| machine.poll()).collect()
}

#[test]
fn a_writing_tool_is_called_once_for_the_same_content() {
    let mut talk = Talk::with(BOOKING);
    talk.says("Friday").says("Four.");
    talk.does(Input::ToolResult { id: 1, result: Ok(json!({ "id": 7 })) });
    talk.says("yes");
    talk.says("no");
    insta::assert_snapshot!(talk.record());
}

#[test]
fn a_failed_tool_leads_on_and_a_failed_transfer_ends_in_words() {
    let mut talk = Talk::with(BOOKING);
    talk.says("Friday").says("Four.");
    talk.does(Input::ToolResult { id: 1, result: Err("503".into()) });
    talk.does(Input::TransferFailed { detail: "busy".into() });
    insta::assert_snapshot!(talk.record());
}

#[test]
fn a_value_read_back_in_passing_can_be_corrected() {
    let booking = BOOKING.replace("next: book\n", "next: again\n").replace("{{tools.book.id}}", "it");
    let mut talk = Talk::with(&booking);
    talk.says("Friday").says("Four.").says("No, five.");
    insta::assert_snapshot!(talk.record());
}

#[test]
fn hang_up_waits_for_the_goodbye_and_comes_once() {
    let mut talk = Talk::with(BOOKING);
    talk.says_and_listens_in("goodbye");
    assert!(!talk.machine.is_over());
    talk.machine.handle(Mono::ZERO, Input::Spoken);
    assert_eq!(drained(&mut talk.machine), [Output::HangUp { reason: EndReason::AgentHangup }]);
    for input in [Input::Spoken, Input::Silence, Input::Start, Input::MachineAnswered] {
        talk.machine.handle(Mono::ZERO, input);
    }
    talk.machine.handle(Mono::ZERO, Input::Heard { text: "take me off your list".into(), scores: Vec::new() });
    assert_eq!(drained(&mut talk.machine), []);
}

#[test]
fn a_wish_not_to_be_called_counts_even_during_the_goodbye() {
    let mut talk = Talk::with(BOOKING);
    talk.says_and_listens_in("goodbye");
    talk.says("and take me off your list");
    assert!(talk.record().contains("OptOut"), "{}", talk.record());
    assert_eq!(talk.machine.outcome(), Some("opted_out"));
}

#[test]
fn a_question_misunderstood_too_often_is_given_up() {
    let mut talk = Talk::with(BOOKING);
    talk.says("blah").says("blah blah").says("blah");
    assert_eq!(talk.machine.outcome(), Some("not_understood"));
    assert!(talk.machine.is_over());
}

#[test]
fn meaning_decides_where_rules_are_silent() {
    let yaml = "
name: Scores
flow:
  start: q
  steps:
    q: { ask: { text: 'Well?', on: { pay: bye } } }
    bye: { hang_up: { outcome: paid } }
  intents: { pay: { phrases: [settle the bill] } }
";
    let heard = |score: f32, other: f32| {
        let mut talk = Talk::with(yaml);
        let scores = vec![("pay".to_owned(), score), ("goodbye".to_owned(), other)];
        talk.does(Input::Heard { text: "consider it squared".into(), scores });
        talk.machine.outcome().map(str::to_owned)
    };
    assert_eq!(heard(0.8, 0.2).as_deref(), Some("paid"));
    assert_eq!(heard(0.4, 0.2), None);
    assert_eq!(heard(0.8, 0.79), None);
}

#[test]
fn keys_answer_where_digits_are_asked_for() {
    let yaml = "
name: Keys
flow:
  start: q
  steps:
    q: { ask: { text: 'Your code?', slots: [{ name: code, type: code, length: 4, confirm: none }], next: bye } }
    bye: { hang_up: { text: 'Thank you.' } }
";
    let mut talk = Talk::with(yaml);
    talk.does(Input::Digits("1234".into()));
    assert_eq!(talk.machine.slots().get("code"), Some(&json!("1234")));
}
