//! What can be said at any time, in tables.

use super::super::table::Table;
use super::super::words::normal;
use super::*;

#[test]
fn a_wish_not_to_be_called_is_found_in_any_words() {
    let mut rows = Table::default();
    let wishes = [
        "Take me off your list.",
        "please take me off your list",
        // As the recogniser once wrote "Please take me off your list".
        "He's taken me off your list.",
        "Can you take my number off your list?",
        "Remove me from your list.",
        "remove my number from your database",
        "I want to be removed from your calling list.",
        "Stop calling me.",
        "Please stop calling.",
        "Quit calling this number!",
        "Do not call me again.",
        "Don't call me anymore.",
        "don't call this number again",
        "Please don't call here any more.",
        "Don't ever call me again.",
        "Never call me again.",
        "never call this number again",
        "Please do not call me.",
        "No more calls, please.",
        "I don't want any more calls.",
        "I don't want you to call me anymore.",
        "I don't want to be called.",
        "I don't wish to be contacted again.",
        "Put me on your do not call list.",
        "I'm on the Do Not Call registry.",
        "Unsubscribe me.",
        "I want to opt out.",
        "Opt me out of this.",
        "Leave me alone.",
        "Lose my number.",
        "Delete my number.",
        "Take me off.",
        "Get me off this list right now.",
        "I'm not interested, please take me off your list.",
        "Would you stop calling me, I'm not interested.",
        "Stop bothering me.",
        "I do not consent to these calls.",
        "Stop all calls to this number.",
        "I don't want to hear from you again.",
        "Cross me off your list.",
        "Could you please not call me again?",
        "Don't call me back.",
        "Not interested. Don't call me again, bye.",
    ];
    for text in wishes {
        rows.row(text, opt_out(text), true);
    }
    rows.holds();
}

#[test]
fn other_words_are_no_wish_not_to_be_called() {
    let mut rows = Table::default();
    let others = [
        "I'm not interested.",
        "No, thank you.",
        "Call me back later.",
        "Please don't call me before nine.",
        "Don't call me now, call me tomorrow.",
        "Don't call me at work.",
        "I'm busy right now.",
        "You didn't call me yesterday.",
        "Why did you not call me?",
        "Stop.",
        "Take me through the list.",
        "What's on the list?",
        "Can you call me again?",
        "I want to remove one item from the order.",
        "Who is calling?",
        "I never got your call.",
        "Please call my wife.",
        "Yes, call me again tomorrow.",
        "Wrong number.",
        "I have no more questions.",
        "Don't take me off the list.",
        "I can't talk right now.",
        "Is this a recording?",
        "That number is my office.",
        "I don't want the appointment.",
    ];
    for text in others {
        rows.row(text, opt_out(text), false);
    }
    rows.holds();
}

#[test]
fn what_can_be_said_at_any_time_is_recognised() {
    let mut rows = Table::default();
    let table: &[(&str, Option<&str>)] = &[
        ("Who is this?", Some("who_is_this")),
        ("Who's calling, please?", Some("who_is_this")),
        ("Sorry, who are you?", Some("who_is_this")),
        ("What is this about?", Some("who_is_this")),
        ("Where are you calling from?", Some("who_is_this")),
        ("What company is this?", Some("who_is_this")),
        ("Can you repeat that?", Some("repeat")),
        ("Sorry, what did you say?", Some("repeat")),
        ("Say that again, please.", Some("repeat")),
        ("I didn't catch that.", Some("repeat")),
        ("I can't hear you.", Some("repeat")),
        ("Pardon?", Some("repeat")),
        ("Sorry?", Some("repeat")),
        ("I'm busy right now.", Some("call_later")),
        ("Can you call me back later?", Some("call_later")),
        ("This is not a good time.", Some("call_later")),
        ("I'm driving.", Some("call_later")),
        ("I'm in a meeting.", Some("call_later")),
        ("I can't talk right now.", Some("call_later")),
        ("Call me tomorrow.", Some("call_later")),
        ("Are you a robot?", Some("are_you_a_robot")),
        ("Am I talking to a real person?", Some("are_you_a_robot")),
        ("Is this a recording?", Some("are_you_a_robot")),
        ("Are you human?", Some("are_you_a_robot")),
        ("Hold on.", Some("wait")),
        ("One moment, please.", Some("wait")),
        ("Wait a second.", Some("wait")),
        ("Give me a minute.", Some("wait")),
        ("Let me check my calendar.", Some("wait")),
        ("You have the wrong number.", Some("wrong_number")),
        ("There's nobody here by that name.", Some("wrong_number")),
        ("She doesn't live here anymore.", Some("wrong_number")),
        ("I don't know who that is.", Some("wrong_number")),
        ("Goodbye.", Some("goodbye")),
        ("Okay, bye.", Some("goodbye")),
        ("I have to go.", Some("goodbye")),
        ("Have a nice day.", Some("goodbye")),
        ("Can I talk to a real person?", Some("human")),
        ("Let me speak to your manager.", Some("human")),
        ("Transfer me to an agent.", Some("human")),
        ("Operator.", Some("human")),
        ("Yes, that works.", None),
        ("No, thank you.", None),
        ("Tuesday at three.", None),
        ("How much does it cost?", None),
        ("I paid it last week.", None),
        ("I'm not interested.", None),
    ];
    for (text, expected) in table {
        rows.row(text, global(&normal(text)), *expected);
    }
    rows.holds();
}

#[test]
fn a_denied_keyword_does_not_count() {
    let reschedule = Intent { keywords: vec!["reschedule".into()], phrases: vec!["move it to another day".into()] };
    assert!(intent(&normal("I need to re-schedule."), &reschedule).is_some());
    assert!(intent(&normal("can we move it to another day"), &reschedule).is_some());
    assert!(intent(&normal("I don't want to reschedule"), &reschedule).is_none());
}
